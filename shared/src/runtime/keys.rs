//! Key sets that are read again while the function runs, so that a rotation needs no deploy.

use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::join;

use crate::caller::Gate;
use crate::credentials::{Issuer, KeySetError, TokenKeys, VerificationKeys};
use crate::domain::{SharedClock, Timestamp};

use super::ConfigError;
use super::telemetry::chain;

/// Where a key set is read from.
#[derive(Clone)]
pub(super) enum KeySource {
    /// `file:<path>`.
    File(std::path::PathBuf),
    /// `inline:<JWK set>`: for `sam local`, whose containers see neither files nor Secrets Manager. Not taken anywhere else: a deployed
    /// function's plain variables are readable in the console.
    Inline(String),
    /// `secretsmanager:<arn>`.
    Secret { client: aws_sdk_secretsmanager::Client, id: String },
}

#[derive(Debug, thiserror::Error)]
enum ReadError {
    #[error("could not be read: {0}")]
    Io(#[from] std::io::Error),
    #[error("could not be read from Secrets Manager")]
    SecretsManager(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("has no text in Secrets Manager")]
    Empty,
    #[error("{0}")]
    KeySet(#[from] KeySetError),
}

impl KeySource {
    async fn read(&self) -> Result<String, ReadError> {
        match self {
            Self::File(path) => Ok(std::fs::read_to_string(path)?),
            Self::Inline(json) => Ok(json.clone()),
            Self::Secret { client, id } => {
                let secret =
                    client.get_secret_value().secret_id(id).send().await.map_err(|error| ReadError::SecretsManager(Box::new(error)))?;
                secret.secret_string.ok_or(ReadError::Empty)
            }
        }
    }
}

/// A key set as it was at most [`Live::refresh_seconds`] ago.
///
/// It is read again by the first request after that time. If that fails, the one that was read before stays in use: a key
/// store that does not answer takes nobody's login away.
pub struct Live<T> {
    name: &'static str,
    source: KeySource,
    parse: fn(&str) -> Result<T, KeySetError>,
    refresh_seconds: u32,
    clock: SharedClock,
    state: Mutex<(Arc<T>, Timestamp)>,
}

impl<T> Live<T> {
    /// Reads the set for the first time.
    pub(super) async fn start(
        name: &'static str,
        source: KeySource,
        parse: fn(&str) -> Result<T, KeySetError>,
        refresh_seconds: u32,
        clock: SharedClock,
    ) -> Result<Self, ConfigError> {
        let keys = read(&source, parse).await.map_err(|error| {
            tracing::error!(variable = name, error = chain(&error), "a key set can not be used");
            ConfigError::invalid(name, error)
        })?;
        let state = Mutex::new((Arc::new(keys), clock.now()));
        Ok(Self { name, source, parse, refresh_seconds, clock, state })
    }

    /// The keys, read again if their time is over.
    pub async fn get(&self) -> Arc<T> {
        let now = self.clock.now();
        let keys = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            if now.seconds_since(state.1) < u64::from(self.refresh_seconds) {
                return state.0.clone();
            }
            // Whoever asks meanwhile, or after a failure, takes the old keys until the next time.
            state.1 = now;
            state.0.clone()
        };
        match read(&self.source, self.parse).await {
            Ok(fresh) => {
                let fresh = Arc::new(fresh);
                self.state.lock().unwrap_or_else(PoisonError::into_inner).0 = fresh.clone();
                fresh
            }
            Err(error) => {
                tracing::warn!(variable = self.name, error = chain(&error), "keys could not be read again");
                keys
            }
        }
    }
}

/// What most operations check credentials with, and where it is kept up to date.
pub struct Keys {
    pub(super) issuer: Issuer,
    pub(super) jwt: Live<VerificationKeys>,
    pub(super) tokens: Live<TokenKeys>,
}

/// [`Keys`] as they are during one request.
pub struct CurrentKeys<'a> {
    issuer: &'a Issuer,
    jwt: Arc<VerificationKeys>,
    /// The ring of opaque tokens.
    pub tokens: Arc<TokenKeys>,
}

impl Keys {
    /// The keys as they are now.
    pub async fn get(&self) -> CurrentKeys<'_> {
        let (jwt, tokens) = join(self.jwt.get(), self.tokens.get()).await;
        CurrentKeys { issuer: &self.issuer, jwt, tokens }
    }
}

impl CurrentKeys<'_> {
    /// Checks credentials with these keys.
    #[must_use]
    pub fn gate(&self, now: Timestamp) -> Gate<'_> {
        Gate { issuer: self.issuer, jwt_keys: &self.jwt, token_keys: &self.tokens, now }
    }
}

async fn read<T>(source: &KeySource, parse: fn(&str) -> Result<T, KeySetError>) -> Result<T, ReadError> {
    Ok(parse(&source.read().await?)?)
}

//! Key sets that a running function reads again, so that a rotation needs no deploy.

use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::join;

use crate::caller::Gate;
use crate::credentials::generate::GenerateError;
use crate::credentials::{Issuer, KeyDocument, KeySetError, TokenKeys, VerificationKeys};
use crate::domain::{Secret, SharedClock, Timestamp};

use super::ConfigError;
use super::first_keys::KeyPlace;
use super::key_secret::{KeySecret, KeySecretError};
use super::telemetry::chain;

/// Where a key set is read from.
#[derive(Clone)]
pub enum KeySource {
    /// `file:<path>`.
    File(std::path::PathBuf),
    /// `secretsmanager:<arn>`.
    Secret(KeySecret),
}

/// Why a key set cannot be used or filled.
#[derive(Debug, thiserror::Error)]
pub enum KeySourceError {
    /// The file cannot be read.
    #[error("could not be read: {0}")]
    Io(#[from] std::io::Error),
    /// Secrets Manager refused or did not answer.
    #[error(transparent)]
    Secret(#[from] KeySecretError),
    /// The secret has no value yet.
    #[error("is still empty")]
    Empty,
    /// The keys cannot be used.
    #[error("{0}")]
    KeySet(#[from] KeySetError),
    /// It is not a JWK set with a `kid` and a `status` for each key.
    #[error("is not a JWK set whose keys have a kid and a status")]
    Document(#[from] GenerateError),
    /// A file, which only the local stack has.
    #[error("is no secret: only a secret is filled")]
    NoSecret,
}

impl KeySource {
    async fn read(&self) -> Result<Secret, KeySourceError> {
        match self {
            Self::File(path) => Ok(std::fs::read_to_string(path)?.into()),
            Self::Secret(secret) => secret.read().await?.text.ok_or(KeySourceError::Empty),
        }
    }

    /// The set, with what a rotation must know about its keys.
    ///
    /// # Errors
    /// If it cannot be read, is empty, or is not a key set.
    pub async fn document(&self) -> Result<KeyDocument, KeySourceError> {
        Ok(KeyDocument::parse(self.read().await?.expose())?)
    }
}

impl KeyPlace for KeySource {
    type Error = KeySourceError;

    async fn find(&self) -> Result<Option<Secret>, KeySourceError> {
        match self {
            Self::Secret(secret) => Ok(secret.find().await?),
            _ => Err(KeySourceError::NoSecret),
        }
    }

    async fn insert_new(&self, text: &str) -> Result<bool, KeySourceError> {
        match self {
            Self::Secret(secret) => Ok(secret.insert_new(text).await?),
            _ => Err(KeySourceError::NoSecret),
        }
    }
}

/// A key set as it was at most `KEYS_REFRESH_SECONDS` ago.
///
/// The first request after that time reads it again. If that fails, the set that was read before stays in use: a key
/// store that does not answer must not lock everybody out.
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

    /// The keys, which are read again after `KEYS_REFRESH_SECONDS`.
    pub async fn get(&self) -> Arc<T> {
        let now = self.clock.now();
        let keys = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            if now.seconds_since(state.1) < u64::from(self.refresh_seconds) {
                return state.0.clone();
            }
            // Others meanwhile use the old keys, and so does everybody after a failure, until the time is over again.
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

/// What most operations check credentials with, kept up to date.
pub struct Keys {
    pub(super) issuer: Issuer,
    pub(super) jwt: Live<VerificationKeys>,
    pub(super) tokens: Live<TokenKeys>,
}

/// [`Keys`] as they stand during one request.
pub struct CurrentKeys<'a> {
    issuer: &'a Issuer,
    jwt: Arc<VerificationKeys>,
    /// The ring of opaque tokens.
    pub tokens: Arc<TokenKeys>,
}

impl Keys {
    /// The current keys. Both sets are read side by side if it is time.
    pub async fn get(&self) -> CurrentKeys<'_> {
        let (jwt, tokens) = join(self.jwt.get(), self.tokens.get()).await;
        CurrentKeys { issuer: &self.issuer, jwt, tokens }
    }
}

impl CurrentKeys<'_> {
    /// The gate that checks credentials with these keys, at the time of the request.
    #[must_use]
    pub fn gate(&self, now: Timestamp) -> Gate<'_> {
        Gate { issuer: self.issuer, jwt_keys: &self.jwt, token_keys: &self.tokens, now }
    }
}

async fn read<T>(source: &KeySource, parse: fn(&str) -> Result<T, KeySetError>) -> Result<T, KeySourceError> {
    Ok(parse(source.read().await?.expose())?)
}

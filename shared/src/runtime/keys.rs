//! Key sets that stay up to date while a function runs, so that a rotation needs no deploy.

use std::sync::{Arc, Mutex, PoisonError};

use super::ConfigError;
use super::key_refresh::{Held, KeyRefresh};
use super::key_source::{KeySource, KeySourceError};
use super::telemetry::chain;
use crate::caller::Gate;
use crate::credentials::{Issuer, KeySetError, TokenKeys, VerificationKeys};
use crate::domain::{Locator, Secret, Timestamp};

/// A key set that follows the rotation of its keys. [`KeyRefresh`] says how, and how far it may be behind.
pub struct Live<T> {
    held: Arc<HeldSet<T>>,
    refresh: Arc<KeyRefresh>,
}

struct HeldSet<T> {
    name: &'static str,
    source: KeySource,
    parse: fn(&str) -> Result<T, KeySetError>,
    state: Mutex<(Arc<T>, Locator)>,
}

impl<T: Send + Sync + 'static> Live<T> {
    /// The set `name` as it was read at the start of the process.
    pub(super) fn start(
        name: &'static str,
        source: KeySource,
        text: Result<&Secret, &KeySourceError>,
        parse: fn(&str) -> Result<T, KeySetError>,
        refresh: Arc<KeyRefresh>,
    ) -> Result<Self, ConfigError> {
        let refused = |error: &(dyn std::error::Error + 'static)| {
            tracing::error!(variable = name, error = chain(error), "a key set cannot be used");
            ConfigError::invalid(name, error)
        };
        let text = text.map_err(|error| refused(error))?;
        let keys = parse(text.expose()).map_err(|error| refused(&error))?;
        let state = Mutex::new((Arc::new(keys), Locator::of_key_set(text.expose())));
        let held = Arc::new(HeldSet { name, source, parse, state });
        refresh.hold(held.clone());
        Ok(Self { held, refresh })
    }

    /// The keys.
    pub async fn get(&self) -> Arc<T> {
        self.refresh.touch().await;
        self.peek()
    }

    /// The keys, without a look whether they have changed.
    pub(super) fn peek(&self) -> Arc<T> {
        self.held.state.lock().unwrap_or_else(PoisonError::into_inner).0.clone()
    }

    /// The keys, read again unless that was done not long ago, for a request that shows what is not among them.
    pub(super) async fn look_again(&self) -> Arc<T> {
        self.refresh.look_again(self.held.clone()).await;
        self.peek()
    }
}

impl<T: Send + Sync> Held for HeldSet<T> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn source(&self) -> &KeySource {
        &self.source
    }

    fn version(&self) -> Locator {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).1
    }

    fn replace(&self, text: &Secret) -> Result<(), KeySourceError> {
        let version = Locator::of_key_set(text.expose());
        if version != self.version() {
            let fresh = Arc::new((self.parse)(text.expose())?);
            *self.state.lock().unwrap_or_else(PoisonError::into_inner) = (fresh, version);
        }
        Ok(())
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
    /// The current keys.
    pub async fn get(&self) -> CurrentKeys<'_> {
        CurrentKeys { issuer: &self.issuer, jwt: self.jwt.get().await, tokens: self.tokens.get().await }
    }
}

impl CurrentKeys<'_> {
    /// The gate that checks credentials with these keys, at the time of the request.
    #[must_use]
    pub fn gate(&self, now: Timestamp) -> Gate<'_> {
        Gate { issuer: self.issuer, jwt_keys: &self.jwt, token_keys: &self.tokens, now }
    }
}

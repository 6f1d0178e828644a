//! An API Gateway Lambda authorizer (REQUEST, payload 2.0, simple responses) for the APIs of this service's users.
//!
//! It takes a login JWT, a session JWT, an API key or an entity token from the first identity source, and nothing from anywhere
//! else: what the gateway caches under that source then depends on it alone, and on no route.

use latchkey::caller::ActiveCredential;
use latchkey::credentials::CredentialKind;
use latchkey::http::ApiError;
use latchkey::runtime::{Authorization, Authorize, AuthorizerEvent, ConfigError, Keys, Setup, Table};
use latchkey::store::Database;

/// What the authorizer needs.
pub struct Authorizer {
    database: Database,
    keys: Keys,
}

impl Authorize for Authorizer {
    const NAME: &'static str = "authorizer";

    async fn start(setup: &Setup) -> Result<Self, ConfigError> {
        let database = setup.database(&[Table::Users, Table::Tokens, Table::Sessions])?;
        Ok(Self { database, keys: setup.keys().await? })
    }

    async fn authorize(&self, event: &AuthorizerEvent) -> Result<Authorization, ApiError> {
        let Some(credential) = event.credential() else { return Ok(Authorization::refused()) };
        let now = event.now;
        let keys = self.keys.get().await;
        let Some(credential) = keys.gate(now).open(credential) else { return Ok(Authorization::refused()) };

        let mut batch = self.database.batch();
        let pending = credential.add_to(&mut batch);
        let active = pending.active(&batch.get().await?, now)?;
        // A one-time token is there to be exchanged: it is no credential for anything else.
        let active = active.filter(|active: &ActiveCredential| active.kind != CredentialKind::OneTimeToken);
        Ok(active.map_or_else(Authorization::refused, Authorization::of))
    }
}

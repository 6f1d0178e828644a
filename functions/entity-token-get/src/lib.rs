//! `GET /entities/{entityId}/users/{userId}/authentication-token`: get the live token of an (entity, user) pair.

use latchkey::http::{Answer, ApiError, EntityTokenView, Operation, Request, Route};
use latchkey::runtime::{ConfigError, Keys, Setup, Start, Table};
use latchkey::store::Database;

/// What the operation needs.
pub struct EntityTokenGet {
    database: Database,
    keys: Keys,
}

impl Operation for EntityTokenGet {
    const NAME: &'static str = "entity-token-get";
    const ROUTES: &'static [Route] = &[Route::new("GET", "/entities/{entityId}/users/{userId}/authentication-token")];

    async fn handle(&self, request: &Request) -> Result<Answer, ApiError> {
        let path = request.entity_path()?;

        let keys = self.keys.get().await;
        let access = path.identify(&request.headers, &keys.gate(request.now))?.access(Self::NAME, &self.database).await?;
        let row = access.token.ok_or(ApiError::TokenNotFound)?;

        Answer::ok(&EntityTokenView::derive(row, &keys.tokens)?)
    }
}

impl Start for EntityTokenGet {
    async fn start(setup: &Setup) -> Result<Self, ConfigError> {
        let database = setup.database(&[Table::Users, Table::Tokens, Table::Sessions])?;
        Ok(Self { database, keys: setup.keys().await? })
    }
}

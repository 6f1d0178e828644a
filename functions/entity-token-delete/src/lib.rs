//! `DELETE /entities/{entityId}/users/{userId}/authentication-token`: revoke the live token of an (entity, user) pair.

use latchkey::audit::Act;
use latchkey::http::{Answer, ApiError, Operation, Request, Route};
use latchkey::runtime::{ConfigError, Keys, Setup, Start, Table};
use latchkey::store::{Database, EntityTokens};
use serde::Serialize;

/// What the operation needs.
pub struct EntityTokenDelete {
    tokens: EntityTokens,
    database: Database,
    keys: Keys,
}

#[derive(Serialize)]
struct Deleted {
    success: bool,
}

impl Operation for EntityTokenDelete {
    const NAME: &'static str = "entity-token-delete";
    const ROUTES: &'static [Route] = &[Route::new("DELETE", "/entities/{entityId}/users/{userId}/authentication-token")];

    async fn handle(&self, request: &Request) -> Result<Answer, ApiError> {
        let path = request.entity_path()?;

        let keys = self.keys.get().await;
        let access = path.identify(&request.headers, &keys.gate(request.now))?.access(Self::NAME, &self.database).await?;
        let event = access.event(Act::EntityTokenDeleted, &path);
        // What would come back with its user's membership can be deleted too.
        let row = access.token.or(access.withdrawn).ok_or(ApiError::TokenNotFound)?;

        if !self.tokens.delete(&access.locator, row.token_id, request.now).await? {
            return Err(ApiError::TokenNotFound);
        }
        request.trail.note(event);
        Answer::ok(&Deleted { success: true })
    }
}

impl Start for EntityTokenDelete {
    async fn start(setup: &Setup) -> Result<Self, ConfigError> {
        let database = setup.database(&[Table::Users, Table::Tokens, Table::Sessions])?;
        Ok(Self { tokens: EntityTokens::new(&database), database, keys: setup.keys().await? })
    }
}

//! `PATCH /entities/{entityId}/users/{userId}/authentication-token`: replace the expiry or the flags of the live token.

use latchkey::audit::Act;
use latchkey::http::{Answer, ApiError, EntityTokenView, Operation, Request, Route};
use latchkey::runtime::settings::ENTITY_TOKEN_MAX_TTL_SECONDS;
use latchkey::runtime::{ConfigError, Keys, Setup, Start, Table};
use latchkey::store::{Database, EntityTokenChange, EntityTokens};

/// What the operation needs.
pub struct EntityTokenUpdate {
    tokens: EntityTokens,
    database: Database,
    keys: Keys,
    max_ttl_seconds: u32,
}

impl Operation for EntityTokenUpdate {
    const NAME: &'static str = "entity-token-update";
    const ROUTES: &'static [Route] = &[Route::new("PATCH", "/entities/{entityId}/users/{userId}/authentication-token")];

    async fn handle(&self, request: &Request) -> Result<Answer, ApiError> {
        let path = request.entity_path()?;
        let now = request.now;
        let mut fields = request.fields()?;
        let expires_at = fields.expiry("expiry", now, self.max_ttl_seconds);
        let flags = fields.texts("flags", EntityTokenView::MAX_FLAGS, EntityTokenView::MAX_FLAG_BYTES);
        fields.finish()?;

        let keys = self.keys.get().await;
        let access = path.identify(&request.headers, &keys.gate(now))?.access(Self::NAME, &self.database).await?;
        let event = access.event(Act::EntityTokenUpdated, &path);
        let row = access.token.ok_or(ApiError::TokenNotFound)?;

        let change = EntityTokenChange { expires_at, flags };
        let row = self.tokens.update(&access.locator, row.token_id, &change, now).await?.ok_or(ApiError::TokenNotFound)?;
        request.trail.note(event);
        Answer::ok(&EntityTokenView::derive(row, &keys.tokens)?)
    }
}

impl Start for EntityTokenUpdate {
    async fn start(setup: &Setup) -> Result<Self, ConfigError> {
        let database = setup.database(&[Table::Users, Table::Tokens, Table::Sessions])?;
        let max_ttl_seconds = setup.environment.number(&ENTITY_TOKEN_MAX_TTL_SECONDS)?;
        Ok(Self { tokens: EntityTokens::new(&database), database, keys: setup.keys().await?, max_ttl_seconds })
    }
}

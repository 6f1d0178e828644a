//! `POST /entities/{entityId}/users/{userId}/authentication-token`: make the token of an (entity, user) pair, or find the live one.

use latchkey::audit::Act;
use latchkey::caller::EntitySubject;
use latchkey::http::{Answer, ApiError, EntityTokenView, Operation, Request, Route};
use latchkey::runtime::settings::{ENTITY_TOKEN_MAX_TTL_SECONDS, NumberSetting, Setting};
use latchkey::runtime::{ConfigError, Keys, Setup, Start, Table};
use latchkey::store::{Database, EntityTokenRow, EntityTokens};

/// What the operation needs.
pub struct EntityTokenCreate {
    tokens: EntityTokens,
    database: Database,
    keys: Keys,
    ttl_seconds: u32,
    max_ttl_seconds: u32,
}

impl Operation for EntityTokenCreate {
    const NAME: &'static str = "entity-token-create";
    const ROUTES: &'static [Route] = &[Route::new("POST", "/entities/{entityId}/users/{userId}/authentication-token")];

    async fn handle(&self, request: &Request) -> Result<Answer, ApiError> {
        let path = request.entity_path()?;
        let now = request.now;
        let mut fields = request.fields()?;
        let expires_at = fields.expiry("expiry", now, self.max_ttl_seconds).unwrap_or(now.plus(self.ttl_seconds));
        let flags = fields.texts("flags", EntityTokenView::MAX_FLAGS, EntityTokenView::MAX_FLAG_BYTES).unwrap_or_default();
        fields.finish()?;

        let keys = self.keys.get().await;
        let access = path.identify(&request.headers, &keys.gate(now))?.access(Self::NAME, &self.database).await?;
        // The same answer as without the permission: it does not say that there is a user of that id.
        if access.subject == EntitySubject::Outsider {
            return Err(ApiError::Forbidden);
        }
        let event = access.event(Act::EntityTokenCreated, &path);
        let replaced = access.keyless.or(access.withdrawn.map(|row| row.token_id));
        if let Some(live) = access.token {
            return Answer::ok(&EntityTokenView::derive(live, &keys.tokens)?);
        }

        let new = EntityTokenRow {
            issuer_id: Some(access.acting),
            for_member: access.subject == EntitySubject::Member,
            sealed_under: keys.tokens.current().get(),
            flags,
            ..EntityTokenRow::new(&path.entity, &path.user, now, expires_at)
        };
        let token_id = new.token_id;
        let row = self.tokens.insert_or_find(&access.locator, new, replaced, now).await?;
        let made = row.token_id == token_id;
        if made {
            request.trail.note(event);
        }
        let view = EntityTokenView::derive(row, &keys.tokens)?;
        if made { Answer::created(&view) } else { Answer::ok(&view) }
    }
}

const ENTITY_TOKEN_TTL_SECONDS: NumberSetting = NumberSetting {
    name: "ENTITY_TOKEN_TTL_SECONDS",
    default: 2_592_000,
    range: 60..=31_536_000,
    meaning: "Life in seconds of an entity token whose creator names no expiry. Not above the longest life.",
};

impl Start for EntityTokenCreate {
    const SETTINGS: &'static [Setting] = &[Setting::Number(ENTITY_TOKEN_TTL_SECONDS)];

    async fn start(setup: &Setup) -> Result<Self, ConfigError> {
        let database = setup.database(&[Table::Users, Table::Tokens, Table::Sessions])?;
        let max_ttl_seconds = setup.environment.number(&ENTITY_TOKEN_MAX_TTL_SECONDS)?;
        Ok(Self {
            tokens: EntityTokens::new(&database),
            database,
            keys: setup.keys().await?,
            ttl_seconds: setup.environment.number_up_to(&ENTITY_TOKEN_TTL_SECONDS, max_ttl_seconds)?,
            max_ttl_seconds,
        })
    }
}

//! `POST /entities/{entityId}/users/{userId}/authentication-token/refresh`: replace the live token by its successor.
//!
//! A client that lost the answer presents the token that it still has, and gets the same successor again within the grace period. A
//! replaced token that turns up later means theft (RFC 9700, 4.14): the pair's token is revoked.

use latchkey::audit::Act;
use latchkey::credentials::{EntityToken, TokenKeys};
use latchkey::domain::{Locator, Secret, Timestamp};
use latchkey::http::{Answer, ApiError, EntityTokenView, Operation, Request, Route};
use latchkey::runtime::settings::{ENTITY_TOKEN_MAX_TTL_SECONDS, NumberSetting, Setting};
use latchkey::runtime::{ConfigError, Keys, Setup, Start, Table};
use latchkey::store::{Database, EntityTokenRow, EntityTokens, GenerationState, Rotation};

/// What the operation needs.
pub struct EntityTokenRefresh {
    tokens: EntityTokens,
    database: Database,
    keys: Keys,
    grace_seconds: u32,
    max_ttl_seconds: u32,
}

impl Operation for EntityTokenRefresh {
    const NAME: &'static str = "entity-token-refresh";
    const ROUTES: &'static [Route] = &[Route::new("POST", "/entities/{entityId}/users/{userId}/authentication-token/refresh")];

    async fn handle(&self, request: &Request) -> Result<Answer, ApiError> {
        let path = request.entity_path()?;
        let now = request.now;
        let mut fields = request.fields()?;
        let presented = fields.text("authenticationToken", usize::MAX).map(Secret::new);
        fields.finish()?;

        let keys = self.keys.get().await;
        let caller = path.identify(&request.headers, &keys.gate(now))?;
        let presented = presented.map(|text| EntityToken::open(&keys.tokens, text.expose())).transpose();
        let presented = presented.map_err(|_| ApiError::TokenNotFound)?;
        let access = caller.access(Self::NAME, &self.database).await?;
        let reused = access.event(Act::EntityTokenReused, &path);
        let refreshed = access.event(Act::EntityTokenRefreshed, &path);
        let row = access.token.ok_or(ApiError::TokenNotFound)?;
        if presented.is_some_and(|token| token.locator != access.locator || token.id != row.token_id) {
            return Err(ApiError::TokenNotFound);
        }

        let locator = access.locator;
        let row = match presented {
            // No token is presented, so none can be reused: a rotation by somebody else at the same instant serves this caller too.
            None => self.rotate(&locator, &row, &keys.tokens, now).await?,
            Some(token) => {
                let is_live = row.generation == token.generation;
                let row = if is_live { self.rotate(&locator, &row, &keys.tokens, now).await? } else { row };
                self.successor(&locator, row, token.generation, now, || request.trail.note(reused)).await?
            }
        };
        request.trail.note(refreshed);
        Answer::ok(&EntityTokenView::derive(row, &keys.tokens)?)
    }
}

impl EntityTokenRefresh {
    async fn rotate(&self, locator: &Locator, row: &EntityTokenRow, keys: &TokenKeys, now: Timestamp) -> Result<EntityTokenRow, ApiError> {
        let mut read = row.clone();
        for _ in 0..ATTEMPTS {
            // Renewed at each refresh, it lives as long as it is used.
            let times = (now.plus(read.life_seconds().min(self.max_ttl_seconds)), now);
            match self.tokens.rotate(locator, &read, keys.current().get(), times).await? {
                // The expiry was changed since it was read.
                Rotation::Rotated(as_it_is) if as_it_is.generation == row.generation => read = as_it_is,
                Rotation::Rotated(rotated) => return Ok(rotated),
                Rotation::Gone => return Err(ApiError::TokenNotFound),
            }
        }
        Err(ApiError::Conflict)
    }

    /// The row, if it is the successor of generation `presented`. A reused generation revokes it.
    async fn successor(
        &self,
        locator: &Locator,
        row: EntityTokenRow,
        presented: u32,
        now: Timestamp,
        tell: impl FnOnce() + Send,
    ) -> Result<EntityTokenRow, ApiError> {
        match row.generation_state(presented, self.grace_seconds, now) {
            GenerationState::JustReplaced => Ok(row),
            GenerationState::Live | GenerationState::Stale => Err(ApiError::TokenNotFound),
            GenerationState::Reused => {
                tracing::warn!(target: "latchkey::entity_token", %locator, "a replaced token was used again: revoked");
                self.tokens.delete(locator, row.token_id, now).await?;
                tell();
                Err(ApiError::TokenNotFound)
            }
        }
    }
}

/// How often it is tried, each time with the expiry that somebody else has set meanwhile.
const ATTEMPTS: usize = 5;

const REFRESH_GRACE_SECONDS: NumberSetting = NumberSetting {
    name: "REFRESH_GRACE_SECONDS",
    default: 30,
    range: 0..=300,
    meaning: "Seconds in which a replaced entity token, presented again, gets its successor. Later is theft.",
};

impl Start for EntityTokenRefresh {
    const SETTINGS: &'static [Setting] = &[Setting::Number(REFRESH_GRACE_SECONDS)];

    async fn start(setup: &Setup) -> Result<Self, ConfigError> {
        let database = setup.database(&[Table::Users, Table::Tokens, Table::Sessions])?;
        Ok(Self {
            tokens: EntityTokens::new(&database),
            database,
            keys: setup.keys().await?,
            grace_seconds: setup.environment.number(&REFRESH_GRACE_SECONDS)?,
            max_ttl_seconds: setup.environment.number(&ENTITY_TOKEN_MAX_TTL_SECONDS)?,
        })
    }
}

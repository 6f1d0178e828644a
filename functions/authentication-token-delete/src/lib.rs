//! `DELETE /authentication-tokens/{token}`: revoke a one-time token that has not been exchanged.

use latchkey::audit::{Act, Event};
use latchkey::credentials::{OneTimeToken, TokenKeys};
use latchkey::http::{Answer, ApiError, Operation, Request, Route};
use latchkey::runtime::{ConfigError, Live, Setup, Start, Table};
use latchkey::store::OneTimeTokens;

/// What the operation needs.
pub struct AuthenticationTokenDelete {
    tokens: OneTimeTokens,
    keys: Live<TokenKeys>,
}

impl Operation for AuthenticationTokenDelete {
    const NAME: &'static str = "authentication-token-delete";
    const ROUTES: &'static [Route] = &[Route::new("DELETE", "/authentication-tokens/{token}")];

    async fn handle(&self, request: &Request) -> Result<Answer, ApiError> {
        let text: String = request.path("token")?;
        let token = OneTimeToken::open(self.keys.get().await.as_ref(), &text).map_err(|_| ApiError::TokenNotFound)?;
        latchkey::caller::note_row(token.name());

        if !self.tokens.delete(token.session_id(), request.now).await? {
            return Err(ApiError::TokenNotFound);
        }
        request.trail.note(Event::of(Act::OneTimeTokenDeleted).row(token.name()));
        Ok(Answer::no_content())
    }
}

impl Start for AuthenticationTokenDelete {
    async fn start(setup: &Setup) -> Result<Self, ConfigError> {
        let database = setup.database(&[Table::Sessions])?;
        Ok(Self { tokens: OneTimeTokens::new(&database), keys: setup.token_keys().await? })
    }
}

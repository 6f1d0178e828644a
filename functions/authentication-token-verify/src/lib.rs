//! `GET /authentication-tokens/{token}`: tell whether a one-time token can be exchanged. It never consumes the token, since mail scanners
//! follow links.

use latchkey::caller::PendingOneTimeToken;
use latchkey::credentials::{OneTimeToken, TokenKeys};
use latchkey::domain::Secret;
use latchkey::http::{Answer, ApiError, AuthenticationTokenView, Operation, Request, Route};
use latchkey::runtime::{ConfigError, Live, Setup, Start, Table};
use latchkey::store::Database;

/// What the operation needs.
pub struct AuthenticationTokenVerify {
    database: Database,
    keys: Live<TokenKeys>,
}

impl Operation for AuthenticationTokenVerify {
    const NAME: &'static str = "authentication-token-verify";
    const ROUTES: &'static [Route] = &[Route::new("GET", "/authentication-tokens/{token}")];

    async fn handle(&self, request: &Request) -> Result<Answer, ApiError> {
        let text = Secret::new(request.path::<String>("token")?);
        let token = OneTimeToken::open(self.keys.get().await.as_ref(), text.expose()).map_err(|_| ApiError::TokenNotFound)?;
        latchkey::caller::note_row(token.name());

        let mut batch = self.database.batch();
        let pending = PendingOneTimeToken::new(&token, &mut batch);
        let found = pending.resolve(&batch.get().await?)?.filter(|(row, _)| row.is_live(request.now));
        let (row, _) = found.ok_or(ApiError::TokenNotFound)?;

        Answer::ok(&AuthenticationTokenView::new(row, text))
    }
}

impl Start for AuthenticationTokenVerify {
    async fn start(setup: &Setup) -> Result<Self, ConfigError> {
        let database = setup.database(&[Table::Users, Table::Tokens, Table::Sessions])?;
        Ok(Self { database, keys: setup.token_keys().await? })
    }
}

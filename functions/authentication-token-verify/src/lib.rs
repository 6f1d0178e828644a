//! `GET /authentication-tokens/{token}`: whether a one-time token can be exchanged. It never consumes it: mail scanners follow links.

use latchkey::credentials::{OneTimeToken, TokenKeys};
use latchkey::domain::{Secret, SharedClock};
use latchkey::http::{Answer, ApiError, AuthenticationTokenView, Operation, Request, Route};
use latchkey::runtime::{ConfigError, Live, Setup, Start, Table};
use latchkey::store::{Database, OneTimeTokenRow, UserRow, schema};

/// What the operation needs.
pub struct AuthenticationTokenVerify {
    database: Database,
    keys: Live<TokenKeys>,
    clock: SharedClock,
}

impl Operation for AuthenticationTokenVerify {
    const NAME: &'static str = "authentication-token-verify";
    const ROUTES: &'static [Route] = &[Route::new("GET", "/authentication-tokens/{token}")];

    async fn handle(&self, request: &Request) -> Result<Answer, ApiError> {
        let text = Secret::new(request.path::<String>("token")?);
        let token = OneTimeToken::open(self.keys.get().await.as_ref(), text.expose()).map_err(|_| ApiError::TokenNotFound)?;
        latchkey::caller::note_row(token.id);

        let mut batch = self.database.batch();
        let (row, issuer) = (batch.token(schema::one_time_token(token.id)), batch.user(token.issuer));
        let rows = batch.get().await?;
        let issuer: Option<UserRow> = rows.find(&issuer)?;
        let row: Option<OneTimeTokenRow> = rows.find(&row)?;
        let row = row.filter(|row| row.is_live(self.clock.now()) && issuer.is_some_and(|issuer| row.is_backed_by(&issuer)));

        Answer::ok(&AuthenticationTokenView::new(row.ok_or(ApiError::TokenNotFound)?, text))
    }
}

impl Start for AuthenticationTokenVerify {
    async fn start(setup: &Setup) -> Result<Self, ConfigError> {
        let database = setup.database(&[Table::Users, Table::Tokens])?;
        Ok(Self { database, keys: setup.token_keys().await?, clock: setup.clock.clone() })
    }
}

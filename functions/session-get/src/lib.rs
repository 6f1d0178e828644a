//! `GET /sessions/{id}`: get a session, for its holder or for the user in whose name it was made, without its JWT.

use latchkey::caller::SessionPath;
use latchkey::http::{Answer, ApiError, Operation, Request, Route, SessionView};
use latchkey::runtime::{ConfigError, Keys, Setup, Start, Table};
use latchkey::store::Database;

/// What the operation needs.
pub struct SessionGet {
    database: Database,
    keys: Keys,
}

impl Operation for SessionGet {
    const NAME: &'static str = "session-get";
    const ROUTES: &'static [Route] = &[Route::new("GET", "/sessions/{id}")];

    async fn handle(&self, request: &Request) -> Result<Answer, ApiError> {
        let now = request.now;
        let keys = self.keys.get().await;
        let path = SessionPath { id: request.path("id").map_err(|_| ApiError::SessionNotFound)? };
        let access = path.identify(&request.headers, &keys.gate(now))?.access(Self::NAME, &self.database).await?;
        Answer::ok(&SessionView::new(access.session.ok_or(ApiError::SessionNotFound)?, None))
    }
}

impl Start for SessionGet {
    async fn start(setup: &Setup) -> Result<Self, ConfigError> {
        let database = setup.database(&[Table::Users, Table::Tokens, Table::Sessions])?;
        Ok(Self { database, keys: setup.keys().await? })
    }
}

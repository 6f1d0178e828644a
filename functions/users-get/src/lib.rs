//! `GET /users/{userId}`: show a user.

use latchkey::caller::UserPath;
use latchkey::http::{Answer, ApiError, Operation, Request, Route, UserView};
use latchkey::runtime::{ConfigError, Keys, Setup, Start, Table};
use latchkey::store::Database;

/// What the operation needs.
pub struct UsersGet {
    database: Database,
    keys: Keys,
}

impl Operation for UsersGet {
    const NAME: &'static str = "users-get";
    const ROUTES: &'static [Route] = &[Route::new("GET", "/users/{userId}")];

    async fn handle(&self, request: &Request) -> Result<Answer, ApiError> {
        let path = UserPath { id: request.path("userId").map_err(|_| ApiError::UserNotFound)? };
        let keys = self.keys.get().await;
        let access = path.identify(&request.headers, &keys.gate(request.now))?.access(Self::NAME, &self.database).await?;
        Answer::ok(&UserView::from(access.user.ok_or(ApiError::UserNotFound)?))
    }
}

impl Start for UsersGet {
    async fn start(setup: &Setup) -> Result<Self, ConfigError> {
        let database = setup.database(&[Table::Users, Table::Tokens, Table::Sessions])?;
        Ok(Self { database, keys: setup.keys().await? })
    }
}

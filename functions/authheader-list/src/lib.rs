//! `GET /authheader/list`: list the auth headers of the user who is logged in, each with its token, which is derived and not stored.

use futures_util::future::join;
use latchkey::caller::Credential;
use latchkey::http::{Answer, ApiError, AuthHeaderView, Operation, Request, Route};
use latchkey::runtime::{ConfigError, Keys, Setup, Start, Table};
use latchkey::store::{ApiKeys, Database};

/// What the operation needs.
pub struct AuthheaderList {
    api_keys: ApiKeys,
    database: Database,
    keys: Keys,
}

impl Operation for AuthheaderList {
    const NAME: &'static str = "authheader-list";
    const ROUTES: &'static [Route] = &[Route::new("GET", "/authheader/list")];

    async fn handle(&self, request: &Request) -> Result<Answer, ApiError> {
        let now = request.now;
        let keys = self.keys.get().await;
        let login = keys.gate(now).login(&request.headers)?;

        let user = login.user;
        let mut batch = self.database.batch();
        let pending = Credential::Login(login).add_to(&mut batch);
        let (rows, listed) = join(batch.get(), self.api_keys.list(user)).await;
        pending.caller(&rows?, now)?;

        // An auth header whose token key has left the ring opens nothing, and is left out.
        let headers: Vec<_> = listed?.into_iter().filter_map(|row| AuthHeaderView::derive(row, &keys.tokens).ok()).collect();
        Answer::ok(&headers)
    }
}

impl Start for AuthheaderList {
    async fn start(setup: &Setup) -> Result<Self, ConfigError> {
        let database = setup.database(&[Table::Users, Table::Tokens, Table::Sessions])?;
        Ok(Self { api_keys: ApiKeys::new(&database), database, keys: setup.keys().await? })
    }
}

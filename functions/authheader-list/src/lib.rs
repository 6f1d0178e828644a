//! `GET /authheader/list`: list the auth headers of the user who is logged in, each with its token, which is derived and not stored.
//!
//! The body is the array that the family's clients read. Where it does not hold all of them, the header `Link` leads to the rest.

use futures_util::future::join;
use latchkey::caller::Credential;
use latchkey::credentials::Cursor;
use latchkey::domain::Locator;
use latchkey::http::{Answer, ApiError, AuthHeaderView, Operation, Request, Route};
use latchkey::runtime::settings::API_KEY_LOGIN_MAX_AGE_SECONDS;
use latchkey::runtime::{ConfigError, Keys, Setup, Start, Table};
use latchkey::store::{ApiKeys, Database, MAX_API_KEYS};

/// What the operation needs.
pub struct AuthheaderList {
    api_keys: ApiKeys,
    database: Database,
    keys: Keys,
    login_max_age: u32,
}

impl Operation for AuthheaderList {
    const NAME: &'static str = "authheader-list";
    const ROUTES: &'static [Route] = &[Route::new("GET", PATH)];

    async fn handle(&self, request: &Request) -> Result<Answer, ApiError> {
        let now = request.now;
        let keys = self.keys.get().await;
        let login = keys.gate(now).fresh_login(&request.headers, self.login_max_age)?;

        let user = login.user;
        let list = Locator::of_list(Self::NAME, &user.to_string());
        let mut query = request.query();
        let limit = query.number("limit", 1..=MAX_API_KEYS);
        let after = query.cursor("cursor", list, &keys.tokens).and_then(|place| place.try_into().ok()).map(Locator::from_bytes);
        query.finish()?;

        let mut batch = self.database.batch();
        let pending = Credential::Login(login).add_to(&mut batch);
        let (rows, page) = join(batch.get(), self.api_keys.page(user, after, limit.unwrap_or(MAX_API_KEYS))).await;
        pending.caller(&rows?, now)?;

        let page = page?;
        // An auth header whose token key has left the ring opens nothing, and is left out.
        let headers: Vec<_> = page.rows.into_iter().filter_map(|row| AuthHeaderView::derive(row, &keys.tokens).ok()).collect();
        let answer = Answer::ok(&headers)?;
        let Some(next) = page.next else { return Ok(answer) };
        let cursor = Cursor { list, position: next.bytes().to_vec() }.seal(&keys.tokens).map_err(ApiError::internal)?;
        let limit = limit.map(|limit| ("limit", limit.to_string()));
        Ok(answer.with_next(PATH, &limit.into_iter().chain([("cursor", cursor)]).collect::<Vec<_>>()))
    }
}

const PATH: &str = "/authheader/list";

impl Start for AuthheaderList {
    async fn start(setup: &Setup) -> Result<Self, ConfigError> {
        let database = setup.database(&[Table::Users, Table::Tokens, Table::Sessions])?;
        let login_max_age = setup.environment.number(&API_KEY_LOGIN_MAX_AGE_SECONDS)?;
        Ok(Self { api_keys: ApiKeys::new(&database), database, keys: setup.keys().await?, login_max_age })
    }
}

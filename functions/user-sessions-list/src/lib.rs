//! `GET /user/sessions`: list the sessions in which the user is logged in, a page at a time.

use futures_util::future::join;
use latchkey::caller::Credential;
use latchkey::credentials::Cursor;
use latchkey::domain::{Locator, RandomId, SessionId, Timestamp, UserAgent};
use latchkey::http::{Answer, ApiError, Operation, Request, Route};
use latchkey::runtime::{ConfigError, Keys, Setup, Start, Table};
use latchkey::store::{Database, SessionKind, SessionRow, Sessions};
use serde::Serialize;

/// What the operation needs.
pub struct UserSessionsList {
    sessions: Sessions,
    database: Database,
    keys: Keys,
}

#[derive(Serialize)]
struct SessionList {
    sessions: Vec<LoginSessionView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LoginSessionView {
    id: SessionId,
    /// Whether it is the session of the JWT that asks.
    current: bool,
    created_time: Timestamp,
    expired_time: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_agent: Option<UserAgent>,
}

impl Operation for UserSessionsList {
    const NAME: &'static str = "user-sessions-list";
    const ROUTES: &'static [Route] = &[Route::new("GET", "/user/sessions")];

    async fn handle(&self, request: &Request) -> Result<Answer, ApiError> {
        let now = request.now;
        let keys = self.keys.get().await;
        let login = keys.gate(now).login(&request.headers)?;

        let list = Locator::of_list(Self::NAME, &login.user.to_string());
        let mut query = request.query();
        let after = query.cursor("cursor", list, &keys.tokens).and_then(|id| id.try_into().ok()).map(RandomId::from_bytes);
        query.finish()?;

        let mut batch = self.database.batch();
        let pending = Credential::Login(login).add_to(&mut batch);
        let (rows, page) = join(batch.get(), self.sessions.page_of(login.user, after)).await;
        let caller = pending.caller(&rows?, now)?;
        let (mut page, next) = page?;

        // Beside logins, the partition has one-time tokens and exchanged sessions of the user, and what has ended.
        page.retain(|row| row.kind == SessionKind::Login && row.is_live(now) && row.is_backed_by(Some(&caller.user)));
        page.sort_by_key(|row| (std::cmp::Reverse(row.created_at), row.session_id));
        let view = |row: SessionRow| LoginSessionView {
            id: row.id(),
            current: row.id() == login.session,
            created_time: row.created_at,
            expired_time: row.expires_at,
            user_agent: row.user_agent,
        };
        let cursor = next.map(|next| Cursor { list, position: next.bytes().to_vec() }.seal(&keys.tokens));
        let cursor = cursor.transpose().map_err(ApiError::internal)?;
        Answer::ok(&SessionList { sessions: page.into_iter().map(view).collect(), cursor })
    }
}

impl Start for UserSessionsList {
    async fn start(setup: &Setup) -> Result<Self, ConfigError> {
        let database = setup.database(&[Table::Users, Table::Sessions])?;
        Ok(Self { sessions: Sessions::new(&database), database, keys: setup.keys().await? })
    }
}

//! `DELETE /sessions/{id}`: end a session, for its holder or for the user in whose name it was made. The next call with its JWT is refused.

use latchkey::audit::{Act, Event};
use latchkey::caller::SessionPath;
use latchkey::domain::Locator;
use latchkey::http::{Answer, ApiError, Operation, Request, Route};
use latchkey::runtime::{ConfigError, Keys, Setup, Start, Table};
use latchkey::store::{Database, Sessions};

/// What the operation needs.
pub struct SessionDelete {
    sessions: Sessions,
    database: Database,
    keys: Keys,
}

impl Operation for SessionDelete {
    const NAME: &'static str = "session-delete";
    const ROUTES: &'static [Route] = &[Route::new("DELETE", "/sessions/{id}")];

    async fn handle(&self, request: &Request) -> Result<Answer, ApiError> {
        let now = request.now;
        let keys = self.keys.get().await;
        let path = SessionPath { id: request.path("id").map_err(|_| ApiError::SessionNotFound)? };
        let access = path.identify(&request.headers, &keys.gate(now))?.access(Self::NAME, &self.database).await?;
        let session = access.session.ok_or(ApiError::SessionNotFound)?;

        if !self.sessions.end(path.id, now).await? {
            return Err(ApiError::SessionNotFound);
        }
        let event = Event::of(Act::SessionRevoked).subject(&session.customer_id).credential(Locator::of_session(path.id));
        request.trail.note(access.actor.into_iter().fold(event, Event::actor));
        Ok(Answer::no_content())
    }
}

impl Start for SessionDelete {
    async fn start(setup: &Setup) -> Result<Self, ConfigError> {
        let database = setup.database(&[Table::Users, Table::Tokens, Table::Sessions])?;
        Ok(Self { sessions: Sessions::new(&database), database, keys: setup.keys().await? })
    }
}

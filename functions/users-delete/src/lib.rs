//! `DELETE /users/{userId}`: delete a user for good. From its first write on nothing works in that name. A call that was
//! interrupted is finished by the next one.

use latchkey::audit::{Act, Event};
use latchkey::caller::UserPath;
use latchkey::http::{Answer, ApiError, Operation, Request, Route};
use latchkey::runtime::{ConfigError, Keys, Setup, Start, Table};
use latchkey::store::{Database, Erasure};

/// How often it is tried, each time with the user as somebody else left it.
const ATTEMPTS: usize = 5;

/// What the operation needs.
pub struct UsersDelete {
    erasure: Erasure,
    database: Database,
    keys: Keys,
}

impl Operation for UsersDelete {
    const NAME: &'static str = "users-delete";
    const ROUTES: &'static [Route] = &[Route::new("DELETE", "/users/{userId}")];

    async fn handle(&self, request: &Request) -> Result<Answer, ApiError> {
        let path = UserPath { id: request.path("userId").map_err(|_| ApiError::UserNotFound)? };
        let keys = self.keys.get().await;
        let administrator = path.identify(&request.headers, &keys.gate(request.now))?;
        for _ in 0..ATTEMPTS {
            let access = administrator.access(Self::NAME, &self.database).await?;
            let user = access.user.ok_or(ApiError::UserNotFound)?;
            // Nobody deletes a user who may more than they do.
            if !access.caller.covers(&user.acl) {
                return Err(ApiError::Escalation);
            }
            let (was_active, caller) = (user.is_active(), &access.caller);
            let note = |act| {
                let event = Event::of(act).subject(user.user_id).actor(caller.user_id()).credential(caller.credential_id);
                request.trail.note(event);
            };
            let Some(disabled) = self.erasure.disable(&user, request.now).await? else { continue };
            // It is told even if the rest fails.
            if was_active {
                note(Act::UserDisabled);
            }
            if self.erasure.erase(&disabled, request.now).await? {
                note(Act::PersonForgotten);
                return Ok(Answer::no_content());
            }
        }
        Err(ApiError::Conflict)
    }
}

impl Start for UsersDelete {
    async fn start(setup: &Setup) -> Result<Self, ConfigError> {
        let database = setup.database(&[Table::Users, Table::Tokens, Table::Sessions])?;
        Ok(Self { erasure: Erasure::new(&database), database, keys: setup.keys().await? })
    }
}

//! `POST /users/{userId}/invitation`: send a user the link that sets the first password.

use latchkey::audit::{Act, Event};
use latchkey::caller::UserPath;
use latchkey::domain::{Locator, MailRequest, MailSubject};
use latchkey::http::{Answer, ApiError, Operation, Request, Route};
use latchkey::runtime::{ConfigError, Keys, Setup, Start, Table};
use latchkey::store::{Database, OutboxEntry};

/// What the operation needs.
pub struct UsersInvite {
    database: Database,
    keys: Keys,
}

impl Operation for UsersInvite {
    const NAME: &'static str = "users-invite";
    const ROUTES: &'static [Route] = &[Route::new("POST", "/users/{userId}/invitation")];

    async fn handle(&self, request: &Request) -> Result<Answer, ApiError> {
        let path = UserPath { id: request.path("userId").map_err(|_| ApiError::UserNotFound)? };

        let keys = self.keys.get().await;
        let administrator = path.identify(&request.headers, &keys.gate(request.now))?;
        let access = administrator.access(Self::NAME, &self.database).await?;
        let user = access.user.ok_or(ApiError::UserNotFound)?;
        // The link lives for days. Nobody has one made for a user who may more than they do.
        if !access.caller.covers(&user.acl) {
            return Err(ApiError::Escalation);
        }
        if !user.is_active() {
            return Err(ApiError::UserDisabled);
        }
        if user.mailbox().is_none() {
            return Err(ApiError::UserWithoutAddress);
        }

        let mail = MailRequest::new(MailSubject::Invitation { user: user.user_id }, request.now);
        OutboxEntry::new(Locator::of_user(user.user_id), mail).put(&self.database).await?;
        let invited = Event::of(Act::UserInvited).subject(user.user_id);
        request.trail.note(invited.actor(access.caller.user_id()).credential(access.caller.credential_id));
        Answer::accepted("The invitation is on its way.")
    }
}

impl Start for UsersInvite {
    async fn start(setup: &Setup) -> Result<Self, ConfigError> {
        let database = setup.database(&[Table::Users, Table::Tokens, Table::Sessions])?;
        Ok(Self { database, keys: setup.keys().await? })
    }
}

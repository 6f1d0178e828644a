//! `POST /user/forgot-password`: ask for a mail with a link that sets a new password.
//!
//! Nothing is proven, and the answer says nothing: whoever is asked about, it is the same answer after the same work. No user is read
//! here. One write asks for the mail, and counts what the client has asked for; the mailer looks who gets it.

use latchkey::audit::{Act, Event};
use latchkey::domain::{Locator, MailRequest, MailSubject, Username};
use latchkey::http::{Answer, ApiError, Operation, Request, Route};
use latchkey::runtime::{ConfigError, Setup, Start, Table};
use latchkey::store::{Database, OutboxEntry, OutboxError, Throttle};

/// What the operation needs.
pub struct UserForgotPassword {
    database: Database,
    per_address: Throttle,
}

/// Always the same: what became of the request is in the mailbox, or nowhere.
const ANSWER: &str = "If this is a user with an e-mail address, a link that sets a new password is on its way to it.";

impl Operation for UserForgotPassword {
    const NAME: &'static str = "user-forgot-password";
    const ROUTES: &'static [Route] = &[Route::new("POST", "/user/forgot-password")];

    async fn handle(&self, request: &Request) -> Result<Answer, ApiError> {
        let mut fields = request.fields()?.in_either_case()?;
        let given = fields.required_text("username", usize::MAX);
        let name = Username::normalised(given.trim());
        if !given.is_empty() && !name.is_possible() {
            fields.invalid("username", "must have 1 to 256 bytes and no control or invisible character");
        }
        fields.finish()?;

        let mail = MailRequest::new(MailSubject::ResetPassword { username: given.trim().to_owned() }, request.now);
        let entry = OutboxEntry::counted(Locator::of_address(&request.client_address()), mail, self.per_address);
        let asked = entry.put(&self.database).await;
        let act = match asked {
            Ok(()) => Some(Act::PasswordResetAsked),
            Err(OutboxError::Throttled { .. }) => Some(Act::PasswordResetThrottled),
            Err(OutboxError::Store(_)) => None,
        };
        act.into_iter().for_each(|act| request.trail.note(Event::of(act).name(&name)));
        asked?;
        Answer::accepted(ANSWER)
    }
}

impl Start for UserForgotPassword {
    async fn start(setup: &Setup) -> Result<Self, ConfigError> {
        Ok(Self { database: setup.database(&[Table::Tokens])?, per_address: setup.mail_requests()? })
    }
}

//! `POST /user/sign-up`: ask for the link by which the owner of a mailbox makes an account.
//!
//! Nobody proves anything here, and nobody learns anything: the request reads nothing, and its one write is the same whoever has the
//! address. That write counts the requests of the client and asks for the mail, which tells the owner of the mailbox alone whether the
//! address has an account.

use latchkey::audit::{Act, Event};
use latchkey::domain::{EmailAddress, Locator, MailRequest, MailSubject};
use latchkey::http::{Answer, ApiError, Operation, Request, Route};
use latchkey::runtime::{ConfigError, Setup, Start, Table};
use latchkey::store::{Database, OutboxEntry, OutboxError, Throttle};

/// What the operation needs.
pub struct UserSignUp {
    database: Database,
    per_address: Throttle,
}

impl Operation for UserSignUp {
    const NAME: &'static str = "user-sign-up";
    const ROUTES: &'static [Route] = &[Route::new("POST", "/user/sign-up")];

    async fn handle(&self, request: &Request) -> Result<Answer, ApiError> {
        let mut fields = request.fields()?.in_either_case()?;
        let address = fields.required_parsed::<EmailAddress>("email");
        fields.finish()?;

        if let Some(address) = address {
            let mail = MailRequest::new(MailSubject::SignUp { address }, request.now);
            let entry = OutboxEntry::counted(Locator::of_address(&request.client_address()), mail, self.per_address);
            let asked = entry.put(&self.database).await;
            if let Err(OutboxError::Throttled { .. }) = asked {
                request.trail.note(Event::of(Act::MailDropped).mail("sign-up").because("throttled"));
            }
            asked?;
        }
        Answer::accepted("If the address can receive mail, a mail is on its way")
    }
}

impl Start for UserSignUp {
    async fn start(setup: &Setup) -> Result<Self, ConfigError> {
        Ok(Self { database: setup.database(&[Table::Tokens])?, per_address: setup.mail_requests()? })
    }
}

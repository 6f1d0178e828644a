//! `POST /user/sign-up`: ask for the link by which the owner of a mailbox makes an account.
//!
//! Nobody proves anything here, and nobody learns anything: the request reads nothing, and its one write is the same whoever has the
//! address. That write counts the requests of the client and asks for the mail, which tells the owner of the mailbox alone whether the
//! address has an account.

use latchkey::audit::{Act, Event};
use latchkey::domain::{EmailAddress, Locator, MailRequest, MailSubject};
use latchkey::http::{Answer, ApiError, Operation, Request, Route};
use latchkey::runtime::settings::{NumberSetting, Setting};
use latchkey::runtime::{ConfigError, Setup, Start, Table};
use latchkey::store::{Database, OutboxEntry, OutboxError, Throttle};

/// What the operation needs.
pub struct UserSignUp {
    database: Database,
    per_client: Throttle,
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
            let entry = OutboxEntry::counted(Locator::of_address(&request.client_address()), mail, self.per_client);
            let asked = entry.put(&self.database).await;
            if let Err(OutboxError::Throttled { .. }) = asked {
                request.trail.note(Event::of(Act::MailDropped).mail("sign-up").because("throttled"));
            }
            asked?;
        }
        Answer::accepted("If the address can receive mail, a mail is on its way")
    }
}

/// The window that counts the requests of a client.
const WINDOW_SECONDS: u32 = 3600;

/// A row of more than a hundred ids is billed as two or more.
const SIGN_UPS_PER_CLIENT: NumberSetting = NumberSetting {
    name: "SIGN_UPS_PER_CLIENT",
    default: 20,
    range: 1..=1000,
    meaning: "Requests to sign up per client address and hour. An address is one of IPv4, or a /64 network of IPv6.",
};

impl Start for UserSignUp {
    const SETTINGS: &'static [Setting] = &[Setting::Number(SIGN_UPS_PER_CLIENT)];

    async fn start(setup: &Setup) -> Result<Self, ConfigError> {
        let per_client = Throttle { attempts: setup.environment.number(&SIGN_UPS_PER_CLIENT)?, window_seconds: WINDOW_SECONDS };
        Ok(Self { database: setup.database(&[Table::Tokens])?, per_client })
    }
}

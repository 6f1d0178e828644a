//! `POST /user/email`: ask for the link by which another e-mail address takes effect.
//!
//! It takes the password beside the login: a stolen JWT cannot be made an account. Nothing changes before the link is followed, so the
//! caller does not learn whether somebody else has the address.

use futures_util::future::join;
use latchkey::audit::{Act, Event};
use latchkey::caller::{Credential, PasswordGate};
use latchkey::credentials::{Issuer, VerificationKeys};
use latchkey::domain::{EmailAddress, Locator, MailRequest, MailSubject};
use latchkey::http::{Answer, ApiError, Operation, Request, Route};
use latchkey::runtime::{ConfigError, Live, Setup, Start, Table};
use latchkey::store::{Database, OutboxEntry, OutboxError, Throttle};

/// How often a user may ask. The mailer has a limit for each address besides.
const PER_USER: Throttle = Throttle { attempts: 10, window_seconds: 3600 };

/// What the operation needs.
pub struct UserEmail {
    passwords: PasswordGate,
    database: Database,
    issuer: Issuer,
    keys: Live<VerificationKeys>,
}

impl Operation for UserEmail {
    const NAME: &'static str = "user-email";
    const ROUTES: &'static [Route] = &[Route::new("POST", "/user/email")];

    async fn handle(&self, request: &Request) -> Result<Answer, ApiError> {
        let mut fields = request.fields()?.in_either_case()?;
        let address = fields.required_parsed::<EmailAddress>("email");
        let password = fields.required_secret("password");
        fields.finish()?;

        let now = request.now;
        let login = latchkey::caller::login(&request.headers, &self.issuer, self.keys.get().await.as_ref(), now)?;
        let mut batch = self.database.batch();
        let pending = Credential::Login(login).add_to(&mut batch);
        let caller = pending.caller(&batch.get().await?, now)?;
        let proven = self.passwords.prove(&request.password_guess(&caller.user.username, &password)).await?;
        let user = &proven.row;
        // The name may be somebody else's by now.
        if user.user_id != caller.user_id() {
            return Err(ApiError::InvalidCredentials);
        }

        if let Some(address) = address {
            let about = MailSubject::ChangeEmail { user: user.user_id, epoch: user.epoch, address };
            let entry = OutboxEntry::counted(Locator::of_user(user.user_id), MailRequest::new(about, now), PER_USER);
            let (asked, ()) = join(entry.put(&self.database), self.passwords.settle(&proven)).await;
            if let Err(OutboxError::Throttled { .. }) = asked {
                request.trail.note(Event::of(Act::MailDropped).subject(user.user_id).mail("change-email").because("throttled"));
            }
            asked?;
        }
        Answer::accepted("If the address can receive mail, a mail is on its way")
    }
}

impl Start for UserEmail {
    async fn start(setup: &Setup) -> Result<Self, ConfigError> {
        let database = setup.database(&[Table::Users, Table::Tokens, Table::Sessions])?;
        let (issuer, keys) = (setup.issuer()?, setup.verification_keys().await?);
        Ok(Self { passwords: setup.password_gate(&database)?, database, issuer, keys })
    }
}

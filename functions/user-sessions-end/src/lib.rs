//! `DELETE /user/sessions`: end every session of the user who is logged in, but the one that asks. Its JWTs go on working.

use latchkey::audit::{Act, Event};
use latchkey::caller::Credential;
use latchkey::credentials::{Issuer, VerificationKeys};
use latchkey::http::{Answer, ApiError, Operation, Request, Route};
use latchkey::runtime::{ConfigError, Live, Setup, Start, Table};
use latchkey::store::{Database, Users};

/// How often it is tried, each time with the user as somebody else left it.
const ATTEMPTS: usize = 5;

/// What the operation needs.
pub struct UserSessionsEnd {
    users: Users,
    database: Database,
    issuer: Issuer,
    keys: Live<VerificationKeys>,
}

impl Operation for UserSessionsEnd {
    const NAME: &'static str = "user-sessions-end";
    const ROUTES: &'static [Route] = &[Route::new("DELETE", "/user/sessions")];

    async fn handle(&self, request: &Request) -> Result<Answer, ApiError> {
        let now = request.now;
        let login = latchkey::caller::login(&request.headers, &self.issuer, self.keys.get().await.as_ref(), now)?;

        for _ in 0..ATTEMPTS {
            let mut batch = self.database.batch();
            let pending = Credential::Login(login).add_to(&mut batch);
            let caller = pending.caller(&batch.get().await?, now)?;
            if self.users.end_other_sessions(&caller.user, login.session, now).await? {
                request.trail.note(Event::of(Act::OtherSessionsEnded).subject(login.user).credential(caller.credential_id));
                return Ok(Answer::no_content());
            }
        }
        Err(ApiError::Conflict)
    }
}

impl Start for UserSessionsEnd {
    async fn start(setup: &Setup) -> Result<Self, ConfigError> {
        let database = setup.database(&[Table::Users, Table::Sessions])?;
        let (issuer, keys) = (setup.issuer()?, setup.verification_keys().await?);
        Ok(Self { users: Users::new(&database), database, issuer, keys })
    }
}

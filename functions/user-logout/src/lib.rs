//! `GET` and `POST /user/logout`: end the session of the login JWT. The next call with it is refused.
//!
//! The vendor's contract has a GET that changes something. It takes the JWT from a header, which following a link does not send.

use latchkey::audit::{Act, Event};
use latchkey::credentials::{Issuer, VerificationKeys};
use latchkey::domain::Locator;
use latchkey::http::{Answer, ApiError, Operation, Request, Route};
use latchkey::runtime::{ConfigError, Live, Setup, Start, Table};
use latchkey::store::Sessions;

/// What the operation needs.
pub struct UserLogout {
    sessions: Sessions,
    issuer: Issuer,
    keys: Live<VerificationKeys>,
}

impl Operation for UserLogout {
    const NAME: &'static str = "user-logout";
    const ROUTES: &'static [Route] = &[Route::new("GET", "/user/logout"), Route::new("POST", "/user/logout")];

    async fn handle(&self, request: &Request) -> Result<Answer, ApiError> {
        let now = request.now;
        let login = latchkey::caller::login(&request.headers, &self.issuer, self.keys.get().await.as_ref(), now)?;

        if !self.sessions.end(login.session, now).await? {
            return Err(ApiError::InvalidCredentials);
        }
        request.trail.note(Event::of(Act::SessionEnded).subject(login.user).credential(Locator::of_session(login.session)));
        Answer::message("User logged out")
    }
}

impl Start for UserLogout {
    async fn start(setup: &Setup) -> Result<Self, ConfigError> {
        let database = setup.database(&[Table::Sessions])?;
        let (issuer, keys) = (setup.issuer()?, setup.verification_keys().await?);
        Ok(Self { sessions: Sessions::new(&database), issuer, keys })
    }
}

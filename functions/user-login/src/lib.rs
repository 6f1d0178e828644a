//! `POST /user/login`: exchange a username and password for a login JWT.

use futures_util::future::join;
use latchkey::audit::{Act, Event};
use latchkey::caller::PasswordGate;
use latchkey::credentials::{Issuer, LoginClaims, SigningKeys};
use latchkey::domain::{Locator, SessionId, Subject};
use latchkey::http::{Answer, ApiError, LoginView, Operation, Request, Route};
use latchkey::runtime::settings::{LOGIN_TTL_SECONDS, NumberSetting, Setting};
use latchkey::runtime::{ConfigError, Live, Setup, Start, Table};
use latchkey::store::{SessionRow, Sessions};

/// What the operation needs.
pub struct UserLogin {
    passwords: PasswordGate,
    sessions: Sessions,
    issuer: Issuer,
    keys: Live<SigningKeys>,
    ttl_seconds: u32,
    session_ttl_seconds: u32,
}

impl Operation for UserLogin {
    const NAME: &'static str = "user-login";
    const ROUTES: &'static [Route] = &[Route::new("POST", "/user/login")];

    async fn handle(&self, request: &Request) -> Result<Answer, ApiError> {
        let mut fields = request.fields()?.in_either_case()?;
        let username = fields.required_secret("username");
        let password = fields.required_secret("password");
        fields.finish()?;

        let now = request.now;
        let proven = self.passwords.prove(&request.password_guess(username.expose(), &password)).await?;
        let user = &proven.row;
        let session_id = SessionId::random(Subject::User(user.user_id));
        let expires_at = now.plus(self.ttl_seconds.min(self.session_ttl_seconds));
        let claims = LoginClaims {
            user: user.user_id,
            session: session_id,
            epoch: user.epoch,
            authenticated_at: Some(now),
            issued_at: now,
            expires_at,
        };
        let token = claims.mint(&self.issuer, self.keys.get().await.as_ref()).map_err(ApiError::internal)?;

        // The session outlives its first JWT, so that user-renew can mint the next one without writing anything.
        let session = SessionRow::of_login(session_id, user, now, now.plus(self.session_ttl_seconds));
        let (stored, ()) = join(self.sessions.insert_new(&session), self.passwords.settle(&proven)).await;
        stored?;
        request.trail.note(Event::of(Act::LoginSucceeded).subject(user.user_id).credential(Locator::of_session(session_id)));

        Answer::ok(&LoginView::new(proven.row, token))
    }
}

/// Renewing a JWT does not extend the session: it ends this long after the password was given.
const LOGIN_SESSION_TTL_SECONDS: NumberSetting = NumberSetting {
    name: "LOGIN_SESSION_TTL_SECONDS",
    default: 43_200,
    range: 60..=2_592_000,
    meaning: "Life of a login's session in seconds, in which its JWT can be renewed without the password.",
};

impl Start for UserLogin {
    const SETTINGS: &'static [Setting] = &[Setting::Number(LOGIN_SESSION_TTL_SECONDS)];

    async fn start(setup: &Setup) -> Result<Self, ConfigError> {
        let database = setup.database(&[Table::Users, Table::Sessions])?;
        Ok(Self {
            passwords: setup.password_gate(&database)?,
            sessions: Sessions::new(&database),
            issuer: setup.issuer()?,
            keys: setup.signing_keys().await?,
            ttl_seconds: setup.environment.number(&LOGIN_TTL_SECONDS)?,
            session_ttl_seconds: setup.environment.number(&LOGIN_SESSION_TTL_SECONDS)?,
        })
    }
}

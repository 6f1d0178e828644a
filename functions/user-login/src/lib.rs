//! `POST /user/login`: exchange a user name or an e-mail address, and the password, for a login JWT.

use futures_util::future::join;
use latchkey::audit::{Act, Event};
use latchkey::caller::{LoginLives, NewLogin, PasswordGate};
use latchkey::credentials::{Issuer, SigningKeys};
use latchkey::domain::Locator;
use latchkey::http::{Answer, ApiError, LoginView, Operation, Request, Route};
use latchkey::runtime::{ConfigError, Live, Setup, Start, Table};
use latchkey::store::Sessions;

/// What the operation needs.
pub struct UserLogin {
    passwords: PasswordGate,
    sessions: Sessions,
    issuer: Issuer,
    keys: Live<SigningKeys>,
    lives: LoginLives,
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
        let keys = self.keys.get().await;
        let login = NewLogin::mint(&proven.row, self.lives, (&self.issuer, keys.as_ref()), request.user_agent(), now);
        let NewLogin { session, token } = login.map_err(ApiError::internal)?;

        let (stored, ()) = join(self.sessions.insert_new(&session), self.passwords.settle(&proven)).await;
        stored?;
        request.trail.note(Event::of(Act::LoginSucceeded).subject(proven.row.user_id).credential(Locator::of_session(session.id())));

        Answer::ok(&LoginView::new(proven.row, token))
    }
}

impl Start for UserLogin {
    async fn start(setup: &Setup) -> Result<Self, ConfigError> {
        // A failure that disables the password asks for a mail.
        let database = setup.database(&[Table::Users, Table::Tokens, Table::Sessions])?;
        Ok(Self {
            passwords: setup.password_gate(&database)?,
            sessions: Sessions::new(&database),
            issuer: setup.issuer()?,
            keys: setup.signing_keys().await?,
            lives: setup.login_lives()?,
        })
    }
}

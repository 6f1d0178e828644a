//! `POST /user/login`: a username and a password for a login JWT.

use futures_util::future::join;
use latchkey::caller::PasswordGate;
use latchkey::credentials::{Issuer, LoginClaims, SigningKeys};
use latchkey::domain::{Secret, SessionId, SharedClock, Timestamp, UserId};
use latchkey::http::{Answer, ApiError, Operation, Request, Route};
use latchkey::runtime::{ConfigError, Live, Setup, Start, Table};
use latchkey::store::{SessionKind, SessionRow, Sessions};
use serde::Serialize;

/// What the operation needs.
pub struct UserLogin {
    /// Checks passwords.
    pub passwords: PasswordGate,
    sessions: Sessions,
    issuer: Issuer,
    keys: Live<SigningKeys>,
    ttl_seconds: u32,
    clock: SharedClock,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Login {
    id: UserId,
    created: Timestamp,
    username: String,
    email: Option<String>,
    firstname: Option<String>,
    lastname: Option<String>,
    token: Secret,
    password_expiration: Option<Timestamp>,
}

impl Operation for UserLogin {
    const NAME: &'static str = "user-login";
    const ROUTE: Route = Route::new("POST", "/user/login");

    async fn handle(&self, request: &Request) -> Result<Answer, ApiError> {
        let mut fields = request.fields()?.in_either_case()?;
        let username = fields.required_text("username", usize::MAX);
        let password = fields.required_secret("password");
        fields.finish()?;

        let now = self.clock.now();
        let proven = self.passwords.prove(&username, &password, now).await?;
        let user = &proven.row;
        let (session_id, expires_at) = (SessionId::random(), now.plus(self.ttl_seconds));
        let claims = LoginClaims { user: user.user_id, session: session_id, epoch: user.epoch, issued_at: now, expires_at };
        let token = claims.mint(&self.issuer, self.keys.get().await.as_ref()).map_err(ApiError::internal)?;

        let session = SessionRow {
            subject: user.user_id.to_string(),
            session_id,
            kind: SessionKind::Login,
            created_at: now,
            expires_at,
            epoch: Some(user.epoch),
            acl: None,
            custom_claims: None,
        };
        let (stored, ()) = join(self.sessions.put(&session), self.passwords.settle(&proven)).await;
        stored?;

        let user = proven.row;
        Answer::ok(&Login {
            id: user.user_id,
            created: user.created_at,
            username: user.username,
            email: user.email,
            firstname: user.first_name,
            lastname: user.last_name,
            token,
            password_expiration: user.password_expires_at,
        })
    }
}

impl Start for UserLogin {
    async fn start(setup: &Setup) -> Result<Self, ConfigError> {
        let database = setup.database(&[Table::Users, Table::Sessions])?;
        Ok(Self {
            passwords: setup.password_gate(&database)?,
            sessions: Sessions::new(&database),
            issuer: setup.issuer()?,
            keys: setup.signing_keys().await?,
            ttl_seconds: setup.environment.number("LOGIN_TTL_SECONDS", 3600, 60..=86_400)?,
            clock: setup.clock.clone(),
        })
    }
}

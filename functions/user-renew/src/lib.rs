//! `GET /user/renew`: get another JWT for the session of the one that is presented. It writes nothing: the login set the end of the
//! session, and none of its JWTs outlives that.

use latchkey::audit::{Act, Event};
use latchkey::caller::Credential;
use latchkey::credentials::{Issuer, LoginClaims, SigningKeys};
use latchkey::domain::Secret;
use latchkey::http::{Answer, ApiError, LoginView, Operation, Request, Route};
use latchkey::runtime::settings::LOGIN_TTL_SECONDS;
use latchkey::runtime::{ConfigError, Live, Setup, Start, Table};
use latchkey::store::Database;
use serde::Serialize;

/// What the operation needs.
pub struct UserRenew {
    database: Database,
    issuer: Issuer,
    keys: Live<SigningKeys>,
    ttl_seconds: u32,
}

/// The login object and, for OAuth clients, the same JWT under the names of RFC 6749.
#[derive(Serialize)]
struct Renewed {
    #[serde(flatten)]
    login: LoginView,
    access_token: Secret,
    expires_in: u64,
    token_type: &'static str,
}

impl Operation for UserRenew {
    const NAME: &'static str = "user-renew";
    const ROUTES: &'static [Route] = &[Route::new("GET", "/user/renew")];

    async fn handle(&self, request: &Request) -> Result<Answer, ApiError> {
        let now = request.now;
        let keys = self.keys.get().await;
        let presented = latchkey::caller::login(&request.headers, &self.issuer, keys.verification(), now)?;

        let mut batch = self.database.batch();
        let pending = Credential::Login(presented).add_to(&mut batch);
        let caller = pending.caller(&batch.get().await?, now)?;
        if caller.user.password_has_expired(now) {
            return Err(ApiError::PasswordExpired);
        }

        let over_at = caller.session.map_or(now, |(_, expires_at)| expires_at);
        let expires_at = now.plus(self.ttl_seconds).min(over_at);
        // The session began when the password was proven: a renewal proves nothing.
        let authenticated_at = Some(caller.credential_made_at);
        let claims = LoginClaims { epoch: caller.user.epoch, authenticated_at, issued_at: now, expires_at, ..presented };
        let token = claims.mint(&self.issuer, &keys).map_err(ApiError::internal)?;
        request.trail.note(Event::of(Act::SessionRenewed).subject(caller.user_id()).credential(caller.credential_id));
        Answer::ok(&Renewed {
            access_token: token.clone(),
            expires_in: expires_at.seconds_since(now),
            token_type: "Bearer",
            login: LoginView::new(caller.user, token),
        })
    }
}

impl Start for UserRenew {
    async fn start(setup: &Setup) -> Result<Self, ConfigError> {
        Ok(Self {
            database: setup.database(&[Table::Users, Table::Sessions])?,
            issuer: setup.issuer()?,
            keys: setup.signing_keys().await?,
            ttl_seconds: setup.environment.number(&LOGIN_TTL_SECONDS)?,
        })
    }
}

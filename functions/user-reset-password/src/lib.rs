//! `POST /user/reset-password`: set a password by a mailed link, after the old one was forgotten or as the first one.
//!
//! Nothing is stored for a link. It carries the user's epoch, which is the condition of the write that sets the password and which that
//! write raises: so a link works once, and ends with every other change of the epoch. Every dead link is the same 404.

use latchkey::audit::{Act, Event};
use latchkey::caller::note_reason;
use latchkey::credentials::{PasswordHasher, PasswordLife, PasswordRules, ResetToken, TokenKeys, Weakness, is_same_password};
use latchkey::domain::Secret;
use latchkey::http::{Answer, ApiError, Operation, Request, Route};
use latchkey::runtime::{BreachedPasswords, ConfigError, Live, Setup, Start, Table};
use latchkey::store::{UserRow, Users};

/// How often it is tried, each time with the user as somebody else left it.
const ATTEMPTS: usize = 5;

/// What the operation needs.
pub struct UserResetPassword {
    users: Users,
    hasher: PasswordHasher,
    rules: PasswordRules,
    breached: BreachedPasswords,
    life: PasswordLife,
    keys: Live<TokenKeys>,
}

impl Operation for UserResetPassword {
    const NAME: &'static str = "user-reset-password";
    const ROUTES: &'static [Route] = &[Route::new("POST", "/user/reset-password")];

    async fn handle(&self, request: &Request) -> Result<Answer, ApiError> {
        let mut fields = request.fields()?.in_either_case()?;
        let token = fields.required_secret("token");
        let new = fields.required_secret("new");
        let confirm = fields.required_secret("confirm");
        fields.finish()?;
        if !is_same_password(&confirm, &new) {
            return Err(ApiError::invalid_field("confirm", "must be the same as new"));
        }
        // The names that it must not contain are checked only for whoever has a good link.
        self.rules.check(&new, &[]).map_err(weak)?;

        let keys = self.keys.get().await;
        let token = ResetToken::open(&keys, token.expose(), request.now).map_err(|_| dead("forged or expired"))?;
        let user = self.reset(&token, &new, request).await?;
        request.trail.note(Event::of(Act::PasswordReset).subject(user.user_id));
        Answer::message("Success")
    }
}

impl UserResetPassword {
    /// Sets the password, and returns the user as they were before.
    async fn reset(&self, token: &ResetToken, new: &Secret, request: &Request) -> Result<UserRow, ApiError> {
        for attempt in 0..ATTEMPTS {
            let user = self.users.find_by_id(token.user).await?.filter(|user| user.is_active_in(token.epoch));
            let user = user.ok_or_else(|| dead("used, or the user has changed"))?;
            // An address that was given by mistake, or was lost to somebody else, is taken from the user by changing it.
            if user.mailbox().is_none_or(|address| address.place() != token.address) {
                return Err(dead("mailed to a former address"));
            }
            self.rules.check(new, &user.names()).map_err(weak)?;
            if attempt == 0 {
                self.breached.check(new, &request.trail).await.map_err(weak)?;
            }

            let hash = self.hasher.hash(new).map_err(ApiError::internal)?;
            let expires_at = self.life.expires_at(request.now);
            if self.users.reset_password(&user, hash.as_str(), expires_at, !user.email_verified, request.now).await? {
                return Ok(user);
            }
        }
        Err(ApiError::Conflict)
    }
}

fn dead(reason: &'static str) -> ApiError {
    note_reason(reason);
    ApiError::LinkNotFound
}

fn weak(weakness: Weakness) -> ApiError {
    ApiError::invalid_field("new", weakness.to_string())
}

impl Start for UserResetPassword {
    async fn start(setup: &Setup) -> Result<Self, ConfigError> {
        let database = setup.database(&[Table::Users, Table::Tokens])?;
        Ok(Self {
            users: Users::new(&database),
            hasher: setup.environment.password_hasher()?,
            rules: setup.password_rules()?,
            breached: setup.breached_passwords()?,
            life: setup.password_life()?,
            keys: setup.token_keys().await?,
        })
    }
}

//! `POST /user/password`: change the password, given the old one, which may have expired.
//!
//! A change ends all sessions of the user, and the one-time tokens that a login or the old password made. A caller who lost the answer
//! logs in with the new password to find out.

use futures_util::future::join;
use latchkey::audit::{Act, Event};
use latchkey::caller::{PasswordGate, ProvenUser};
use latchkey::credentials::{PasswordLife, PasswordRules, Weakness, is_same_password};
use latchkey::domain::{Secret, Username};
use latchkey::http::{Answer, ApiError, Operation, Request, Route};
use latchkey::runtime::{BreachedPasswords, ConfigError, Setup, Start, Table};

/// What the operation needs.
pub struct UserPassword {
    passwords: PasswordGate,
    rules: PasswordRules,
    breached: BreachedPasswords,
    life: PasswordLife,
}

/// How often the change is tried, each time with the user as others have changed it meanwhile.
const ATTEMPTS: usize = 5;

impl Operation for UserPassword {
    const NAME: &'static str = "user-password";
    const ROUTES: &'static [Route] = &[Route::new("POST", "/user/password")];

    async fn handle(&self, request: &Request) -> Result<Answer, ApiError> {
        let mut fields = request.fields()?.in_either_case()?;
        let username = fields.required_secret("username");
        let old = fields.required_secret("old");
        let new = fields.required_secret("new");
        let confirm = fields.required_secret("confirm");
        fields.finish()?;
        if !is_same_password(&confirm, &new) {
            return Err(ApiError::invalid_field("confirm", "must be the same as new"));
        }
        if is_same_password(&new, &old) {
            return Err(ApiError::invalid_field("new", "must differ from old"));
        }
        // The names that it must not contain are checked only for a caller who has proven the old one.
        self.rules.check(&new, &[]).map_err(weak)?;

        let proven = self.passwords.prove_even_expired(&request.password_guess(username.expose(), &old)).await?;
        // The old password was right, so the attempt does not count, whatever happens to the new one.
        let (changed, ()) = join(self.change(&proven, &new, request), self.passwords.forget_attempts(&proven)).await;
        changed?;
        request.trail.note(Event::of(Act::PasswordChanged).subject(proven.row.user_id));
        Answer::message("Success")
    }
}

impl UserPassword {
    async fn change(&self, proven: &ProvenUser, new: &Secret, request: &Request) -> Result<(), ApiError> {
        let (user, now) = (&proven.row, request.now);
        self.rules.check(new, &user.names()).map_err(weak)?;
        self.breached.check(new, &request.trail).await.map_err(weak)?;

        let hash = self.passwords.hasher.hash(new).map_err(ApiError::internal)?;
        let mut read = Some(user.clone());
        for _ in 0..ATTEMPTS {
            // Whoever has a login of this user can begin new epochs without end. They must not keep out whoever has the password.
            let Some(row) = read.filter(|row| row.is_active() && row.password_hash == user.password_hash) else { break };
            self.rules.check(new, &row.names()).map_err(weak)?;
            if self.passwords.users.change_password(&row, user.epoch, hash.as_str(), self.life.expires_at(now), now).await? {
                return Ok(());
            }
            read = self.passwords.users.find_by_name(&Username::normalised(&user.username)).await?;
        }
        Err(ApiError::Conflict)
    }
}

fn weak(weakness: Weakness) -> ApiError {
    ApiError::invalid_field("new", weakness.to_string())
}

impl Start for UserPassword {
    async fn start(setup: &Setup) -> Result<Self, ConfigError> {
        let database = setup.database(&[Table::Users, Table::Tokens])?;
        Ok(Self {
            passwords: setup.password_gate(&database)?,
            rules: setup.password_rules()?,
            breached: setup.breached_passwords()?,
            life: setup.password_life()?,
        })
    }
}

//! The check of a password. An attempt is reserved first, and an unknown user costs the same hash.

use futures_util::future::join;
use thiserror::Error;

use crate::audit::{Act, Event, Trail};
use crate::credentials::{PasswordError, PasswordHash, PasswordHasher, Verdict};
use crate::domain::{Secret, Timestamp, Username};
use crate::store::{Attempt, LoginAttempts, ReserveError, StoreError, UserRow, Users};

/// Why a password does not prove who the user is.
#[derive(Debug, Error)]
pub enum PasswordGateError {
    /// Unknown user, wrong password or disabled user: one answer for all three.
    #[error("incorrect credentials")]
    Incorrect,
    /// The password is right and has expired.
    #[error("the password has expired")]
    Expired,
    /// The attempts under that name are used up. No hash was computed.
    #[error("too many attempts")]
    Throttled {
        /// When the next window begins.
        retry_at: Timestamp,
    },
    /// The store did not answer, or a row is unreadable.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The stored hash is unreadable, or the hash function failed.
    #[error(transparent)]
    Hash(#[from] PasswordError),
}

impl From<ReserveError> for PasswordGateError {
    fn from(error: ReserveError) -> Self {
        match error {
            ReserveError::Throttled { retry_at } => Self::Throttled { retry_at },
            ReserveError::Store(error) => Self::Store(error),
        }
    }
}

/// Checks passwords under a throttle.
#[derive(Clone)]
pub struct PasswordGate {
    /// The users.
    pub users: Users,
    /// The counts of attempts.
    pub attempts: LoginAttempts,
    /// Computes and verifies hashes.
    pub hasher: PasswordHasher,
}

/// A user who has proved to know the password.
pub struct ProvenUser {
    /// The user.
    pub row: UserRow,
    name: Username,
    attempt: Attempt,
    rehashed: Option<PasswordHash>,
}

impl PasswordGate {
    /// Checks `password` of `username`: two requests side by side, then at most one hash, or two if the parameters have
    /// changed.
    ///
    /// A disabled user gets the answer for a wrong password. Only the right password reveals that it has expired.
    ///
    /// # Errors
    /// [`PasswordGateError`]; [`PasswordGateError::Throttled`] comes before any hash is computed.
    pub async fn prove(&self, username: &str, password: &Secret, now: Timestamp, trail: &Trail) -> Result<ProvenUser, PasswordGateError> {
        let proven = self.prove_even_expired(username, password, now, trail).await?;
        if proven.row.password_has_expired(now) {
            trail.note(Event::of(Act::LoginExpired).subject(proven.row.user_id));
            return Err(PasswordGateError::Expired);
        }
        Ok(proven)
    }

    /// The same for a change of password, where an expired password proves the user too.
    ///
    /// # Errors
    /// [`PasswordGateError`], but never [`PasswordGateError::Expired`].
    pub async fn prove_even_expired(
        &self,
        username: &str,
        password: &Secret,
        now: Timestamp,
        trail: &Trail,
    ) -> Result<ProvenUser, PasswordGateError> {
        let name = Username::normalised(username);
        let (attempt, user) = join(self.attempts.reserve(&name, now), self.find(&name)).await;
        if let Err(ReserveError::Throttled { .. }) = attempt {
            trail.note(Event::of(Act::LoginThrottled).name(&name));
        }
        let (attempt, user) = (attempt?, user?);

        let stored = user.as_ref().and_then(|user| user.password_hash.as_ref()).map(|hash| PasswordHash::from_stored(hash.expose()));
        let verdict = self.hasher.verify(password, stored.as_ref())?;
        let (rehashed, row) = match (verdict, user) {
            (Verdict::Right, Some(row)) if row.is_active() => (None, row),
            (Verdict::RightRehashed(hash), Some(row)) if row.is_active() => (Some(hash), row),
            (verdict, user) => {
                let refused = Event::of(Act::LoginRefused).name(&name);
                trail.note(match (verdict, user) {
                    (Verdict::Wrong, Some(row)) => refused.subject(row.user_id).because("wrong password"),
                    (_, Some(row)) => refused.subject(row.user_id).because("disabled user"),
                    (_, None) => refused.because("unknown name"),
                });
                return Err(PasswordGateError::Incorrect);
            }
        };
        Ok(ProvenUser { row, name, attempt, rehashed })
    }

    /// A name that nobody can have is not looked up: it could exceed the length of a key in DynamoDB.
    async fn find(&self, name: &Username) -> Result<Option<UserRow>, StoreError> {
        if name.is_possible() { self.users.find_by_name(name).await } else { Ok(None) }
    }

    /// Resets the attempts under the name. A failure does not weaken the proof, so it is only logged.
    pub async fn forget_attempts(&self, proven: &ProvenUser) {
        if let Err(error) = self.attempts.reset(proven.attempt.clone()).await {
            tracing::warn!(error = %error, "a password's attempts could not be forgotten");
        }
    }

    /// Resets the attempts under the name, and stores the new hash if the password was rehashed: requests to send
    /// beside the one that the proof was for. A failure does not weaken the proof, so it is only logged.
    pub async fn settle(&self, proven: &ProvenUser) {
        join(self.forget_attempts(proven), self.keep_rehashed(proven)).await;
    }

    async fn keep_rehashed(&self, proven: &ProvenUser) {
        let (Some(new), Some(old)) = (&proven.rehashed, &proven.row.password_hash) else { return };
        if let Err(error) = self.users.replace_hash(&proven.name, old.expose(), new.as_str()).await {
            tracing::warn!(error = %error, "a password's new hash could not be stored");
        }
    }
}

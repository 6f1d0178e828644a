//! The check of a password. An attempt is reserved first, and an unknown user costs the same hash and the same requests.
//!
//! Wrong passwords in a row are counted in the user's row, which is read anyway: a login with the right password pays
//! nothing for the count, one with a wrong password a write. The write follows the hash as long as the attempts of four
//! windows, the most that can be under way at once, do not lead to [`MOST_FAILURES`]. Nearer to it, the write comes first,
//! and the password counts only if that found a place.

use futures_util::future::{join, try_join};
use thiserror::Error;

use crate::audit::{Act, Event, Trail};
use crate::credentials::{PasswordError, PasswordHash, PasswordHasher, Verdict};
use crate::domain::{ClientAddress, LoginName, Secret, Timestamp, Username};
use crate::store::{Attempt, LoginAttempts, LoginRow, MOST_FAILURES, ReserveError, StoreError, UsedUp, UserRow, Users};

/// Why a password does not prove who the user is.
#[derive(Debug, Error)]
pub enum PasswordGateError {
    /// Unknown user, wrong password, disabled password or disabled user: one answer for all four.
    #[error("incorrect credentials")]
    Incorrect,
    /// The password is right and has expired.
    #[error("the password has expired")]
    Expired,
    /// The attempts under that name, or from that address, are used up. No hash was computed.
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
            ReserveError::Throttled { retry_at, .. } => Self::Throttled { retry_at },
            ReserveError::Store(error) => Self::Store(error),
        }
    }
}

/// A user name and a password as a client gave them, and from where.
pub struct PasswordGuess<'r> {
    /// The name or the address, in whatever spelling.
    pub username: &'r str,
    /// The password.
    pub password: &'r Secret,
    /// Where it comes from.
    pub address: ClientAddress,
    /// The instant of the request.
    pub now: Timestamp,
    /// Where it is noted what came of it.
    pub trail: &'r Trail,
}

/// How many windows' attempts at one password can be under way at once, under the name and under the address: two that touch, and one
/// whose attempts were forgotten since a password was set.
const AT_ONCE: u32 = 6;

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
    has_failures: bool,
    rehashed: Option<PasswordHash>,
}

impl PasswordGate {
    /// Checks a password: three requests side by side, another one where the name can be an address, then at most one hash, or two if the
    /// parameters have changed. A wrong one costs another request.
    ///
    /// A disabled user gets the answer for a wrong password, and so does everybody whose password is disabled. Only the
    /// right password reveals that it has expired.
    ///
    /// # Errors
    /// [`PasswordGateError`]; [`PasswordGateError::Throttled`] comes before any hash is computed.
    pub async fn prove(&self, guess: &PasswordGuess<'_>) -> Result<ProvenUser, PasswordGateError> {
        let proven = self.prove_even_expired(guess).await?;
        if proven.row.password_has_expired(guess.now) {
            self.forget_attempts(&proven).await;
            guess.trail.note(Event::of(Act::LoginExpired).subject(proven.row.user_id));
            return Err(PasswordGateError::Expired);
        }
        Ok(proven)
    }

    /// The same for a change of password, where an expired password proves the user too.
    ///
    /// # Errors
    /// [`PasswordGateError`], but never [`PasswordGateError::Expired`].
    pub async fn prove_even_expired(&self, guess: &PasswordGuess<'_>) -> Result<ProvenUser, PasswordGateError> {
        let login = LoginName::of(guess.username);
        let counted_as = login.counted_as();
        let reserved = self.attempts.reserve(&counted_as, &guess.address, guess.now);
        let (mut attempt, found) = join(reserved, self.users.find_by_login_name(&login)).await;
        if let (Err(ReserveError::Throttled { used_up: UsedUp::Name, since: Some(since), .. }), Ok(Some(found))) = (&attempt, &found)
            && let Some(set_at) = found.password_set_at.filter(|set_at| since <= set_at)
        {
            // Those were guesses at a former password, mostly of its owner's, who must not wait for the next window.
            self.attempts.forget_before(set_at, &counted_as, *since, guess.now).await?;
            attempt = self.attempts.reserve(&counted_as, &guess.address, guess.now).await;
        }
        if let Err(ReserveError::Throttled { used_up, .. }) = attempt {
            let reason = match used_up {
                UsedUp::Name => "attempts under the name",
                UsedUp::Address => "attempts from the address",
            };
            guess.trail.note(Event::of(Act::LoginThrottled).name(&counted_as).because(reason));
        }
        let (attempt, found) = (attempt?, found?);

        // Wrong passwords in a row are counted at the user, under whatever name they come.
        let name = found.as_ref().map_or_else(|| login.name.clone(), |found| Username::normalised(&found.user.username));
        let failures = found.as_ref().map_or(0, |found| found.failures);
        let is_near = failures.saturating_add(self.attempts.per_name().saturating_mul(AT_ONCE)) >= MOST_FAILURES;
        let count = || self.count_failure(&name, found.as_ref(), &attempt, guess.now);
        let counted_first = if is_near { count().await? } else { None };

        let stored = found.as_ref().and_then(|found| found.user.password_hash.as_ref());
        let stored = stored.map(|hash| PasswordHash::from_stored(hash.expose()));
        let (is_right, rehashed) = match self.hasher.verify(guess.password, stored.as_ref())? {
            Verdict::Wrong => (false, None),
            Verdict::Right => (true, None),
            Verdict::RightRehashed(hash) => (true, Some(hash)),
        };
        let is_disabled = is_near && counted_first.is_none();
        let reason = match found {
            Some(LoginRow { user: row, .. }) if is_right && !is_disabled && row.is_active() => {
                return Ok(ProvenUser { row, name, attempt, has_failures: is_near || failures > 0, rehashed });
            }
            Some(_) if !is_right => "wrong password",
            Some(LoginRow { ref user, .. }) if !user.is_active() => "disabled user",
            Some(_) => "disabled password",
            None => "unknown name",
        };

        let counted = if is_near { counted_first } else { count().await? };
        let user = found.map(|found| found.user.user_id);
        let refused = Event::of(Act::LoginRefused).name(&counted_as).because(reason);
        guess.trail.note(user.into_iter().fold(refused, Event::subject));
        if let (Some(MOST_FAILURES), Some(user)) = (counted, user) {
            guess.trail.note(Event::of(Act::LoginDisabled).subject(user));
        }
        Err(PasswordGateError::Incorrect)
    }

    /// Counts a wrong password, as [`Users::count_failure`] does, or would if anybody had the name.
    async fn count_failure(
        &self,
        name: &Username,
        found: Option<&LoginRow>,
        attempt: &Attempt,
        now: Timestamp,
    ) -> Result<Option<u32>, StoreError> {
        if name.is_possible() { self.users.count_failure(name, found, attempt.id, now).await } else { Ok(None) }
    }

    /// Resets the count of wrong passwords, and the attempts where they are many. A failure does not weaken the proof, so it
    /// is only logged.
    pub async fn forget_attempts(&self, proven: &ProvenUser) {
        let failures = async { if proven.has_failures { self.users.forget_failures(&proven.name).await.map(drop) } else { Ok(()) } };
        if let Err(error) = try_join(self.attempts.forget(&proven.attempt), failures).await {
            tracing::warn!(error = %error, "a password's attempts could not be forgotten");
        }
    }

    /// The same, and stores the new hash if the password was rehashed: requests to send beside the one that the proof was
    /// for. A failure does not weaken the proof, so it is only logged.
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

//! Attempts at one-time passwords, counted for each token and for each customer.

use thiserror::Error;

use super::{OneTimeTokens, is_live};
use crate::domain::{Locator, RandomId, SessionId, Timestamp};
use crate::store::expression::Condition;
use crate::store::schema::{self, CONSUMED_BY, OTP_ATTEMPTS};
use crate::store::transaction::Outcome;
use crate::store::update::Update;
use crate::store::write::{Delete, Write};
use crate::store::{StoreError, Throttle};

/// Why no attempt at the one-time password is left.
#[derive(Debug, Error)]
pub enum OtpAttemptError {
    /// The token is not live, or its own attempts are used up.
    #[error("the token cannot be exchanged")]
    TokenGone,
    /// The customer's attempts are used up, over all tokens.
    #[error("too many attempts for this customer")]
    Throttled {
        /// When the next window begins.
        retry_at: Timestamp,
    },
    /// The table did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl OneTimeTokens {
    /// Reserves an attempt at the token's one-time password, against the token and its customer: both or none, so that
    /// guessing at a token that is gone does not throttle its customer.
    ///
    /// # Errors
    /// [`OtpAttemptError::TokenGone`] before [`OtpAttemptError::Throttled`], if both hold.
    pub async fn reserve_otp_attempt(
        &self,
        id: RandomId,
        customer: &Locator,
        per_token: u32,
        per_customer: Throttle,
        now: Timestamp,
    ) -> Result<(), OtpAttemptError> {
        let (window, ends_at) = per_customer.window(now);
        let mut transaction = self.0.transaction();
        // Both counts are exact: DynamoDB does a repeated transaction once, by its request token.
        let counted = transaction.add(self.count_attempt(id, is_live(now), per_token));
        transaction.add(per_customer.reserve(self.0.tokens(), schema::otp_attempts(customer, window), ends_at));
        match transaction.commit().await? {
            Outcome::Committed => Ok(()),
            Outcome::Refused(refusal) if refusal.is_of(counted) => Err(OtpAttemptError::TokenGone),
            Outcome::Refused(_) => Err(OtpAttemptError::Throttled { retry_at: ends_at }),
        }
    }

    /// Reserves an attempt at the one-time password of a token that `session` consumed, for a repeated exchange. It
    /// counts against the token alone, so that a consumed token can lock nobody out. One UpdateItem; if the SDK repeats
    /// it, it may count twice, which costs the caller an attempt and never grants one.
    ///
    /// # Errors
    /// [`OtpAttemptError::TokenGone`] if the attempts are used up.
    pub async fn reserve_repeated_otp_attempt(&self, id: RandomId, session: SessionId, per_token: u32) -> Result<(), OtpAttemptError> {
        let is_counted = self.count_attempt(id, CONSUMED_BY.is(session), per_token).send().await?;
        if is_counted { Ok(()) } else { Err(OtpAttemptError::TokenGone) }
    }

    /// Forgets the attempts at a token and at its customer after a right one-time password that led to no session. Only
    /// wrong ones count.
    ///
    /// # Errors
    /// [`StoreError`] if the table does not answer.
    pub async fn forget_otp_attempts(
        &self,
        id: RandomId,
        customer: &Locator,
        throttle: Throttle,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut transaction = self.0.transaction();
        transaction.add(self.forget_attempts_of(id, now));
        transaction.add(self.forget_attempts_at(customer, throttle, now));
        transaction.commit().await.map(drop)
    }

    fn count_attempt(&self, id: RandomId, state: Condition, per_token: u32) -> Write<'_, Update> {
        let is_left = OTP_ATTEMPTS.is_absent().or(OTP_ATTEMPTS.is_below(per_token));
        self.0.tokens().update(schema::one_time_token(id)).add(OTP_ATTEMPTS, 1).only_if(state.and(is_left))
    }

    pub(super) fn forget_attempts_of(&self, id: RandomId, now: Timestamp) -> Write<'_, Update> {
        self.0.tokens().update(schema::one_time_token(id)).remove(OTP_ATTEMPTS).only_if(is_live(now))
    }

    pub(super) fn forget_attempts_at(&self, customer: &Locator, throttle: Throttle, now: Timestamp) -> Write<'_, Delete> {
        let (window, _) = throttle.window(now);
        self.0.tokens().delete(schema::otp_attempts(customer, window))
    }
}

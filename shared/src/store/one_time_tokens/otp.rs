//! Attempts at one-time passwords, counted for each token and for each customer.
//!
//! Both counts are sets of the ids of attempts, as [`Throttle`] explains, so that a repeated write counts once.

use futures_util::future::try_join;
use thiserror::Error;

use super::{OneTimeTokens, is_live};
use crate::domain::{AttemptId, Locator, SessionId, Timestamp};
use crate::store::expression::Condition;
use crate::store::schema::{self, ATTEMPT_IDS, IDEMPOTENCY};
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
    /// Reserves an attempt at the token's one-time password: against the token, and then against its customer, so that
    /// guessing at a token that is gone does not throttle its customer. Two writes; a third takes the attempt off the
    /// token again if the customer is throttled.
    ///
    /// # Errors
    /// [`OtpAttemptError::TokenGone`] before [`OtpAttemptError::Throttled`], if both hold.
    pub async fn reserve_otp_attempt(
        &self,
        token: SessionId,
        per_token: u32,
        per_customer: Throttle,
        now: Timestamp,
    ) -> Result<(), OtpAttemptError> {
        let attempt = self.count_attempt(token, is_live(now), per_token).await?.ok_or(OtpAttemptError::TokenGone)?;
        let (window, ends_at) = per_customer.window(now);
        let key = schema::otp_attempts(&token.subject, window);
        if per_customer.reserve(self.0.tokens(), key, AttemptId::random(), ends_at).send().await? {
            return Ok(());
        }
        let update = self.0.sessions().update(schema::session(token)).remove_member(ATTEMPT_IDS, attempt);
        // Nothing was compared. Where this fails, the token has an attempt less.
        let _ = update.only_if(ATTEMPT_IDS.contains(attempt)).send().await;
        Err(OtpAttemptError::Throttled { retry_at: ends_at })
    }

    /// Reserves an attempt at the one-time password of a token that the exchange with this mark consumed, for a repetition
    /// of it. It counts against the token alone, so that a consumed token can lock nobody out.
    ///
    /// # Errors
    /// [`OtpAttemptError::TokenGone`] if the attempts are used up.
    pub async fn reserve_repeated_otp_attempt(&self, token: SessionId, exchange: Locator, per_token: u32) -> Result<(), OtpAttemptError> {
        let attempt = self.count_attempt(token, IDEMPOTENCY.is(exchange), per_token).await?;
        attempt.map(drop).ok_or(OtpAttemptError::TokenGone)
    }

    /// Forgets the attempts at the token's customer after a right one-time password and, unless the token is consumed, those
    /// at the token. Only wrong ones count.
    ///
    /// # Errors
    /// [`StoreError`] if a table does not answer.
    pub async fn forget_otp_attempts(
        &self,
        token: SessionId,
        is_consumed: bool,
        per_customer: Throttle,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let (window, _) = per_customer.window(now);
        let of_customer = self.0.tokens().delete(schema::otp_attempts(&token.subject, window)).send();
        if is_consumed {
            return of_customer.await.map(drop);
        }
        let of_token = self.0.sessions().update(schema::session(token)).remove(ATTEMPT_IDS).only_if(is_live(now));
        try_join(of_token.send(), of_customer).await.map(drop)
    }

    /// The attempt, if the token is in that state and has one left: one UpdateItem.
    async fn count_attempt(&self, token: SessionId, state: Condition, per_token: u32) -> Result<Option<AttemptId>, StoreError> {
        let attempt = AttemptId::random();
        let is_left = ATTEMPT_IDS.is_absent().or(ATTEMPT_IDS.has_fewer_than(per_token)).or(ATTEMPT_IDS.contains(attempt));
        let update = self.0.sessions().update(schema::session(token)).add_member(ATTEMPT_IDS, attempt);
        Ok(update.only_if(state.and(is_left)).send().await?.then_some(attempt))
    }
}

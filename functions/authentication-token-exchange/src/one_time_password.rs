//! The one-time password of a token that requires one: attempts are counted before anything is compared.

use latchkey::audit::Act;
use latchkey::credentials::{OneTimePassword, OneTimeToken};
use latchkey::domain::Timestamp;
use latchkey::http::ApiError;
use latchkey::store::OtpAttemptError;

use super::{AuthenticationTokenExchange, TokenExchange};

impl AuthenticationTokenExchange {
    /// Counts an attempt against the token and its customer, if the token requires a one-time password.
    pub(super) async fn reserve_otp_attempt(&self, token: &OneTimeToken, now: Timestamp) -> Result<(), OtpAttemptError> {
        if !token.otp_required {
            return Ok(());
        }
        let (per_token, per_customer) = (self.otp_attempts_per_token, self.otp_attempts_per_customer);
        self.tokens.reserve_otp_attempt(token.session_id(), per_token, per_customer, now).await
    }

    /// Forgets the customer's attempts after a right password and, unless the token is consumed, the token's own. A failure
    /// weakens nothing, so it is only logged.
    pub(super) async fn forget_otp_attempts(&self, token: &OneTimeToken, is_consumed: bool, now: Timestamp) {
        if !token.otp_required {
            return;
        }
        if let Err(error) = self.tokens.forget_otp_attempts(token.session_id(), is_consumed, self.otp_attempts_per_customer, now).await {
            tracing::warn!(error = %error, "the attempts at a one-time password could not be forgotten");
        }
    }
}

impl TokenExchange<'_> {
    /// Compares the one-time password, if the token requires one. After `ends_at` a right one is refused too.
    pub(super) fn check_one_time_password(&self, ends_at: Option<Timestamp>) -> Result<(), ApiError> {
        if !self.found.row.otp_required {
            return Ok(());
        }
        let token = &self.found.token;
        let password = OneTimePassword::of(token.id, token.key, &self.token_keys).map_err(ApiError::internal)?;
        let is_right = self.wanted.one_time_password.as_ref().is_some_and(|presented| password.verify(presented.expose()));
        let is_in_time = ends_at.is_none_or(|ends_at| self.request.now < ends_at);
        if is_right && is_in_time {
            return Ok(());
        }
        self.request.trail.note(self.event(Act::OneTimePasswordRefused));
        Err(ApiError::OneTimePasswordRefused)
    }

    /// Notes that the customer's attempts are used up.
    pub(super) fn note_throttled(&self, error: &OtpAttemptError) {
        if let OtpAttemptError::Throttled { .. } = error {
            self.request.trail.note(self.event(Act::OneTimePasswordThrottled));
        }
    }
}

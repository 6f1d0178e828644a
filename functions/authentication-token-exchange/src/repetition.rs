//! The repetition of an exchange whose answer was lost: it gives the session that the first request began, while that lasts.

use latchkey::caller::live_session;
use latchkey::domain::UserId;
use latchkey::http::{Answer, ApiError};

use super::{AuthenticationTokenExchange, TokenExchange};

impl AuthenticationTokenExchange {
    /// Gives the session again. Each repetition counts as an attempt at the one-time password, a right one too.
    pub(super) async fn repeat(&self, exchange: &TokenExchange<'_>) -> Result<Answer, ApiError> {
        let row = &exchange.found.row;
        if row.otp_required {
            self.tokens.reserve_repeated_otp_attempt(row.token_id, exchange.session_id, self.otp_attempts_per_token).await?;
        }
        exchange.check_one_time_password(None)?;
        // The caller must still have the right to what the first request got: the key is no credential.
        let parties = exchange.found.parties(exchange.request.now)?;
        exchange.wanted.granted(row, &parties)?;
        self.existing_session(exchange, parties.caller_id()).await
    }

    /// The session that exists under the id of this exchange, if the same request began it.
    pub(super) async fn existing_session(&self, exchange: &TokenExchange<'_>, caller: Option<UserId>) -> Result<Answer, ApiError> {
        let row = &exchange.found.row;
        let session = live_session(&self.database, &row.customer_id, exchange.session_id, exchange.request.now).await?;
        let session = session.ok_or(ApiError::TokenNotFound)?;
        if session.request_hash != exchange.wanted.hash(caller) {
            return Err(ApiError::IdempotencyKeyReused);
        }
        self.answer(row, session, &exchange.signing_keys)
    }
}

//! The repetition of an exchange whose answer was lost: it gives the session that the first request began, for ten minutes.

use latchkey::audit::{Act, Event};
use latchkey::domain::{Locator, UserId};
use latchkey::http::{Answer, ApiError};
use latchkey::store::SessionRow;

use super::{AuthenticationTokenExchange, TokenExchange};

/// How long a repetition is answered: as long as a client may still be retrying, and no longer than that.
const REPEATABLE_SECONDS: u32 = 600;

impl AuthenticationTokenExchange {
    /// Gives the session again. Each repetition counts as an attempt at the one-time password, a right one too.
    pub(super) async fn repeat(&self, exchange: &TokenExchange<'_>) -> Result<Answer, ApiError> {
        let found = &exchange.found;
        if let Some(mark) = exchange.mark.filter(|_| found.row.otp_required) {
            self.tokens.reserve_repeated_otp_attempt(found.row.id(), mark, self.otp_attempts_per_token).await?;
        }
        exchange.check_one_time_password(None)?;
        // The caller must still have the right to what the first request got: the key is no credential.
        let parties = found.parties(exchange.request.now)?;
        exchange.wanted.granted(&found.row, &parties)?;
        self.existing_session(exchange, &found.session()?, parties.caller_id())
    }

    /// The session that this exchange began before, if the same request did.
    pub(super) fn existing_session(
        &self,
        exchange: &TokenExchange<'_>,
        session: &SessionRow,
        caller: Option<UserId>,
    ) -> Result<Answer, ApiError> {
        let now = exchange.request.now;
        if !session.is_live(now) || now >= session.created_at.plus(REPEATABLE_SECONDS) {
            return Err(ApiError::TokenNotFound);
        }
        if session.request_hash != exchange.wanted.hash(caller) {
            return Err(ApiError::IdempotencyKeyReused);
        }
        let answer = self.answer(session, exchange)?;
        let event = exchange.event(Act::ExchangeRepeated).credential(Locator::of_session(session.id()));
        exchange.request.trail.note(caller.into_iter().fold(event, Event::actor));
        Ok(answer)
    }
}

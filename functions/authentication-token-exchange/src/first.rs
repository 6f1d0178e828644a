//! The first exchange of a token: it begins a session and, unless the caller asks otherwise, consumes the token.

use latchkey::audit::{Act, Event};
use latchkey::domain::{Locator, UserId};
use latchkey::http::{Answer, ApiError};
use latchkey::store::{Exchange, ExchangeError, SessionKind, SessionRow};

use super::{AuthenticationTokenExchange, TokenExchange};

impl AuthenticationTokenExchange {
    /// Begins the session. Of two requests under one key at the same instant the slower one gets the faster one's session.
    pub(super) async fn begin(&self, exchange: &TokenExchange<'_>) -> Result<Answer, ApiError> {
        let (now, found) = (exchange.request.now, &exchange.found);
        if !found.row.is_live(now) {
            return Err(ApiError::TokenNotFound);
        }
        exchange.check_one_time_password(Some(found.row.created_at.plus(self.otp_ttl_seconds)))?;
        let (session, caller) = match exchange.new_session() {
            Ok(granted) => granted,
            Err(error) => {
                self.forget_otp_attempts(&found.token, now).await?;
                return Err(error);
            }
        };

        let answer = self.answer(&found.row, session.clone(), &exchange.signing_keys)?;
        let forget_attempts = found.token.otp_customer.map(|customer| (customer, self.otp_attempts_per_customer));
        let write = Exchange { token: &found.row, session: &session, invalidate: exchange.wanted.invalidate, forget_attempts };
        match self.tokens.exchange(&write, now).await {
            Err(ExchangeError::SessionExists) if exchange.wanted.is_repeatable() => {
                self.forget_otp_attempts(&found.token, now).await?;
                self.existing_session(exchange, caller).await
            }
            written => {
                written?;
                let event = exchange.event(Act::OneTimeTokenExchanged).credential(Locator::of_session(exchange.session_id));
                exchange.request.trail.note(caller.into_iter().fold(event, Event::actor));
                Ok(answer)
            }
        }
    }
}

impl TokenExchange<'_> {
    /// The session's row, and the caller's user.
    fn new_session(&self) -> Result<(SessionRow, Option<UserId>), ApiError> {
        let (now, token) = (self.request.now, &self.found.row);
        let parties = self.found.parties(now)?;
        let (acl, custom_claims) = self.wanted.granted(token, &parties)?;
        let session = SessionRow {
            subject: token.customer_id.to_string(),
            session_id: self.session_id,
            kind: SessionKind::Exchange,
            created_at: now,
            expires_at: self.wanted.expires_at,
            epoch: token.customer_epoch,
            issuer_id: Some(token.issuer_id),
            request_hash: self.wanted.hash(parties.caller_id()),
            acl: Some(acl),
            custom_claims: Some(custom_claims),
        };
        Ok((session, parties.caller_id()))
    }
}

//! The first exchange of a token: it begins a session and, unless the caller asks otherwise, consumes the token.

use futures_util::future::join;
use latchkey::audit::{Act, Event};
use latchkey::domain::{Locator, UserId};
use latchkey::http::{Answer, ApiError};
use latchkey::store::{Exchange, ExchangeError, SessionKind, SessionRow};

use super::{AuthenticationTokenExchange, TokenExchange};

impl AuthenticationTokenExchange {
    /// Begins the session. Of two requests under one key at the same instant the slower one gets the faster one's session.
    pub(super) async fn begin(&self, exchange: &TokenExchange<'_>) -> Result<Answer, ApiError> {
        let (now, token) = (exchange.request.now, &exchange.found.row);
        if !token.is_live(now) {
            return Err(ApiError::TokenNotFound);
        }
        exchange.check_one_time_password(Some(token.created_at.plus(self.otp_ttl_seconds)))?;
        let granted = exchange.new_session().and_then(|(session, caller)| Ok((self.answer(&session, exchange)?, session, caller)));
        let (answer, session, caller) = match granted {
            Ok(granted) => granted,
            Err(error) => {
                self.forget_otp_attempts(&exchange.found.token, false, now).await;
                return Err(error);
            }
        };

        if exchange.wanted.invalidate && exchange.mark.is_some_and(|mark| token.was_kept_under(mark)) {
            return Err(ApiError::IdempotencyKeyReused);
        }
        let write = Exchange { token, session: &session };
        let begun = if exchange.wanted.invalidate {
            join(self.tokens.exchange(write, now), self.forget_otp_attempts(&exchange.found.token, true, now)).await.0
        } else {
            // One after the other: both concern the token's row.
            let begun = self.tokens.exchange_and_keep(write, now).await;
            self.forget_otp_attempts(&exchange.found.token, false, now).await;
            begun
        };
        match begun {
            Ok(()) => {
                let event = exchange.event(Act::OneTimeTokenExchanged).credential(Locator::of_session(session.id()));
                exchange.request.trail.note(caller.into_iter().fold(event, Event::actor));
                Ok(answer)
            }
            Err(ExchangeError::SessionExists(session)) => self.existing_session(exchange, &session, caller),
            Err(error) => Err(error.into()),
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
            subject: token.subject,
            session_id: self.wanted.session_id(token.id()),
            customer_id: token.customer_id.clone(),
            kind: SessionKind::Exchange,
            created_at: now,
            expires_at: self.wanted.expires_at,
            ended_by: None,
            user_agent: None,
            epoch: token.epoch,
            issuer_id: Some(token.issuer_id),
            granted_acl: Some(acl).filter(|acl| *acl != token.acl),
            granted_claims: Some(custom_claims).filter(|claims| *claims != token.custom_claims),
            acl: Some(token.acl.clone()),
            custom_claims: Some(token.custom_claims.clone()),
            idempotency: self.mark,
            request_hash: self.wanted.hash(parties.caller_id()),
        };
        Ok((session, parties.caller_id()))
    }
}

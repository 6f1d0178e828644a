//! The exchange of a one-time token for a session.

use thiserror::Error;

use super::{OneTimeTokenRow, OneTimeTokens, is_live};
use crate::domain::{Locator, Timestamp};
use crate::store::schema::{self, CONSUMED_BY, EXPIRES_AT};
use crate::store::transaction::Outcome;
use crate::store::update::Update;
use crate::store::write::Write;
use crate::store::{SessionRow, StoreError, Throttle, sessions, users};

/// Why no session began.
#[derive(Debug, Error)]
pub enum ExchangeError {
    /// The token is not live: another caller was first, or its customer is a user who was disabled or changed the
    /// password.
    #[error("the token cannot be exchanged")]
    TokenGone,
    /// A session with that id exists: the same `Idempotency-Key` began it.
    #[error("the session has begun already")]
    SessionExists,
    /// The table did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A token, and the session that it is exchanged for.
#[derive(Clone, Debug)]
pub struct Exchange<'a> {
    /// The token's row as it was read.
    pub token: &'a OneTimeTokenRow,
    /// The session's row.
    pub session: &'a SessionRow,
    /// Whether the exchange consumes the token.
    pub invalidate: bool,
    /// After a right one-time password: the customer whose attempts are forgotten, and their throttle.
    pub forget_attempts: Option<(Locator, Throttle)>,
}

impl OneTimeTokens {
    /// Begins the session and, if `invalidate` is set, consumes the token: both or none, and only while a customer who
    /// is a user here is active. Of any number of callers at the same instant, one consumes it.
    ///
    /// The issuer's state is read beside the token's row and is no condition here: all exchanges of one backend would
    /// meet on the issuer's row, and DynamoDB cancels transactions that meet.
    ///
    /// # Errors
    /// [`ExchangeError::TokenGone`] if the token is not live at that instant.
    pub async fn exchange(&self, exchange: &Exchange<'_>, now: Timestamp) -> Result<(), ExchangeError> {
        let Exchange { token, session, invalidate, forget_attempts } = *exchange;
        let mut transaction = self.0.transaction();
        match (invalidate, forget_attempts) {
            (true, _) => transaction.add(self.consume(token, session, now)),
            (false, Some(_)) => transaction.add(self.forget_attempts_of(token.token_id, now)),
            (false, None) => transaction.add(self.0.tokens().check(schema::one_time_token(token.token_id)).only_if(is_live(now))),
        };
        let begun = transaction.add(sessions::insert_new(&self.0, session)?);
        transaction.add(sessions::insert_issued(&self.0, token.issuer_id, &token.customer_id, session)?);
        // A customer who is also the issuer was checked as the issuer.
        if let Some(epoch) = token.customer_epoch.filter(|_| !token.is_to_its_issuer()) {
            transaction.add(users::is_active_in(&self.0, &token.customer_id, epoch));
        }
        if let Some((customer, throttle)) = forget_attempts {
            transaction.add(self.forget_attempts_at(&customer, throttle, now));
        }
        match transaction.commit().await? {
            Outcome::Committed => Ok(()),
            Outcome::Refused(refusal) if refusal.is_of(begun) => Err(ExchangeError::SessionExists),
            Outcome::Refused(_) => Err(ExchangeError::TokenGone),
        }
    }

    fn consume(&self, token: &OneTimeTokenRow, session: &SessionRow, now: Timestamp) -> Write<'_, Update> {
        self.0
            .tokens()
            .update(schema::one_time_token(token.token_id))
            .set(CONSUMED_BY, session.session_id)
            // The row lives as long as the session, so that a repeated exchange finds it. A consumed token is never
            // live again.
            .set(EXPIRES_AT, token.expires_at.max(session.expires_at))
            .only_if(is_live(now))
    }
}

//! The exchange of a one-time token for a session.

use thiserror::Error;

use super::{OneTimeTokenRow, OneTimeTokens, is_live};
use crate::domain::{RandomId, Timestamp};
use crate::store::schema::{
    self, CONSUMED_BY, CREATED_AT, EXPIRES_AT, GRANTED_ACL, GRANTED_CLAIMS, IDEMPOTENCY, KEPT_UNDER, KIND, REQUEST_HASH,
};
use crate::store::transaction::Outcome;
use crate::store::update::Updated;
use crate::store::{SessionKind, SessionRow, StoreError, sessions};

/// Why no session began.
#[derive(Debug, Error)]
pub enum ExchangeError {
    /// The token is not live: another caller was first.
    #[error("the token cannot be exchanged")]
    TokenGone,
    /// The session has begun: a request under the same `Idempotency-Key` was faster.
    #[error("the session has begun already")]
    SessionExists(Box<SessionRow>),
    /// The `Idempotency-Key` began a session that keeps the token.
    #[error("the key was used for another request")]
    KeyReused,
    /// The table did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A token, and the session that it is exchanged for.
#[derive(Clone, Copy, Debug)]
pub struct Exchange<'a> {
    /// The token's row as it was read.
    pub token: &'a OneTimeTokenRow,
    /// The session. It has the id of the token unless the token is kept.
    pub session: &'a SessionRow,
}

impl OneTimeTokens {
    /// Makes the token the session: one UpdateItem. Of any number of callers at the same instant, one succeeds. A retry
    /// after a lost answer recognises its own write.
    ///
    /// The states of issuer and customer are read beside the token's row and are no conditions here. A session of a user
    /// carries the epoch that was read, so that a password changed in between ends the session at its first use.
    ///
    /// # Errors
    /// [`ExchangeError::TokenGone`] if the token is not live at that instant, [`ExchangeError::SessionExists`] if it was
    /// exchanged under the same `Idempotency-Key`.
    pub async fn exchange(&self, Exchange { token, session }: Exchange<'_>, now: Timestamp) -> Result<(), ExchangeError> {
        let attempt = RandomId::random();
        let acl = session.granted_acl.as_ref().map(serde_json::to_string).transpose().map_err(StoreError::corrupt)?;
        let claims = session.granted_claims.as_ref().map(serde_json::to_string).transpose().map_err(StoreError::corrupt)?;
        let is_free = match session.idempotency {
            Some(mark) => is_live(now).and(KEPT_UNDER.lacks(mark)),
            None => is_live(now),
        };
        let update = self
            .0
            .sessions()
            .update(schema::session(token.id()))
            .set(KIND, SessionKind::Exchange)
            .set(CONSUMED_BY, attempt)
            .set(CREATED_AT, session.created_at)
            .set(EXPIRES_AT, session.expires_at)
            .set_some(GRANTED_ACL, acl)
            .set_some(GRANTED_CLAIMS, claims)
            .set_some(IDEMPOTENCY, session.idempotency)
            .set_some(REQUEST_HASH, session.request_hash.as_deref())
            .only_if(is_free.or(CONSUMED_BY.is(attempt)));
        match update.send_and_read::<SessionRow>().await? {
            Updated::Written(_) => Ok(()),
            Updated::Refused(Some(row)) if session.idempotency.is_some() && row.idempotency == session.idempotency => {
                Err(ExchangeError::SessionExists(Box::new(row)))
            }
            // The session's row tells too whether the token is live: it was refused for the key alone.
            Updated::Refused(Some(row)) if row.kind == SessionKind::Pending && row.is_unended(now) => Err(ExchangeError::KeyReused),
            Updated::Refused(_) => Err(ExchangeError::TokenGone),
        }
    }

    /// Begins a session and keeps the token: writes both the session's row and, under an `Idempotency-Key`, its mark in the
    /// token's, or neither.
    ///
    /// # Errors
    /// As [`OneTimeTokens::exchange`].
    pub async fn exchange_and_keep(&self, Exchange { token, session }: Exchange<'_>, now: Timestamp) -> Result<(), ExchangeError> {
        let mut transaction = self.0.transaction();
        let begun = transaction.add(sessions::insert_new(&self.0, session)?);
        match session.idempotency {
            Some(mark) => {
                transaction.add(self.0.sessions().update(schema::session(token.id())).add_member(KEPT_UNDER, mark).only_if(is_live(now)))
            }
            None => transaction.add(self.0.sessions().check(schema::session(token.id())).only_if(is_live(now))),
        };
        match transaction.commit().await? {
            Outcome::Committed => Ok(()),
            Outcome::Refused(refusal) => match refusal.row(begun) {
                Some(row) => Err(ExchangeError::SessionExists(Box::new(serde_dynamo::from_item(row.clone()).map_err(StoreError::from)?))),
                None => Err(ExchangeError::TokenGone),
            },
        }
    }
}

//! One-time tokens. Each is created once, and one write makes it the session that it is exchanged for.

mod exchange;
mod otp;
mod row;

use thiserror::Error;

pub use exchange::{Exchange, ExchangeError};
pub use otp::OtpAttemptError;
pub use row::OneTimeTokenRow;

use super::expression::Condition;
use super::schema::{self, KIND, SUBJECT};
use super::sessions::{self, SessionKind};
use super::transaction::Outcome;
use super::{Database, IdempotencyGuard, OutboxEntry, RepeatError, StoreError};
use crate::domain::{SessionId, Timestamp};

/// Why no token was created.
#[derive(Debug, Error)]
pub enum NewOneTimeTokenError {
    /// The request's `Idempotency-Key` has been used.
    #[error(transparent)]
    Repeated(#[from] RepeatError),
    /// The customer was mailed as many one-time passwords as a window allows.
    #[error("too many one-time passwords for this customer")]
    Throttled {
        /// When the next window begins.
        retry_at: Timestamp,
    },
    /// The table did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Writes one-time tokens; they are read with a [`super::Batch`].
#[derive(Clone, Debug)]
pub struct OneTimeTokens(Database);

/// The token is there, neither exchanged nor deleted, and not expired.
fn is_live(now: Timestamp) -> Condition {
    sessions::is_unended(now).and(KIND.is(SessionKind::Pending))
}

impl OneTimeTokens {
    /// The one-time tokens in `database`.
    #[must_use]
    pub fn new(database: &Database) -> Self {
        Self(database.clone())
    }

    /// Creates a token. Its id is random, and a retry writes the same row. If the token was exchanged before the retry,
    /// the condition keeps it exchanged.
    ///
    /// With an `Idempotency-Key` it is one transaction with the guard row, and with a one-time password one with the request
    /// for its mail. Returns the token's row, or the row that the same request created before, whatever has become of that
    /// token; its mail was asked for then.
    ///
    /// # Errors
    /// [`NewOneTimeTokenError::Repeated`] if the key was used for another request, or its token is gone; otherwise
    /// [`NewOneTimeTokenError::Throttled`] if `mail` is refused.
    pub async fn insert_new(
        &self,
        row: OneTimeTokenRow,
        guard: Option<&IdempotencyGuard>,
        mail: Option<&OutboxEntry>,
    ) -> Result<OneTimeTokenRow, NewOneTimeTokenError> {
        let put = self.0.sessions().put(schema::session(row.id()), &row)?.only_if(SUBJECT.is_absent());
        if guard.is_none() && mail.is_none() {
            // The id has 122 random bits: a row that is there already is this put, whose answer was lost.
            put.send().await?;
            return Ok(row);
        }
        let mut transaction = self.0.transaction();
        transaction.add(put);
        let guarded = match guard {
            Some(guard) => Some((guard, transaction.add(guard.insert(&self.0, row.session_id, Some(row.subject))?))),
            None => None,
        };
        let mailed = match mail {
            Some(mail) => Some((mail, transaction.add(mail.write(&self.0)?))),
            None => None,
        };
        let Outcome::Refused(refusal) = transaction.commit().await? else { return Ok(row) };
        if let Some((guard, write)) = guarded
            && refusal.is_of(write)
        {
            let (id, subject) = guard.made(refusal.row(write))??;
            let made = SessionId { id, subject: subject.unwrap_or(row.subject) };
            let made = self.0.sessions().find(schema::session(made)).await?;
            return Ok(made.ok_or(RepeatError::Gone)?);
        }
        match mailed {
            Some((mail, write)) if refusal.is_of(write) => Err(NewOneTimeTokenError::Throttled { retry_at: mail.retry_at() }),
            // The id has 122 random bits, and a transaction whose answer was lost is found committed.
            _ => Err(StoreError::corrupt("a new token's id is taken").into()),
        }
    }

    /// Deletes a live token; `false` if there is none. One UpdateItem, which a retry after a lost answer recognises as its
    /// own.
    ///
    /// # Errors
    /// [`StoreError`] if the table does not answer.
    pub async fn delete(&self, id: SessionId, now: Timestamp) -> Result<bool, StoreError> {
        sessions::end(&self.0, id, is_live(now)).await
    }
}

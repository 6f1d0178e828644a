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
use super::{Database, IdempotencyGuard, RepeatError, StoreError};
use crate::domain::{SessionId, Timestamp};

/// Why no token was created.
#[derive(Debug, Error)]
pub enum NewOneTimeTokenError {
    /// The request's `Idempotency-Key` has been used.
    #[error(transparent)]
    Repeated(#[from] RepeatError),
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
    /// With an `Idempotency-Key` it is one transaction with the guard row. Returns the token's row, or the row that the
    /// same request created before, whatever has become of that token.
    ///
    /// # Errors
    /// [`NewOneTimeTokenError::Repeated`] if the key was used for another request, or its token is gone.
    pub async fn insert_new(
        &self,
        row: OneTimeTokenRow,
        guard: Option<&IdempotencyGuard>,
    ) -> Result<OneTimeTokenRow, NewOneTimeTokenError> {
        let put = self.0.sessions().put(schema::session(row.id()), &row)?.only_if(SUBJECT.is_absent());
        let Some(guard) = guard else {
            // The id has 122 random bits: a row that is there already is this put, whose answer was lost.
            put.send().await?;
            return Ok(row);
        };
        let mut transaction = self.0.transaction();
        transaction.add(put);
        let guarded = transaction.add(guard.insert(&self.0, row.session_id, Some(row.subject))?);
        match transaction.commit().await? {
            Outcome::Committed => Ok(row),
            Outcome::Refused(refusal) => {
                let (id, subject) = guard.made(refusal.row(guarded))??;
                let made = SessionId { id, subject: subject.unwrap_or(row.subject) };
                let made = self.0.sessions().find(schema::session(made)).await?;
                Ok(made.ok_or(RepeatError::Gone)?)
            }
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

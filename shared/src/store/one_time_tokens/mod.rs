//! One-time tokens: created once, and consumed once, in one transaction with the session that they are exchanged for.

mod exchange;
mod otp;
mod row;

use thiserror::Error;

pub use exchange::{Exchange, ExchangeError};
pub use otp::OtpAttemptError;
pub use row::OneTimeTokenRow;

use super::expression::Condition;
use super::schema::{self, CONSUMED_BY, EXPIRES_AT, PK};
use super::transaction::Outcome;
use super::{Database, IdempotencyGuard, RepeatError, StoreError};
use crate::domain::{RandomId, Timestamp};

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

/// The token is there, not consumed and not expired.
fn is_live(now: Timestamp) -> Condition {
    PK.exists().and(CONSUMED_BY.is_absent()).and(EXPIRES_AT.is_after(now))
}

impl OneTimeTokens {
    /// The one-time tokens in `database`.
    #[must_use]
    pub fn new(database: &Database) -> Self {
        Self(database.clone())
    }

    /// Creates a token. Its id is random, and a retry writes the same row. If the token was consumed before the retry,
    /// the condition keeps it consumed.
    ///
    /// With an `Idempotency-Key` it is one transaction with the guard row. Returns the token's row, or the row that the
    /// same request created before, whatever has become of that token.
    ///
    /// # Errors
    /// [`NewOneTimeTokenError::Repeated`] if the key was used for another request, or its token has been deleted.
    pub async fn insert_new(
        &self,
        row: OneTimeTokenRow,
        guard: Option<&IdempotencyGuard>,
    ) -> Result<OneTimeTokenRow, NewOneTimeTokenError> {
        let put = self.0.tokens().put(schema::one_time_token(row.token_id), &row)?.only_if(PK.is_absent());
        let Some(guard) = guard else {
            // The id has 122 random bits: a row that is there already is this put, whose answer was lost.
            put.send().await?;
            return Ok(row);
        };
        let mut transaction = self.0.transaction();
        transaction.add(put);
        let guarded = transaction.add(guard.insert(&self.0, row.token_id)?);
        match transaction.commit().await? {
            Outcome::Committed => Ok(row),
            Outcome::Refused(refusal) => {
                let id = guard.made(refusal.row(guarded))??;
                let made = self.0.tokens().find(schema::one_time_token(id)).await?;
                Ok(made.ok_or(RepeatError::Gone)?)
            }
        }
    }

    /// Deletes a live token; `false` if there is none. One transaction, so that a retry after a lost answer returns
    /// `true` too.
    ///
    /// # Errors
    /// [`StoreError`] if the table does not answer.
    pub async fn delete(&self, id: RandomId, now: Timestamp) -> Result<bool, StoreError> {
        self.0.write_all([self.0.tokens().delete(schema::one_time_token(id)).only_if(is_live(now))]).await
    }
}

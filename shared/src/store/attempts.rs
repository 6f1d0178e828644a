//! Attempts are reserved before the guess is checked, so that a thousand parallel guesses get no more tries than a
//! thousand serial ones.
//!
//! A row counts the attempts of one name in one window by keeping their ids in a set: a reservation whose answer was
//! lost and that is repeated counts once. A bare `ADD` of a number would count it twice. Windows are fixed slices of
//! time, and their number is part of the key, so that a reservation is one request, for the first attempt of a window
//! as for any other.

use serde::Deserialize;
use thiserror::Error;

use super::schema::{self, ATTEMPT_IDS, EXPIRES_AT, Key};
use super::table::Table;
use super::update::{Update, Updated};
use super::write::Write;
use super::{Database, StoreError};
use crate::domain::{RandomId, Timestamp, Username};

/// How many attempts are allowed in a window, and how long a window is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Throttle {
    /// The most attempts in one window.
    pub attempts: u32,
    /// The window's length in seconds.
    pub window_seconds: u32,
}

impl Throttle {
    /// The window that `now` falls into: its number, and the instant at which it ends.
    pub(super) fn window(&self, now: Timestamp) -> (i64, Timestamp) {
        let length = i64::from(self.window_seconds.max(1));
        let number = now.unix().div_euclid(length);
        (number, Timestamp::from_unix(number.saturating_add(1).saturating_mul(length)))
    }

    /// Counts an attempt in the row at `key`, which expires when the window ends. Refused if the window's attempts are
    /// used up.
    pub(super) fn reserve<'d>(&self, table: Table<'d>, key: Key, window_ends_at: Timestamp) -> Write<'d, Update> {
        let attempt = RandomId::random();
        let is_left = ATTEMPT_IDS.is_absent().or(ATTEMPT_IDS.has_fewer_than(self.attempts));
        table
            .update(key)
            .add_member(ATTEMPT_IDS, attempt)
            .set(EXPIRES_AT, window_ends_at)
            .only_if(is_left.or(ATTEMPT_IDS.contains(attempt)))
    }
}

/// An attempt that was counted, and can be forgotten if it succeeds.
#[derive(Clone, Debug)]
pub struct Attempt {
    key: Key,
    counted: usize,
}

/// What is read of the row that counts.
#[derive(Deserialize)]
struct Counted {
    #[serde(deserialize_with = "serde_dynamo::string_set::deserialize")]
    attempt_ids: Vec<String>,
}

/// Why no attempt is left.
#[derive(Debug, Error)]
pub enum ReserveError {
    /// The window's attempts are used up.
    #[error("too many attempts")]
    Throttled {
        /// When the next window begins.
        retry_at: Timestamp,
    },
    /// The table did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Counts attempts to log in by name, known or not, so that throttling tells nobody which names exist.
#[derive(Clone, Debug)]
pub struct LoginAttempts {
    database: Database,
    throttle: Throttle,
}

impl LoginAttempts {
    /// The attempts in `database` under `throttle`.
    #[must_use]
    pub fn new(database: &Database, throttle: Throttle) -> Self {
        Self { database: database.clone(), throttle }
    }

    /// Reserves an attempt under `name`: one UpdateItem, which makes the row if there is none.
    ///
    /// # Errors
    /// [`ReserveError::Throttled`] if the window's attempts are used up.
    pub async fn reserve(&self, name: &Username, now: Timestamp) -> Result<Attempt, ReserveError> {
        let (window, ends_at) = self.throttle.window(now);
        let key = schema::login_attempts(name, window);
        match self.throttle.reserve(self.database.users(), key.clone(), ends_at).send_and_read::<Counted>().await? {
            Updated::Written(row) => Ok(Attempt { key, counted: row.attempt_ids.len() }),
            Updated::Refused(_) => Err(ReserveError::Throttled { retry_at: ends_at }),
        }
    }

    /// Deletes the count of the window of `attempt`, which succeeded, if more than half of the window's attempts are used
    /// up. Fewer harm nobody, and most logins are spared the write.
    ///
    /// # Errors
    /// [`StoreError`] if the table does not answer.
    pub async fn reset(&self, attempt: Attempt) -> Result<(), StoreError> {
        if attempt.counted.saturating_mul(2) <= usize::try_from(self.throttle.attempts).unwrap_or(usize::MAX) {
            return Ok(());
        }
        self.database.users().delete(attempt.key).send().await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_ends_when_the_next_begins() {
        let throttle = Throttle { attempts: 3, window_seconds: 900 };
        let (number, ends_at) = throttle.window(Timestamp::from_unix(1800));

        assert_eq!((number, ends_at.unix()), (2, 2700));
        assert_eq!(throttle.window(Timestamp::from_unix(2699)).0, 2);
        assert_eq!(throttle.window(Timestamp::from_unix(2700)).0, 3);
    }
}

//! Attempts that are reserved before the guess is checked, so that a thousand parallel guesses get no more tries than a
//! thousand serial ones.
//!
//! A row counts the attempts of one name in one window by keeping their ids in a set: a reservation whose answer was lost and
//! that is repeated counts once, which a bare `ADD` of a number would not. Windows are fixed slices of time and stand in the key, so
//! that a reservation is one request, for the first attempt of a window as for any other.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use thiserror::Error;

use super::schema::{self, EXPIRES_AT, Key, n, s};
use super::{Database, StoreError};
use crate::domain::{RandomId, Timestamp, Username};

/// How many attempts there are in a window of how many seconds.
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

    /// The update, the condition and their values that count attempt `id` in a row that ends with the window.
    pub(super) fn reservation(&self, id: RandomId, window_ends_at: Timestamp) -> Reservation {
        Reservation {
            update: format!("ADD attempt_ids :ids SET {EXPIRES_AT} = :ends"),
            condition: "attribute_not_exists(attempt_ids) OR size(attempt_ids) < :cap OR contains(attempt_ids, :id)".to_owned(),
            values: HashMap::from([
                (":ids".to_owned(), AttributeValue::Ss(vec![id.to_string()])),
                (":id".to_owned(), s(id.to_string())),
                (":cap".to_owned(), n(self.attempts)),
                (":ends".to_owned(), n(window_ends_at.unix())),
            ]),
        }
    }
}

pub(super) struct Reservation {
    pub(super) update: String,
    pub(super) condition: String,
    pub(super) values: HashMap<String, AttributeValue>,
}

/// An attempt that was counted, and can be forgotten if it succeeds.
#[derive(Clone, Debug)]
pub struct Attempt {
    key: Key,
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
    /// The table can not tell.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Counts attempts to log in, by name, known or not: throttling then tells nobody who exists.
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

    /// Reserves an attempt under `name`, one UpdateItem. It makes the row if there is none: a count starts at its first attempt.
    ///
    /// # Errors
    /// [`ReserveError::Throttled`] if the window's attempts are used up.
    pub async fn reserve(&self, name: &Username, now: Timestamp) -> Result<Attempt, ReserveError> {
        let (window, ends_at) = self.throttle.window(now);
        let key = schema::login_attempts(name, window);
        let Reservation { update, condition, values } = self.throttle.reservation(RandomId::random(), ends_at);
        let request = self.database.client.update_item().table_name(&self.database.tables.users).set_key(Some(key.clone()));
        let request = request.update_expression(update).condition_expression(condition).set_expression_attribute_values(Some(values));
        match request.send().await {
            Ok(_) => Ok(Attempt { key }),
            Err(error) if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => {
                Err(ReserveError::Throttled { retry_at: ends_at })
            }
            Err(error) => Err(ReserveError::Store(error.into())),
        }
    }

    /// Forgets the window's attempts under that name, after one that succeeded.
    ///
    /// # Errors
    /// [`StoreError`] if the table can not tell.
    pub async fn reset(&self, attempt: Attempt) -> Result<(), StoreError> {
        let request = self.database.client.delete_item().table_name(&self.database.tables.users);
        request.set_key(Some(attempt.key)).send().await.map(drop).map_err(StoreError::from)
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

//! Attempts are reserved before the guess is checked, so that a thousand parallel guesses get no more tries than a
//! thousand serial ones.
//!
//! A row counts the attempts of one name, or from one address, in one window by keeping their ids in a set: a reservation
//! whose answer was lost and that is repeated counts once. A bare `ADD` of a number would count it twice. Windows are fixed
//! slices of time, and their number is part of the key, so that a reservation is one request, for the first attempt of a
//! window as for any other.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::{join, try_join};
use serde::Deserialize;
use thiserror::Error;

use super::expression::Stored;
use super::rows::unix;
use super::schema::{self, ATTEMPT_IDS, CREATED_AT, EXPIRES_AT, Key};
use super::table::Table;
use super::update::{Update, Updated};
use super::write::Write;
use super::{Database, StoreError};
use crate::domain::{AttemptId, ClientAddress, Timestamp, Username};

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

    /// Counts `attempt` in the row at `key`, which expires when the window ends. Refused if the window's attempts are used
    /// up.
    pub(super) fn reserve<'d>(
        &self,
        table: Table<'d>,
        key: Key,
        attempt: impl Stored + ToString + Copy,
        window_ends_at: Timestamp,
    ) -> Write<'d, Update> {
        let is_left = ATTEMPT_IDS.is_absent().or(ATTEMPT_IDS.has_fewer_than(self.attempts));
        table
            .update(key)
            .add_member(ATTEMPT_IDS, attempt)
            .set(EXPIRES_AT, window_ends_at)
            .only_if(is_left.or(ATTEMPT_IDS.contains(attempt)))
    }

    /// Whether more than half of the attempts are used up.
    fn is_half_used(&self, counted: usize) -> bool {
        counted.saturating_mul(2) > usize::try_from(self.attempts).unwrap_or(usize::MAX)
    }
}

/// A place in a count.
#[derive(Clone, Debug)]
struct Place {
    key: Key,
    /// How many attempts had been counted with it.
    counted: usize,
}

/// An attempt that was counted under a name and from an address.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The attempt's id, which is in both counts.
    pub id: AttemptId,
    name: Place,
    address: Place,
}

/// What is read of the row that counts.
#[derive(Deserialize)]
struct Counted {
    #[serde(default, deserialize_with = "serde_dynamo::string_set::deserialize")]
    attempt_ids: Vec<String>,
    #[serde(default, with = "unix::option")]
    created_at: Option<Timestamp>,
}

/// Which attempts are used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UsedUp {
    /// Those under the name.
    Name,
    /// Those from the address.
    Address,
}

/// Why no attempt is left.
#[derive(Debug, Error)]
pub enum ReserveError {
    /// The window's attempts are used up.
    #[error("too many attempts")]
    Throttled {
        /// Which.
        used_up: UsedUp,
        /// Since when attempts were counted, in this window.
        since: Option<Timestamp>,
        /// When the next window begins.
        retry_at: Timestamp,
    },
    /// The table did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Counts attempts to log in by name, known or not, so that throttling tells nobody which names exist, and by the client's
/// address.
#[derive(Clone, Debug)]
pub struct LoginAttempts {
    database: Database,
    per_name: Throttle,
    per_address: Throttle,
    refused: Arc<Mutex<RefusedAddresses>>,
}

/// The addresses that this process has seen refused in one window.
///
/// It decides the order of two requests and never an answer, so that processes need not agree on it. It stays small: each
/// address in it has used up its attempts.
#[derive(Debug, Default)]
struct RefusedAddresses {
    window: i64,
    addresses: HashSet<ClientAddress>,
}

impl LoginAttempts {
    /// The attempts in `database`: `per_name` under each name, `per_address` from each address.
    #[must_use]
    pub fn new(database: &Database, per_name: Throttle, per_address: Throttle) -> Self {
        Self { database: database.clone(), per_name, per_address, refused: Arc::default() }
    }

    /// The most attempts under one name in a window.
    #[must_use]
    pub fn per_name(&self) -> u32 {
        self.per_name.attempts
    }

    /// Reserves an attempt under `name` and from `address`: two UpdateItems side by side, each of which makes its row if
    /// there is none. If the name's attempts are used up, the attempt stays counted for the address.
    ///
    /// What an address has no attempt left for takes none away from the name either, or one host could close every name.
    /// The first such attempt in a process is given back to the name; for the others, the address is asked before the name.
    ///
    /// # Errors
    /// [`ReserveError::Throttled`] if the window's attempts are used up; if both are, it names the address.
    pub async fn reserve(&self, name: &Username, address: &ClientAddress, now: Timestamp) -> Result<Attempt, ReserveError> {
        let id = AttemptId::random();
        let under_name = || self.reserve_one(UsedUp::Name, self.per_name, |window| schema::login_attempts(name, window), id, now);
        let from_address =
            || self.reserve_one(UsedUp::Address, self.per_address, |window| schema::address_attempts(address, window), id, now);

        if self.was_refused(address, now) {
            let address = from_address().await?;
            return Ok(Attempt { id, name: under_name().await?, address });
        }
        match join(under_name(), from_address()).await {
            (Ok(name), Ok(address)) => Ok(Attempt { id, name, address }),
            (name, Err(refused)) => {
                if let ReserveError::Throttled { .. } = refused {
                    self.note_refused(*address, now);
                    if let Ok(name) = name {
                        // Where this fails, the name has an attempt less.
                        let _ = self.give_back(id, name.key).await;
                    }
                }
                Err(refused)
            }
            (Err(refused), Ok(_)) => Err(refused),
        }
    }

    async fn reserve_one(
        &self,
        which: UsedUp,
        throttle: Throttle,
        key: impl FnOnce(i64) -> Key,
        id: AttemptId,
        now: Timestamp,
    ) -> Result<Place, ReserveError> {
        let (window, ends_at) = throttle.window(now);
        let key = key(window);
        let reservation = throttle.reserve(self.database.users(), key.clone(), id, ends_at).set_to_former(CREATED_AT, CREATED_AT, now);
        match reservation.send_and_read::<Counted>().await? {
            Updated::Written(row) => Ok(Place { key, counted: row.attempt_ids.len() }),
            Updated::Refused(row) => {
                let since = row.and_then(|row| row.created_at);
                Err(ReserveError::Throttled { used_up: which, since, retry_at: ends_at })
            }
        }
    }

    /// Forgets attempts after one that succeeded: all of the name's window if more than half of them are used up, and of the
    /// address's this one alone, or whoever has one password could try others without end. Fewer harm nobody, and most
    /// logins are spared the writes.
    ///
    /// # Errors
    /// [`StoreError`] if the table does not answer.
    pub async fn forget(&self, attempt: &Attempt) -> Result<(), StoreError> {
        let of_name = async {
            let is_wanted = self.per_name.is_half_used(attempt.name.counted);
            if is_wanted { self.database.users().delete(attempt.name.key.clone()).send().await.map(drop) } else { Ok(()) }
        };
        let of_address = async {
            let is_wanted = self.per_address.is_half_used(attempt.address.counted);
            if is_wanted { self.give_back(attempt.id, attempt.address.key.clone()).await } else { Ok(()) }
        };
        try_join(of_name, of_address).await.map(drop)
    }

    /// Forgets the attempts under `name` that were counted since `since` in the window of `now`, for a password that was set later, at
    /// `set_at`. The count then begins a second after it, so that one password forgets one count, whatever the clocks say and however many
    /// calls come at once. One UpdateItem.
    ///
    /// # Errors
    /// [`StoreError`] if the table does not answer.
    pub async fn forget_before(&self, set_at: Timestamp, name: &Username, since: Timestamp, now: Timestamp) -> Result<(), StoreError> {
        let (window, _) = self.per_name.window(now);
        let update = self.database.users().update(schema::login_attempts(name, window)).remove(ATTEMPT_IDS).set(CREATED_AT, set_at.plus(1));
        update.only_if(CREATED_AT.is(since)).send().await.map(drop)
    }

    /// Takes the attempt out of the count at `key`.
    async fn give_back(&self, id: AttemptId, key: Key) -> Result<(), StoreError> {
        let update = self.database.users().update(key).remove_member(ATTEMPT_IDS, id);
        update.only_if(ATTEMPT_IDS.contains(id)).send().await.map(drop)
    }

    fn was_refused(&self, address: &ClientAddress, now: Timestamp) -> bool {
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused.window == self.per_address.window(now).0 && refused.addresses.contains(address)
    }

    fn note_refused(&self, address: ClientAddress, now: Timestamp) {
        let (window, _) = self.per_address.window(now);
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        if refused.window != window {
            *refused = RefusedAddresses { window, addresses: HashSet::new() };
        }
        refused.addresses.insert(address);
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

//! The session check that rides in the transaction of the write it permits.

use super::schema;
use super::transaction::Transaction;
use super::{Database, sessions, users};
use crate::domain::{SessionId, Timestamp, UserId};

/// A login session that a JWT names; that it is live is a condition of what is done in its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoginSession {
    /// Whose it is.
    pub user: UserId,
    /// Its row.
    pub session: SessionId,
    /// The user's epoch at login.
    pub epoch: u64,
    /// The instant at which it must not have expired.
    pub now: Timestamp,
}

impl LoginSession {
    /// Adds two conditions: the session is live; the user is active and in the session's
    /// epoch.
    pub(super) fn check_in(&self, transaction: &mut Transaction<'_>, database: &Database) {
        transaction.add(database.sessions().check(schema::session(self.session)).only_if(sessions::is_live(self.now)));
        transaction.add(users::is_active_in(database, self.user, self.epoch));
    }
}

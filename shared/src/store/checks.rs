//! The session check that rides in the transaction of the write it permits.

use super::schema::{self, EPOCH};
use super::transaction::{Refusal, Transaction, WriteId};
use super::{Database, StoreError, UserRow, sessions, users};
use crate::domain::{SessionId, Timestamp, UserId};

/// A login session that a JWT names; that it is live is a condition of what is done in its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoginSession {
    /// Whose it is.
    pub user: UserId,
    /// Its row.
    pub session: SessionId,
    /// The epoch in which its JWT was minted. The session may have moved to a later one, see [`LoginSession::moved`].
    pub epoch: u64,
    /// The instant at which it must not have expired.
    pub now: Timestamp,
}

impl LoginSession {
    /// Adds two conditions: the session is live; the user is active; and both are in this epoch. Returns the second.
    pub(super) fn check_in(&self, transaction: &mut Transaction<'_>, database: &Database) -> WriteId {
        let is_live = sessions::is_live(self.now).and(EPOCH.is(self.epoch));
        transaction.add(database.sessions().check(schema::session(self.session)).only_if(is_live));
        transaction.add(users::is_active_in(database, self.user, self.epoch))
    }

    /// The same session in the epoch that its user is in by now, if that is a later one: a session that ended all others
    /// moved along, and its JWT did not. `user` is the condition that `refusal` is about.
    pub(super) fn moved(&self, refusal: &Refusal, user: WriteId) -> Result<Option<Self>, StoreError> {
        let Some(user) = refusal.row(user) else { return Ok(None) };
        let user: UserRow = serde_dynamo::from_item(user.clone())?;
        Ok((user.is_active() && user.epoch > self.epoch).then_some(Self { epoch: user.epoch, ..*self }))
    }
}

//! The session check that rides in the transaction of the write it permits.

use aws_sdk_dynamodb::types::builders::TransactWriteItemBuilder;
use aws_sdk_dynamodb::types::{ConditionCheck, TransactWriteItem};

use super::schema::{self, EXPIRES_AT, SUBJECT, n};
use super::{Database, StoreError, users};
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
    /// How many items [`LoginSession::checks`] makes.
    pub(super) const CHECKS: usize = 2;

    /// Two conditions: the session's row is there and has not expired; the user is active and in the session's epoch.
    pub(super) fn checks(&self, database: &Database) -> Result<[TransactWriteItemBuilder; Self::CHECKS], StoreError> {
        let check = ConditionCheck::builder().table_name(&database.tables.sessions);
        let check = check.set_key(Some(schema::session(self.user, self.session)));
        let check = check.condition_expression(format!("attribute_exists({SUBJECT}) AND {EXPIRES_AT} > :now"));
        let check = check.expression_attribute_values(":now", n(self.now.unix())).build()?;
        let session = TransactWriteItem::builder().condition_check(check);
        Ok([session, users::is_active_in(database, self.user, self.epoch)?])
    }
}

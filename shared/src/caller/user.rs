//! The caller of the operations on users, who administers all of them or the members of some entities.

use http::HeaderMap;

use super::{Caller, CallerError, Credential, Gate};
use crate::domain::{Permission, Timestamp, UserId};
use crate::store::{Database, UserRow};

/// The user in a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UserPath {
    /// The user's id.
    pub id: UserId,
}

/// An API key or a login whose seal or signature is right.
pub struct UserCaller {
    id: UserId,
    credential: Credential,
    now: Timestamp,
}

/// A caller who has the operation for some users, and the user in the path if that is one of them.
#[derive(Clone, Debug)]
pub struct UserAccess {
    /// The caller.
    pub caller: Caller,
    /// The user, without the password's hash. `None` if there is none, or it is nobody the caller administers.
    pub user: Option<UserRow>,
}

impl UserPath {
    /// Checks the seal or signature of the credential in `headers`, an API key first: no I/O.
    ///
    /// # Errors
    /// [`CallerError::Missing`], [`CallerError::Unsuitable`] or [`CallerError::Refused`].
    pub fn identify(self, headers: &HeaderMap, gate: &Gate<'_>) -> Result<UserCaller, CallerError> {
        Ok(UserCaller { id: self.id, credential: gate.caller(headers)?, now: gate.now })
    }
}

impl UserCaller {
    /// Reads the credential's rows and the user's in one request. The user is found by a caller who has `operation`
    /// everywhere, or for an entity whose member the user is.
    ///
    /// # Errors
    /// [`CallerError::Refused`] if the credential has been revoked, [`CallerError::Forbidden`] for a caller who has
    /// `operation` nowhere.
    pub async fn access(&self, operation: &'static str, database: &Database) -> Result<UserAccess, CallerError> {
        let mut batch = database.batch();
        let user = batch.user(self.id);
        let pending = self.credential.clone().add_to(&mut batch);
        let rows = batch.get().await?;
        let caller = pending.caller(&rows, self.now)?;
        let entities = caller.permitted_entities(&Permission::new(operation));
        if entities.are_none() {
            return Err(CallerError::Forbidden);
        }
        let user = rows.find(&user)?.filter(|row: &UserRow| row.erased_at.is_none() && entities.include(&row.acl));
        Ok(UserAccess { caller, user })
    }
}

//! Changes of one user's rows and keys.

use super::Directory;
use crate::domain::{Acl, KeyId, Timestamp, UserId, Username};
use crate::store::schema::{self, ACL, DISABLED_AT, EPOCH, Key, PK, USER_ID};
use crate::store::{StoreError, UserRow};

/// What changes in both rows of a user; an absent value stays as it is.
#[derive(Clone, Debug, Default)]
pub struct UserChange {
    /// Since when the user is disabled; `Some(None)` enables the user.
    pub disabled_at: Option<Option<Timestamp>>,
    /// The new ACL, whole.
    pub acl: Option<Acl>,
    /// Whether a new epoch begins, which ends all logins.
    pub next_epoch: bool,
}

impl Directory {
    /// Changes both rows of a user if they are as they were read: the same id, epoch and state and, if the ACL changes,
    /// the same ACL. `false` if somebody else changed or deleted the user meanwhile; nothing is written then.
    ///
    /// # Errors
    /// [`StoreError`] if the table does not answer.
    pub async fn change_user(&self, user: &UserRow, change: &UserChange) -> Result<bool, StoreError> {
        let state = user.disabled_at.map_or_else(|| DISABLED_AT.is_absent(), |at| DISABLED_AT.is(at));
        let is_unchanged = USER_ID.is(user.user_id).and(EPOCH.is(user.epoch)).and(state);
        let acl = change.acl.as_ref().map(serde_json::to_string).transpose().map_err(StoreError::corrupt)?;
        let mut updates = Vec::new();
        for key in both_keys(user) {
            let mut is_unchanged = is_unchanged.clone();
            if acl.is_some() {
                let Some(text) = self.acl_text(&key, &user.acl).await? else { return Ok(false) };
                is_unchanged = is_unchanged.and(ACL.is(text));
            }
            let update = self
                .0
                .users()
                .update(key)
                // An update must set something.
                .set(USER_ID, user.user_id)
                .set_some(EPOCH, change.next_epoch.then(|| user.epoch.saturating_add(1)))
                .set_some(ACL, acl.as_deref());
            let update = match change.disabled_at {
                Some(disabled_at) => update.set_or_remove(DISABLED_AT, disabled_at),
                None => update,
            };
            updates.push(update.only_if(is_unchanged));
        }
        self.0.write_all(updates).await
    }

    /// The text of the ACL in the row at `key`, if it still means `acl`. Only the text can be a condition, and a row
    /// that somebody wrote by hand may have other white space.
    async fn acl_text(&self, key: &Key, acl: &Acl) -> Result<Option<String>, StoreError> {
        let users = self.0.users();
        let request = users.client.get_item().table_name(users.name).set_key(Some(key.clone())).consistent_read(true);
        let row = request.projection_expression(ACL.name()).send().await?.item;
        let text = row.and_then(|mut row| row.remove(ACL.name())).and_then(|text| text.as_s().ok().cloned());
        Ok(text.filter(|text| serde_json::from_str(text).is_ok_and(|there: Acl| there == *acl)))
    }

    /// Deletes both rows of a user, or what is left of them. `false` if one of them belongs to another user.
    ///
    /// # Errors
    /// [`StoreError`] if the table does not answer.
    pub async fn delete_user(&self, user: &UserRow) -> Result<bool, StoreError> {
        let is_this_user = PK.is_absent().or(USER_ID.is(user.user_id));
        self.0.write_all(both_keys(user).map(|key| self.0.users().delete(key).only_if(is_this_user.clone()))).await
    }

    /// Deletes an API key; `false` if there is none. One transaction, so that a retry after a lost answer returns
    /// `true` too.
    ///
    /// # Errors
    /// [`StoreError`] if the table does not answer.
    pub async fn delete_api_key(&self, user: UserId, id: KeyId) -> Result<bool, StoreError> {
        self.0.write_all([self.0.tokens().delete(schema::api_key(user, id)).only_if(PK.exists())]).await
    }
}

fn both_keys(user: &UserRow) -> [Key; 2] {
    [schema::user_by_name(&Username::normalised(&user.username)), schema::user_by_id(user.user_id)]
}

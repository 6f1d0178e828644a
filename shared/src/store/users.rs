//! Users: two rows each, one for logging in and one for everything else, written together.

use aws_sdk_dynamodb::types::builders::TransactWriteItemBuilder;
use aws_sdk_dynamodb::types::{ConditionCheck, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update};
use serde::{Deserialize, Serialize};

use super::rows::{json, unix};
use super::schema::{self, PK, n, s};
use super::transaction::{self, Outcome};
use super::{Database, StoreError};
use crate::domain::{Acl, Secret, Timestamp, UserId, Username};

/// A user. The row under the name has the password's hash as well; the row under the id has not.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct UserRow {
    /// The user's id.
    pub user_id: UserId,
    /// The name as it was given; keys have its normalised form.
    pub username: String,
    /// Where one-time passwords are sent to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// First name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// Last name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// When the user was made.
    #[serde(with = "unix")]
    pub created_at: Timestamp,
    /// From when on the password must be changed before anything else; absent: never.
    #[serde(default, with = "unix::option", skip_serializing_if = "Option::is_none")]
    pub password_expires_at: Option<Timestamp>,
    /// Present if the user is disabled.
    #[serde(default, with = "unix::option", skip_serializing_if = "Option::is_none")]
    pub disabled_at: Option<Timestamp>,
    /// Counts what ends all sessions at once (a changed password): a session of an earlier epoch is revoked.
    pub epoch: u64,
    /// What the user may do; given by the operator.
    #[serde(with = "json")]
    pub acl: Acl,
    /// The PHC string; only in the row under the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_hash: Option<Secret>,
}

impl UserRow {
    /// Whether the user may do anything at all.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.disabled_at.is_none()
    }

    /// Whether the password's time is over: it must be changed before anything else.
    #[must_use]
    pub fn password_has_expired(&self, now: Timestamp) -> bool {
        self.password_expires_at.is_some_and(|expiry| expiry <= now)
    }
}

/// Reads users by name and writes them.
#[derive(Clone, Debug)]
pub struct Users(Database);

impl Users {
    /// The users in `database`.
    #[must_use]
    pub fn new(database: &Database) -> Self {
        Self(database.clone())
    }

    /// The user of that name, with the password's hash. One consistent GetItem.
    ///
    /// # Errors
    /// [`StoreError`] if the table can not tell.
    pub async fn find_by_name(&self, name: &Username) -> Result<Option<UserRow>, StoreError> {
        let request = self.0.client.get_item().table_name(&self.0.tables.users);
        let output = request.set_key(Some(schema::user_by_name(name))).consistent_read(true).send().await?;
        output.item.map(serde_dynamo::from_item).transpose().map_err(StoreError::from)
    }

    /// Makes a user, whose row has the password's hash: both rows or none. `false` if the name or the id is taken.
    ///
    /// # Errors
    /// [`StoreError`] if the table can not tell.
    pub async fn insert_new(&self, user: &UserRow) -> Result<bool, StoreError> {
        let [by_name, by_id] = rows(user)?.map(|item| put_new(&self.0, item));
        Ok(transaction::write(&self.0.client, [by_name?, by_id?]).await? == Outcome::Committed)
    }

    /// Replaces the password's hash by one of the same password under the live parameters, unless it has changed meanwhile.
    ///
    /// Of two logins that rehash at the same instant one wins and the other's hash, as good, is dropped. A retry that meets its
    /// own write finds the old hash gone and does nothing.
    ///
    /// # Errors
    /// [`StoreError`] if the table can not tell.
    pub async fn replace_hash(&self, name: &Username, old: &str, new: &str) -> Result<(), StoreError> {
        let request = self.0.client.update_item().table_name(&self.0.tables.users);
        let request = request.set_key(Some(schema::user_by_name(name)));
        let request = request.update_expression("SET password_hash = :new").condition_expression("password_hash = :old");
        let request = request.expression_attribute_values(":new", s(new)).expression_attribute_values(":old", s(old));
        match request.return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::None).send().await {
            Err(error) if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => Ok(()),
            other => other.map(drop).map_err(StoreError::from),
        }
    }

    /// Gives `user`, as read by name, another password, and starts a new epoch: every session that a password or a login began is
    /// over. Both rows or none; `false` if the user was changed or deleted meanwhile (who disables a user raises the epoch too).
    ///
    /// Of two changes at the same instant one wins. A retry after a lost answer is told "changed" too: it is one transaction.
    ///
    /// # Errors
    /// [`StoreError`] if the table can not tell.
    pub async fn change_password(&self, user: &UserRow, new_hash: &str, expires_at: Option<Timestamp>) -> Result<bool, StoreError> {
        let change = match expires_at {
            Some(_) => "SET epoch = :next, password_expires_at = :expires",
            None => "REMOVE password_expires_at SET epoch = :next",
        };
        let unchanged = format!("attribute_exists({PK}) AND epoch = :epoch");
        let update = |key: schema::Key| {
            let update = Update::builder().table_name(&self.0.tables.users).set_key(Some(key));
            let update = update.expression_attribute_values(":epoch", n(user.epoch));
            let update = update.expression_attribute_values(":next", n(user.epoch.saturating_add(1)));
            expires_at.into_iter().fold(update, |update, at| update.expression_attribute_values(":expires", n(at.unix())))
        };
        let old = user.password_hash.as_ref().map_or("", |hash| hash.expose());
        let by_name = update(schema::user_by_name(&Username::normalised(&user.username)));
        let by_name = by_name.update_expression(format!("{change}, password_hash = :new"));
        let by_name = by_name.condition_expression(format!("{unchanged} AND password_hash = :old"));
        let by_name = by_name.expression_attribute_values(":new", s(new_hash)).expression_attribute_values(":old", s(old)).build()?;
        let by_id = update(schema::user_by_id(user.user_id)).update_expression(change).condition_expression(unchanged).build()?;
        let items = [by_name, by_id].map(|update| TransactWriteItem::builder().update(update));
        Ok(transaction::write(&self.0.client, items).await? == Outcome::Committed)
    }
}

/// The two rows of `user`: under the name, and under the id without the password's hash.
pub(super) fn rows(user: &UserRow) -> Result<[schema::Key; 2], StoreError> {
    let mut by_name: schema::Key = serde_dynamo::to_item(user)?;
    let mut by_id: schema::Key = serde_dynamo::to_item(UserRow { password_hash: None, ..user.clone() })?;
    by_name.extend(schema::user_by_name(&Username::normalised(&user.username)));
    by_id.extend(schema::user_by_id(user.user_id));
    Ok([by_name, by_id])
}

/// The put of a row whose key nobody has, for a transaction; refused, it tells the row that is there.
pub(super) fn put_new(database: &Database, item: schema::Key) -> Result<TransactWriteItemBuilder, StoreError> {
    let put = Put::builder().table_name(&database.tables.users).set_item(Some(item));
    let put = put.condition_expression(format!("attribute_not_exists({PK})"));
    let put = put.return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
    Ok(TransactWriteItem::builder().put(put.build()?))
}

/// A condition that the user of `id` exists and is not disabled, and that no changed password has ended what began in `epoch`, for
/// a transaction.
pub(super) fn is_active_in(database: &Database, id: impl std::fmt::Display, epoch: u64) -> Result<TransactWriteItemBuilder, StoreError> {
    let check = ConditionCheck::builder().table_name(&database.tables.users);
    let check = check.set_key(Some(schema::user_by_id(id)));
    let check = check.condition_expression(format!("attribute_exists({PK}) AND attribute_not_exists(disabled_at) AND epoch = :epoch"));
    let check = check.expression_attribute_values(":epoch", n(epoch));
    Ok(TransactWriteItem::builder().condition_check(check.build()?))
}

//! The list of all users: a row for each in one partition, sorted by name, so that a page is one Query.
//!
//! A list row has what the list shows, and is written in the transaction that writes the user's other two. A user of an
//! earlier release has none until `latchkey user reindex` has written it.

use serde::{Deserialize, Serialize};

use super::rows::{json, unix};
use super::schema::{
    self, ACL, Attribute, CREATED_AT, DISABLED_AT, EMAIL, EMAIL_VERIFIED, FIRST_NAME, Item, LAST_NAME, LISTED_USERS, PASSWORD_EXPIRES_AT,
    PK, SK, USER_ID, USERNAME,
};
use super::transaction::{Outcome, Transaction};
use super::update::Update;
use super::write::{Put, Write};
use super::{Database, StoreError, UserRow};
use crate::domain::{Acl, Timestamp, UserId, Username};

/// A user as the list has it: everything but the epoch and the password's hash.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ListedUser {
    /// The user's id.
    pub user_id: UserId,
    /// The name as given; the key has its normalised form.
    pub username: String,
    /// The address, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Whether the user has proven that the address is theirs.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub email_verified: bool,
    /// First name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// Last name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// When the user was created.
    #[serde(with = "unix")]
    pub created_at: Timestamp,
    /// When the password expires; absent: never.
    #[serde(default, with = "unix::option", skip_serializing_if = "Option::is_none")]
    pub password_expires_at: Option<Timestamp>,
    /// Present if the user is disabled.
    #[serde(default, with = "unix::option", skip_serializing_if = "Option::is_none")]
    pub disabled_at: Option<Timestamp>,
    /// What the user may do.
    #[serde(with = "json")]
    pub acl: Acl,
}

/// What a list row has, of all that the row under the id has.
pub(super) const LISTED: [Attribute; 10] =
    [USER_ID, USERNAME, EMAIL, EMAIL_VERIFIED, FIRST_NAME, LAST_NAME, CREATED_AT, PASSWORD_EXPIRES_AT, DISABLED_AT, ACL];

impl From<UserRow> for ListedUser {
    fn from(row: UserRow) -> Self {
        Self {
            user_id: row.user_id,
            username: row.username,
            email: row.email,
            email_verified: row.email_verified,
            first_name: row.first_name,
            last_name: row.last_name,
            created_at: row.created_at,
            password_expires_at: row.password_expires_at,
            disabled_at: row.disabled_at,
            acl: row.acl,
        }
    }
}

/// Reads the list of users.
#[derive(Clone, Debug)]
pub struct ListedUsers(Database);

impl ListedUsers {
    /// The list in `database`.
    #[must_use]
    pub fn new(database: &Database) -> Self {
        Self(database.clone())
    }

    /// At most `limit` of the users whose normalised names begin with `prefix`, after the name `after`, which must begin so
    /// too; and whether there are more. One consistent Query, another one for each megabyte.
    ///
    /// A user who is there from the first page to the last is in exactly one of them, whoever comes and goes meanwhile.
    ///
    /// # Errors
    /// [`StoreError`] if the table does not answer.
    pub async fn page(&self, prefix: &Username, after: Option<&str>, limit: usize) -> Result<(Vec<ListedUser>, bool), StoreError> {
        let mut key = PK.is(LISTED_USERS);
        // DynamoDB takes no empty text for a key.
        if !prefix.as_str().is_empty() {
            key = key.and(SK.begins_with(prefix.as_str()));
        }
        self.0.tokens().query_page(key, after.map(schema::listed_user_at), limit).await
    }
}

/// Writes the list row of a user: for a transaction that writes the others too.
pub(super) fn put<'d>(database: &'d Database, user: &UserRow) -> Result<Write<'d, Put>, StoreError> {
    let key = schema::listed_user(&Username::normalised(&user.username));
    database.tokens().put(key, &ListedUser::from(user.clone()))
}

/// The list row that belongs to a user's row under the id, as it stands there.
pub(super) fn item_of(by_id: &Item) -> Option<Item> {
    let name = by_id.get(USERNAME.name())?.as_s().ok()?;
    let mut item = schema::listed_user(&Username::normalised(name));
    item.extend(LISTED.iter().filter_map(|attribute| Some((attribute.name().to_owned(), by_id.get(attribute.name())?.clone()))));
    Some(item)
}

/// The update of a user's list row.
pub(super) fn update<'d>(database: &'d Database, user: &UserRow) -> Write<'d, Update> {
    database.tokens().update(schema::listed_user(&Username::normalised(&user.username)))
}

/// Commits `writes`, which change rows of `user` or ask for a mail, together with `listed`, which changes the list row alike. A user
/// who is not listed stays so. `false` if a condition of `writes` fails.
pub(super) async fn commit_with<'d>(
    database: &'d Database,
    user: &UserRow,
    listed: Write<'d, Update>,
    writes: Vec<Write<'d, Update>>,
) -> Result<bool, StoreError> {
    let add = |transaction: &mut Transaction<'d>| {
        for write in writes.clone() {
            transaction.add(write);
        }
        Ok(())
    };
    Ok(matches!(commit(database, user, listed, add).await?.0, Outcome::Committed))
}

/// The same for any writes: those that `add` adds, the same ones each time. Returns what it returned, too.
pub(super) async fn commit<'d, T>(
    database: &'d Database,
    user: &UserRow,
    listed: Write<'d, Update>,
    add: impl Fn(&mut Transaction<'d>) -> Result<T, StoreError>,
) -> Result<(Outcome, T), StoreError> {
    let mut transaction = database.transaction();
    let added = add(&mut transaction)?;
    let listed = transaction.add(listed.only_if(USER_ID.is(user.user_id)));
    match transaction.commit().await? {
        Outcome::Refused(refusal) if refusal.is_only_of(listed) => {}
        outcome => return Ok((outcome, added)),
    }
    let mut transaction = database.transaction();
    let added = add(&mut transaction)?;
    let key = schema::listed_user(&Username::normalised(&user.username));
    transaction.add(database.tokens().check(key).only_if(PK.is_absent()));
    Ok((transaction.commit().await?, added))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_aux::serde_introspection::serde_introspect;

    use super::*;

    #[test]
    fn what_is_copied_is_what_is_shown() {
        let shown: BTreeSet<_> = serde_introspect::<ListedUser>().iter().copied().collect();

        assert_eq!(LISTED.map(Attribute::name).into_iter().collect::<BTreeSet<_>>(), shown);
    }
}

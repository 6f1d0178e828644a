//! Whose an address is: a row for each address in the users table, so that it identifies one account.
//!
//! The row is written, moved and deleted in the transaction that does so with the address in the user's other rows. An address takes
//! effect, for a login and for mail, only where its row is that user's. One that an earlier release wrote has none until
//! `latchkey user reindex` has written it, and one that several users have gets none until an operator decides.
//!
//! A text cannot be one user's name and another one's address. Whoever writes an address's row checks the rows of the names that it is,
//! and whoever makes a user whose name is an address checks that address's row.

use serde::{Deserialize, Serialize};

use super::expression::Condition;
use super::schema::{self, PK, USER_ID};
use super::transaction::{Transaction, WriteId};
use super::write::{Check, Delete, TransactionItem, Write};
use super::{Database, LoginRow, StoreError, UserRow, Users};
use crate::domain::{EmailAddress, LoginName, UserId, Username};

/// Whose an address is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EmailAddressRow {
    /// The user.
    pub user_id: UserId,
    /// The user's name, by which the row with the password's hash is found.
    pub username: String,
}

impl Users {
    /// Whose the address is. One consistent GetItem.
    ///
    /// # Errors
    /// [`StoreError`] if the table does not answer.
    pub async fn owner_of(&self, address: &EmailAddress) -> Result<Option<EmailAddressRow>, StoreError> {
        self.0.users().find(schema::email_address(&address.place())).await
    }

    /// The user's address, if it takes effect: it is one, and its row is this user's. One consistent GetItem, none for a user without an
    /// address.
    ///
    /// # Errors
    /// [`StoreError`] if the table does not answer.
    pub async fn effective_address(&self, user: &UserRow) -> Result<Option<EmailAddress>, StoreError> {
        let Some(address) = user.mailbox() else { return Ok(None) };
        let owner = self.owner_of(&address).await?;
        Ok(owner.is_some_and(|owner| owner.user_id == user.user_id).then_some(address))
    }

    /// The user whose name or address that is, with the password's hash. One consistent GetItem for what cannot be an address. Otherwise
    /// one BatchGetItem and one GetItem, whether there is such a user or not. A name comes before an address.
    ///
    /// # Errors
    /// [`StoreError`] if the table does not answer.
    pub async fn find_by_login_name(&self, login: &LoginName) -> Result<Option<LoginRow>, StoreError> {
        // A name that nobody can have could exceed the length of a key in DynamoDB.
        if !login.name.is_possible() {
            return Ok(None);
        }
        let Some(address) = &login.address else { return self.find_for_login(&login.name).await };
        let mut batch = self.0.batch();
        let by_name = batch.users_row(schema::user_by_name(&login.name));
        let by_address = batch.users_row(schema::email_address(&address.place()));
        let rows = batch.get().await?;
        let is_named = rows.find::<UserRow>(&by_name)?.is_some();
        match rows.find::<EmailAddressRow>(&by_address)? {
            Some(owner) if !is_named => {
                let found = self.find_for_login(&Username::normalised(&owner.username)).await?;
                let is_owner = |user: &UserRow| user.user_id == owner.user_id && user.has_address(address);
                Ok(found.filter(|found| is_owner(&found.user)))
            }
            // Also where there is nobody: an unknown address costs the requests of a known one.
            _ => self.find_for_login(&login.name).await,
        }
    }
}

/// The row is that of `user`, or there is none.
pub(super) fn is_theirs(user: UserId) -> Condition {
    PK.is_absent().or(USER_ID.is(user))
}

/// Adds to a transaction that `address` is the user's. The condition of one of the returned writes fails if it is somebody else's
/// address or name.
pub(super) fn claim<'d>(
    database: &'d Database,
    transaction: &mut Transaction<'d>,
    user: &UserRow,
    address: &EmailAddress,
) -> Result<Vec<WriteId>, StoreError> {
    let row = EmailAddressRow { user_id: user.user_id, username: user.username.clone() };
    let put = database.users().put(schema::email_address(&address.place()), &row)?;
    let mut writes = vec![transaction.add(put.only_if(is_theirs(user.user_id)))];
    let own = Username::normalised(&user.username);
    for name in address.names().into_iter().filter(|name| *name != own && name.is_possible()) {
        let check = database.users().check(schema::user_by_name(&name));
        writes.push(transaction.add(check.only_if(is_theirs(user.user_id))));
    }
    Ok(writes)
}

/// The address that the name of `user` is, if it is one that the user does not have.
pub(super) fn in_name(user: &UserRow) -> Option<EmailAddress> {
    name_as_address(user).filter(|address| !user.has_address(address))
}

/// The address that the name of `user` is, if it is one.
pub(super) fn name_as_address(user: &UserRow) -> Option<EmailAddress> {
    Username::normalised(&user.username).as_str().parse().ok()
}

/// Adds to a transaction that nobody else has the address that the user's name is, if it is one.
pub(super) fn check_name<'d>(database: &'d Database, transaction: &mut Transaction<'d>, user: &UserRow) -> Option<WriteId> {
    let check = database.users().check(schema::email_address(&in_name(user)?.place()));
    Some(transaction.add(check.only_if(is_theirs(user.user_id))))
}

/// What is done, in a transaction, with the row of an address that ceases to be a user's.
#[derive(Clone, Debug)]
pub(super) enum Release<'d> {
    /// It is the user's, and is deleted.
    Own(Write<'d, Delete>),
    /// It is another user's, who has the same address, or there is none: it stays so.
    Foreign(Write<'d, Check>),
}

impl TransactionItem for Release<'_> {
    fn into_item(self) -> Result<aws_sdk_dynamodb::types::TransactWriteItem, aws_sdk_dynamodb::error::BuildError> {
        match self {
            Self::Own(delete) => delete.into_item(),
            Self::Foreign(check) => check.into_item(),
        }
    }
}

/// The release of `address`, which was that of `user`. One consistent GetItem; the condition fails if the row changed hands since.
pub(super) async fn release<'d>(database: &'d Database, user: UserId, address: &EmailAddress) -> Result<Release<'d>, StoreError> {
    let key = schema::email_address(&address.place());
    let owner = Users::new(database).owner_of(address).await?;
    Ok(match owner {
        Some(owner) if owner.user_id == user => Release::Own(database.users().delete(key).only_if(is_theirs(user))),
        _ => Release::Foreign(database.users().check(key).only_if(PK.is_absent().or(USER_ID.is_not(user)))),
    })
}

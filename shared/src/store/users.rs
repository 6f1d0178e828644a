//! Users: three rows each, one for logging in, one for the list and one for everything else, written together.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::rows::{json, unix};
use super::schema::{self, DISABLED_AT, EPOCH, Item, PK, USER_ID};
use super::transaction::{Outcome, Refusal, Transaction, WriteId};
use super::write::{Check, Put, Write};
use super::{Database, IdempotencyGuard, OutboxEntry, RepeatError, SessionRow, StoreError, email_addresses, listed_users, sessions};
use crate::domain::{Acl, EmailAddress, EntityId, RandomId, Secret, SessionId, Timestamp, UserId, Username};

/// A user. Only the row under the name has the password's hash.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct UserRow {
    /// The user's id.
    pub user_id: UserId,
    /// The name as given; keys have its normalised form.
    pub username: String,
    /// The address that one-time passwords are mailed to.
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
    /// When the password expires and must be changed before anything else; absent: never.
    #[serde(default, with = "unix::option", skip_serializing_if = "Option::is_none")]
    pub password_expires_at: Option<Timestamp>,
    /// Present if the user is disabled.
    #[serde(default, with = "unix::option", skip_serializing_if = "Option::is_none")]
    pub disabled_at: Option<Timestamp>,
    /// Present once the user's name was freed and only the id is left, until no row names it any more.
    #[serde(default, with = "unix::option", skip_serializing_if = "Option::is_none")]
    pub erased_at: Option<Timestamp>,
    /// Raised to end all sessions at once, for example by a changed password: a session of an earlier epoch is revoked.
    pub epoch: u64,
    /// What the user may do, as granted by the operator.
    #[serde(with = "json")]
    pub acl: Acl,
    /// The PHC string; only in the row under the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_hash: Option<Secret>,
}

impl UserRow {
    /// A new user with a name alone: no address, no password and no rights.
    #[must_use]
    pub fn new(username: String, created_at: Timestamp) -> Self {
        Self {
            user_id: UserId::random(),
            username,
            email: None,
            email_verified: false,
            first_name: None,
            last_name: None,
            created_at,
            password_expires_at: None,
            disabled_at: None,
            erased_at: None,
            epoch: 0,
            acl: Acl::default(),
            password_hash: None,
        }
    }

    /// The names and the address, of which a password must not be made.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        let names = [Some(&self.username), self.email.as_ref(), self.first_name.as_ref(), self.last_name.as_ref()];
        names.into_iter().flatten().map(String::as_str).collect()
    }

    /// Whether the user is not disabled.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.disabled_at.is_none()
    }

    /// Whether the user is active, and `epoch` is still the current one.
    #[must_use]
    pub fn is_active_in(&self, epoch: u64) -> bool {
        self.is_active() && self.epoch == epoch
    }

    /// Whether the user is active, and a member of `entity`.
    #[must_use]
    pub fn is_active_member_of(&self, entity: &EntityId) -> bool {
        self.is_active() && self.acl.covers_entity(entity)
    }

    /// The address that mails go to, if it can be one.
    #[must_use]
    pub fn mailbox(&self) -> Option<EmailAddress> {
        self.email.as_deref()?.parse().ok()
    }

    /// Whether `address` is the user's, in whatever spelling.
    #[must_use]
    pub fn has_address(&self, address: &EmailAddress) -> bool {
        self.mailbox().is_some_and(|own| own.place() == address.place())
    }

    /// Whether the password has expired and must be changed before anything else.
    #[must_use]
    pub fn password_has_expired(&self, now: Timestamp) -> bool {
        self.password_expires_at.is_some_and(|expiry| expiry <= now)
    }
}

/// Why no user was created.
#[derive(Debug, Error)]
pub enum NewUserError {
    /// Another user has the name.
    #[error("the name is taken")]
    NameTaken,
    /// Another user has the address.
    #[error("the address is taken")]
    EmailTaken,
    /// The request's `Idempotency-Key` has been used.
    #[error(transparent)]
    Repeated(#[from] RepeatError),
    /// The table did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Reads users by name and writes them.
#[derive(Clone, Debug)]
pub struct Users(pub(super) Database);

impl Users {
    /// The users in `database`.
    #[must_use]
    pub fn new(database: &Database) -> Self {
        Self(database.clone())
    }

    /// The user of that name, with the password's hash. One consistent GetItem.
    ///
    /// # Errors
    /// [`StoreError`] if the table does not answer.
    pub async fn find_by_name(&self, name: &Username) -> Result<Option<UserRow>, StoreError> {
        self.0.users().find(schema::user_by_name(name)).await
    }

    /// The user of that id, without the password's hash; `None` also for one who was erased. One consistent GetItem.
    ///
    /// # Errors
    /// [`StoreError`] if the table does not answer.
    pub async fn find_by_id(&self, id: UserId) -> Result<Option<UserRow>, StoreError> {
        let row: Option<UserRow> = self.0.users().find(schema::user_by_id(id)).await?;
        Ok(row.filter(|row| row.erased_at.is_none()))
    }

    /// Creates a user, with the password's hash if there is one, and with the address, if there is one: all rows or none.
    ///
    /// # Errors
    /// [`NewUserError`]; an id that is taken counts as the name.
    pub async fn insert_new(&self, user: &UserRow) -> Result<(), NewUserError> {
        self.insert_and_mail(user, None).await
    }

    /// The same, and asks for `mail`: both or neither.
    ///
    /// # Errors
    /// [`NewUserError`]; an id that is taken counts as the name.
    pub async fn insert_and_mail(&self, user: &UserRow, mail: Option<&OutboxEntry>) -> Result<(), NewUserError> {
        let mut transaction = self.0.transaction();
        let inserted = insert(&self.0, &mut transaction, user)?;
        ask_for(&self.0, &mut transaction, mail)?;
        match transaction.commit().await? {
            Outcome::Committed => Ok(()),
            Outcome::Refused(refusal) if inserted.is_name_taken(&refusal) => Err(NewUserError::NameTaken),
            Outcome::Refused(_) => Err(NewUserError::EmailTaken),
        }
    }

    /// The same under an `Idempotency-Key`. Returns the user, or the one whom the same request created before, who is sent no
    /// second mail.
    ///
    /// # Errors
    /// [`NewUserError`]; the key counts before the name.
    pub async fn insert_once(&self, user: UserRow, mail: Option<&OutboxEntry>, guard: &IdempotencyGuard) -> Result<UserRow, NewUserError> {
        let mut transaction = self.0.transaction();
        let inserted = insert(&self.0, &mut transaction, &user)?;
        ask_for(&self.0, &mut transaction, mail)?;
        let guarded = transaction.add(guard.insert(&self.0, RandomId::from_bytes(*user.user_id.bytes()), None)?);
        match transaction.commit().await? {
            Outcome::Committed => Ok(user),
            Outcome::Refused(refusal) if refusal.is_of(guarded) => {
                let (id, _) = guard.made(refusal.row(guarded))??;
                Ok(self.find_by_id(UserId::from_bytes(*id.bytes())).await?.ok_or(RepeatError::Gone)?)
            }
            Outcome::Refused(refusal) if inserted.is_name_taken(&refusal) => Err(NewUserError::NameTaken),
            Outcome::Refused(_) => Err(NewUserError::EmailTaken),
        }
    }

    /// Creates a user together with their first session: all rows or none. Of many calls that want one name or one address, one creates
    /// an account.
    ///
    /// # Errors
    /// [`NewUserError`]; the address counts before the name.
    pub async fn sign_up(&self, user: &UserRow, session: &SessionRow) -> Result<(), NewUserError> {
        let mut transaction = self.0.transaction();
        let inserted = insert(&self.0, &mut transaction, user)?;
        transaction.add(sessions::insert_new(&self.0, session)?);
        match transaction.commit().await? {
            Outcome::Committed => Ok(()),
            Outcome::Refused(refusal) if inserted.is_address_taken(&refusal) => Err(NewUserError::EmailTaken),
            Outcome::Refused(_) => Err(NewUserError::NameTaken),
        }
    }

    /// Starts a new epoch of `user`, which ends every session but `kept`: that one moves along, with all its JWTs. Nothing
    /// is done, and this is `false`, if the session is not live in the user's epoch, or the user was changed meanwhile.
    ///
    /// It is one transaction, so a retry after a lost answer returns `true` too. Of two sessions that end each other at the
    /// same instant one stays.
    ///
    /// # Errors
    /// [`StoreError`] if the table does not answer.
    pub async fn end_other_sessions(&self, user: &UserRow, kept: SessionId, now: Timestamp) -> Result<bool, StoreError> {
        let is_unchanged = || USER_ID.is(user.user_id).and(EPOCH.is(user.epoch));
        let by_name = self.0.users().update(schema::user_by_name(&Username::normalised(&user.username))).only_if(is_unchanged());
        let by_id = self.0.users().update(schema::user_by_id(user.user_id)).only_if(is_unchanged().and(DISABLED_AT.is_absent()));
        let is_live = sessions::is_live(now).and(EPOCH.is(user.epoch));
        let session = self.0.sessions().update(schema::session(kept)).only_if(is_live);
        self.0.write_all([by_name, by_id, session].map(|update| update.set(EPOCH, user.epoch.saturating_add(1)))).await
    }
}

/// The writes of a creation whose conditions say what is taken.
struct Insertion {
    names: Vec<WriteId>,
    addresses: Vec<WriteId>,
}

impl Insertion {
    fn is_name_taken(&self, refusal: &Refusal) -> bool {
        self.names.iter().any(|write| refusal.is_of(*write))
    }

    fn is_address_taken(&self, refusal: &Refusal) -> bool {
        self.addresses.iter().any(|write| refusal.is_of(*write))
    }
}

/// Adds the creation of `user` to a transaction. Nobody can be listed under a name that is free.
fn insert<'d>(database: &'d Database, transaction: &mut Transaction<'d>, user: &UserRow) -> Result<Insertion, StoreError> {
    let mut names: Vec<_> = rows(user)?.into_iter().map(|item| transaction.add(insert_row(database, item))).collect();
    transaction.add(listed_users::put(database, user)?);
    names.extend(email_addresses::check_name(database, transaction, user));
    let addresses = match user.mailbox() {
        Some(address) => email_addresses::claim(database, transaction, user, &address)?,
        None => Vec::new(),
    };
    Ok(Insertion { names, addresses })
}

/// Adds the request for a mail to a transaction.
fn ask_for<'d>(database: &'d Database, transaction: &mut Transaction<'d>, mail: Option<&OutboxEntry>) -> Result<(), StoreError> {
    if let Some(mail) = mail {
        transaction.add(mail.write(database)?);
    }
    Ok(())
}

/// Two of the rows of `user`: under the name, and under the id without the password's hash.
pub(super) fn rows(user: &UserRow) -> Result<[Item; 2], StoreError> {
    let mut by_name: Item = serde_dynamo::to_item(user)?;
    let mut by_id: Item = serde_dynamo::to_item(UserRow { password_hash: None, ..user.clone() })?;
    by_name.extend(schema::user_by_name(&Username::normalised(&user.username)));
    by_id.extend(schema::user_by_id(user.user_id));
    Ok([by_name, by_id])
}

/// Writes one of [`rows`] if its key is free, for a transaction. A refusal returns the row that is there.
pub(super) fn insert_row(database: &Database, item: Item) -> Write<'_, Put> {
    database.users().put_item(item).only_if(PK.is_absent()).or_return_row()
}

/// Checks, for a transaction, that the user exists, is not disabled and is still in `epoch`. A refusal returns the row.
pub(super) fn is_active_in(database: &Database, id: impl std::fmt::Display, epoch: u64) -> Write<'_, Check> {
    let is_active = PK.exists().and(DISABLED_AT.is_absent()).and(EPOCH.is(epoch));
    database.users().check(schema::user_by_id(id)).only_if(is_active).or_return_row()
}

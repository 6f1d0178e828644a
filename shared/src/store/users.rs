//! Users: three rows each, one for logging in, one for the list and one for everything else, written together.

use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::expression::Condition;
use super::rows::{json, unix};
use super::schema::{
    self, DISABLED_AT, EMAIL, EMAIL_VERIFIED, EPOCH, FAILED_ATTEMPT_IDS, Item, PASSWORD_EPOCH, PASSWORD_EXPIRES_AT, PASSWORD_HASH,
    PASSWORD_SET_AT, PK, USER_ID,
};
use super::transaction::{Outcome, Refusal, Transaction, WriteId};
use super::update::Update;
use super::write::{Check, Put, Write};
use super::{Database, IdempotencyGuard, OutboxEntry, RepeatError, SessionRow, StoreError, email_addresses, listed_users, sessions};
use crate::domain::{
    Acl, EmailAddress, EntityId, Locator, MailRequest, MailSubject, RandomId, Secret, SessionId, Timestamp, UserId, Username,
};

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

    /// Replaces the password's hash by one of the same password under the current parameters, unless it has changed
    /// meanwhile.
    ///
    /// If two logins rehash at the same instant, one wins and the other's hash, equally good, is dropped. A retry that
    /// meets its own write finds the old hash gone and does nothing.
    ///
    /// # Errors
    /// [`StoreError`] if the table does not answer.
    pub async fn replace_hash(&self, name: &Username, old: &str, new: &str) -> Result<(), StoreError> {
        let update = self.0.users().update(schema::user_by_name(name)).set(PASSWORD_HASH, new);
        update.only_if(PASSWORD_HASH.is(old)).send().await.map(drop)
    }

    /// Changes the password of `user`, as read by name, and starts a new epoch, which ends all sessions of that user.
    /// All rows or none; `false` if the user was changed or deleted meanwhile (disabling a user raises the epoch too).
    /// The wrong passwords before it are forgotten, so a password that they had disabled is enabled.
    ///
    /// Of two changes at the same instant one wins, and that one is told to the user by mail: one UpdateItem before the transaction asks
    /// for it. It is one transaction, so a retry after a lost answer returns `true` too.
    ///
    /// # Errors
    /// [`StoreError`] if the table does not answer.
    pub async fn change_password(
        &self,
        user: &UserRow,
        new_hash: &str,
        expires_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let is_unchanged = || USER_ID.is(user.user_id).and(EPOCH.is(user.epoch));
        let update = |key| {
            let update = self.0.users().update(key).set(EPOCH, user.epoch.saturating_add(1));
            update.set_or_remove(PASSWORD_EXPIRES_AT, expires_at)
        };
        let by_name = update(schema::user_by_name(&Username::normalised(&user.username)));
        let by_name = set_password(by_name, user, new_hash, now).only_if(is_unchanged().and(has_hash_of(user)));
        let by_id = update(schema::user_by_id(user.user_id)).only_if(is_unchanged());
        self.ask_to_tell_of_password(user, now).await?;
        // Of what changes, the list shows the expiry alone.
        if user.password_expires_at == expires_at {
            return self.0.write_all([by_name, by_id]).await;
        }
        let listed = listed_users::update(&self.0, user).set_or_remove(PASSWORD_EXPIRES_AT, expires_at);
        listed_users::commit_with(&self.0, user, listed, vec![by_name, by_id]).await
    }

    /// Gives `user`, as read by id, a password, whoever knew the old one, if there was any; and starts a new epoch, which ends
    /// all sessions of that user, and every other link that was mailed to them. All rows or none; `false` if the user has
    /// another epoch by now, is disabled or deleted, or, where this `proves_address`, has another address.
    ///
    /// The wrong passwords before it are forgotten, so a password that they had disabled is enabled. A login that hashes the
    /// old password anew at the same instant changes nothing: its condition is the hash.
    ///
    /// The user is told by mail, as by [`change_password`](Self::change_password). It is one transaction, so a retry after a lost answer
    /// returns `true` too.
    ///
    /// # Errors
    /// [`StoreError`] if the table does not answer.
    pub async fn reset_password(
        &self,
        user: &UserRow,
        new_hash: &str,
        expires_at: Option<Timestamp>,
        proves_address: bool,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let is_unchanged = || USER_ID.is(user.user_id).and(EPOCH.is(user.epoch));
        let update = |key| set_by_reset(self.0.users().update(key), expires_at, proves_address).set(EPOCH, user.epoch.saturating_add(1));
        let by_name = update(schema::user_by_name(&Username::normalised(&user.username)));
        let by_name = set_password(by_name, user, new_hash, now).only_if(is_unchanged());
        let is_as_proven = is_unchanged().and(DISABLED_AT.is_absent());
        let is_as_proven = match user.email.as_deref().filter(|_| proves_address) {
            Some(email) => is_as_proven.and(EMAIL.is(email)),
            None => is_as_proven,
        };
        let by_id = update(schema::user_by_id(user.user_id)).only_if(is_as_proven);
        self.ask_to_tell_of_password(user, now).await?;
        if user.password_expires_at == expires_at && !proves_address {
            return self.0.write_all([by_name, by_id]).await;
        }
        let listed = set_by_reset(listed_users::update(&self.0, user), expires_at, proves_address);
        listed_users::commit_with(&self.0, user, listed, vec![by_name, by_id]).await
    }

    /// Asks for the mail that tells `user` of a new password, which is about to be set; nothing for one without an address.
    ///
    /// A write of its own costs half of one in the transaction. It comes first, so that no end of the function loses the mail, and the
    /// mailer sends it if the password was set ([`LoginRow::password_epoch`](super::LoginRow::password_epoch)). All who set one in the same
    /// epoch ask for the same mail, of whom one succeeds.
    ///
    /// # Errors
    /// [`StoreError`] if the table does not answer.
    pub async fn ask_to_tell_of_password(&self, user: &UserRow, now: Timestamp) -> Result<(), StoreError> {
        let about = MailSubject::PasswordChanged { user: user.user_id, epoch: user.epoch };
        let id = RandomId::derived(Locator::of_password_change(user.user_id, user.epoch));
        match OutboxEntry::notice(user, MailRequest { id, requested_at: now, about }) {
            Some(notice) => notice.write(&self.0)?.send().await.map(drop),
            None => Ok(()),
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

/// Sets the password in the row under the name. What was counted against the former one no longer counts.
fn set_password<'d>(by_name: Write<'d, Update>, user: &UserRow, hash: &str, now: Timestamp) -> Write<'d, Update> {
    let update = by_name.set(PASSWORD_HASH, hash).set(PASSWORD_SET_AT, now).set(PASSWORD_EPOCH, user.epoch.saturating_add(1));
    update.remove(FAILED_ATTEMPT_IDS)
}

/// What a reset sets in every row of the user.
fn set_by_reset(update: Write<'_, Update>, expires_at: Option<Timestamp>, proves_address: bool) -> Write<'_, Update> {
    let update = update.set_or_remove(PASSWORD_EXPIRES_AT, expires_at);
    if proves_address { update.set(EMAIL_VERIFIED, AttributeValue::Bool(true)) } else { update }
}

/// The row under the name has the hash that `user` was read with, or none as then.
pub(super) fn has_hash_of(user: &UserRow) -> Condition {
    user.password_hash.as_ref().map_or_else(|| PASSWORD_HASH.is_absent(), |hash| PASSWORD_HASH.is(hash.expose()))
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

//! Passwords: how one is set, and what is told of it. Wrong ones are counted in [`failures`](super::failures).

use aws_sdk_dynamodb::types::AttributeValue;

use super::expression::Condition;
use super::schema::{
    self, DISABLED_AT, EMAIL, EMAIL_VERIFIED, EPOCH, FAILED_ATTEMPT_IDS, PASSWORD_EPOCH, PASSWORD_EXPIRES_AT, PASSWORD_HASH,
    PASSWORD_SET_AT, USER_ID,
};
use super::update::Update;
use super::write::Write;
use super::{OutboxEntry, StoreError, UserRow, Users, listed_users};
use crate::domain::{Locator, MailRequest, MailSubject, RandomId, Timestamp, Username};

impl Users {
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
    /// for it. `began_in` is the epoch in which the change was tried first, by which a later try asks for the same mail. It is one transaction, so a retry after a lost answer returns `true` too.
    ///
    /// # Errors
    /// [`StoreError`] if the table does not answer.
    pub async fn change_password(
        &self,
        user: &UserRow,
        began_in: u64,
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
        self.ask_to_tell_of_password(user, began_in, now).await?;
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
        self.ask_to_tell_of_password(user, user.epoch, now).await?;
        if user.password_expires_at == expires_at && !proves_address {
            return self.0.write_all([by_name, by_id]).await;
        }
        let listed = set_by_reset(listed_users::update(&self.0, user), expires_at, proves_address);
        listed_users::commit_with(&self.0, user, listed, vec![by_name, by_id]).await
    }

    /// Asks for the mail that tells `user` of a new password, which is about to be set; nothing for one without an address.
    ///
    /// A write of its own costs half of one in the transaction. It comes first, so that no end of the function loses the mail, and the
    /// mailer sends it if the password was set ([`LoginRow::password_epoch`](super::LoginRow::password_epoch)). All who begin to
    /// set one in the same epoch ask for the same mail, of whom one succeeds.
    ///
    /// # Errors
    /// [`StoreError`] if the table does not answer.
    pub async fn ask_to_tell_of_password(&self, user: &UserRow, began_in: u64, now: Timestamp) -> Result<(), StoreError> {
        let about = MailSubject::PasswordChanged { user: user.user_id, epoch: user.epoch };
        let id = RandomId::derived(Locator::of_password_change(user.user_id, began_in));
        match OutboxEntry::notice(user, MailRequest { id, requested_at: now, about }) {
            Some(notice) => notice.write(&self.0)?.send().await.map(drop),
            None => Ok(()),
        }
    }
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

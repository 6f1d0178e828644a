//! Changes of a user: all rows of that user in one transaction.

use aws_sdk_dynamodb::types::AttributeValue;
use thiserror::Error;

use super::email_addresses::Release;
use super::expression::Condition;
use super::listed_users;
use super::schema::{self, ACL, DISABLED_AT, EMAIL, EMAIL_VERIFIED, EPOCH, FIRST_NAME, LAST_NAME, USER_ID};
use super::transaction::{Outcome, Transaction};
use super::update::Update;
use super::write::Write;
use super::{OutboxEntry, StoreError, UserRow, Users, email_addresses};
use crate::domain::{Acl, EmailAddress, Locator, MailRequest, MailSubject, Timestamp, Username};

/// What changes in a user; an absent value stays as it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UserChange {
    /// The new address; `Some(None)` removes it.
    pub email: Option<Option<String>>,
    /// Whether the user has proven that the new address is theirs.
    pub email_is_proven: bool,
    /// The new first name; `Some(None)` removes it.
    pub first_name: Option<Option<String>>,
    /// The new last name; `Some(None)` removes it.
    pub last_name: Option<Option<String>>,
    /// Since when the user is disabled; `Some(None)` enables the user.
    pub disabled_at: Option<Option<Timestamp>>,
    /// The new ACL, whole.
    pub acl: Option<Acl>,
    /// Whether a new epoch begins, which ends all logins.
    pub next_epoch: bool,
}

impl UserChange {
    /// Disables the user and begins a new epoch.
    #[must_use]
    pub fn disable(now: Timestamp) -> Self {
        Self { disabled_at: Some(Some(now)), next_epoch: true, ..Self::default() }
    }

    /// The change without what is so already. A user who is disabled begins a new epoch, and so does one who gets another mailbox: they
    /// must log in again, and every link that was mailed to them before is dead.
    #[must_use]
    pub fn of(self, user: &UserRow) -> Self {
        let is_new = |new: &Option<String>, old: &Option<String>| new != old;
        let disabled_at = self.disabled_at.filter(|at| at.is_some() == user.is_active());
        let mut change = Self {
            email: self.email.filter(|email| self.email_is_proven || is_new(email, &user.email)),
            email_is_proven: self.email_is_proven,
            first_name: self.first_name.filter(|name| is_new(name, &user.first_name)),
            last_name: self.last_name.filter(|name| is_new(name, &user.last_name)),
            disabled_at,
            acl: self.acl.filter(|acl| *acl != user.acl),
            next_epoch: self.next_epoch,
        };
        let place = |address: EmailAddress| address.place();
        let moves = change.email.is_some() && change.mailbox().map(place) != user.mailbox().map(place);
        change.next_epoch |= disabled_at.flatten().is_some() || moves;
        change
    }

    /// The new address, if there is one and it can be one.
    fn mailbox(&self) -> Option<EmailAddress> {
        self.email.as_ref()?.as_ref()?.parse().ok()
    }

    /// Whether nothing changes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Sets what changes, but for the epoch, in a row of `user`; `acl` is the text of the new ACL.
    fn set_in<'d>(&self, update: Write<'d, Update>, user: &UserRow, acl: Option<&str>) -> Write<'d, Update> {
        // An update must set something.
        let update = update.set(USER_ID, user.user_id).set_some(ACL, acl);
        let update = set(set(set(update, EMAIL, &self.email), FIRST_NAME, &self.first_name), LAST_NAME, &self.last_name);
        let update = match (&self.email, self.email_is_proven) {
            (None, _) => update,
            (Some(_), false) => update.remove(EMAIL_VERIFIED),
            (Some(_), true) => update.set(EMAIL_VERIFIED, AttributeValue::Bool(true)),
        };
        match self.disabled_at {
            Some(disabled_at) => update.set_or_remove(DISABLED_AT, disabled_at),
            None => update,
        }
    }

    /// The user after the change.
    #[must_use]
    pub fn applied_to(&self, user: &UserRow) -> UserRow {
        let after = self.clone();
        UserRow {
            email_verified: if after.email.is_some() { after.email_is_proven } else { user.email_verified },
            email: after.email.unwrap_or_else(|| user.email.clone()),
            first_name: after.first_name.unwrap_or_else(|| user.first_name.clone()),
            last_name: after.last_name.unwrap_or_else(|| user.last_name.clone()),
            disabled_at: after.disabled_at.unwrap_or(user.disabled_at),
            acl: after.acl.unwrap_or_else(|| user.acl.clone()),
            epoch: user.epoch.saturating_add(u64::from(after.next_epoch)),
            ..user.clone()
        }
    }
}

/// Why a user was not changed.
#[derive(Debug, Error)]
pub enum UserChangeError {
    /// The new address is another user's.
    #[error("the address is taken")]
    EmailTaken,
    /// The table did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Users {
    /// Changes all rows of a user if the one under the id is as it was read: the same id, epoch, state, address and ACL. `false` if
    /// somebody else changed or deleted the user meanwhile; nothing is written then. The row of a new address is written in the same
    /// transaction, and that of the former one deleted.
    ///
    /// An address that ceases to be the user's is sent a notice, which the same transaction asks for. One that had no effect is not: it
    /// may be somebody else's.
    ///
    /// One transaction, so a retry after a lost answer returns `true` too. A user of an earlier release who is not listed
    /// yet takes a second one.
    ///
    /// # Errors
    /// [`UserChangeError`]
    pub async fn change<'d>(&'d self, user: &UserRow, change: &UserChange, now: Timestamp) -> Result<bool, UserChangeError> {
        let Some(is_unchanged) = self.is_as_read(user).await? else { return Ok(false) };
        let acl = change.acl.as_ref().map(serde_json::to_string).transpose().map_err(StoreError::corrupt)?;
        let acl = acl.as_deref();
        let epoch = change.next_epoch.then(|| user.epoch.saturating_add(1));
        let by_name = self.0.users().update(schema::user_by_name(&Username::normalised(&user.username)));
        let by_id = self.0.users().update(schema::user_by_id(user.user_id));
        let [by_name, by_id] = [by_name, by_id].map(|update| change.set_in(update, user, acl).set_some(EPOCH, epoch));
        let writes = [by_name.only_if(USER_ID.is(user.user_id)), by_id.only_if(is_unchanged)];
        let listed = change.set_in(listed_users::update(&self.0, user), user, acl);

        let new = change.mailbox();
        let former = user.mailbox().filter(|former| change.email.is_some() && new.as_ref().is_none_or(|new| new.place() != former.place()));
        let release = match &former {
            Some(former) => Some(email_addresses::release(&self.0, user.user_id, former).await?),
            None => None,
        };
        let notice = match (&former, &release) {
            (Some(former), Some(Release::Own(_))) => {
                let about = MailSubject::EmailChanged { user: user.user_id, address: former.clone() };
                Some(OutboxEntry::new(Locator::of_user(user.user_id), MailRequest::new(about, now)).write(&self.0)?)
            }
            _ => None,
        };
        let add = |transaction: &mut Transaction<'d>| {
            for write in writes.clone() {
                transaction.add(write);
            }
            if let Some(notice) = &notice {
                transaction.add(notice.clone());
            }
            if let Some(release) = &release {
                transaction.add(release.clone());
            }
            new.as_ref().map_or_else(|| Ok(Vec::new()), |new| email_addresses::claim(&self.0, transaction, user, new))
        };
        match listed_users::commit(&self.0, user, listed, add).await? {
            (Outcome::Committed, _) => Ok(true),
            (Outcome::Refused(refusal), claims) if claims.iter().any(|claim| refusal.is_of(*claim)) => Err(UserChangeError::EmailTaken),
            (Outcome::Refused(_), _) => Ok(false),
        }
    }

    /// The condition that the row under the id is as it was read in everything that decides about rights, and in the address, whose row
    /// belongs to it; `None` if it is not any more. Only the text of the ACL can be a condition, and a row that somebody wrote by hand may have other white
    /// space: one GetItem.
    pub(super) async fn is_as_read(&self, user: &UserRow) -> Result<Option<Condition>, StoreError> {
        let users = self.0.users();
        let request = users.client.get_item().table_name(users.name).set_key(Some(schema::user_by_id(user.user_id))).consistent_read(true);
        let row = request.projection_expression(ACL.name()).send().await?.item;
        let text = row.and_then(|mut row| row.remove(ACL.name())).and_then(|text| text.as_s().ok().cloned());
        let text = text.filter(|text| serde_json::from_str(text).is_ok_and(|acl: Acl| acl == user.acl));
        let state = user.disabled_at.map_or_else(|| DISABLED_AT.is_absent(), |at| DISABLED_AT.is(at));
        let email = user.email.as_deref().map_or_else(|| EMAIL.is_absent(), |email| EMAIL.is(email));
        Ok(text.map(|text| USER_ID.is(user.user_id).and(EPOCH.is(user.epoch)).and(state).and(email).and(ACL.is(text))))
    }
}

fn set<'d>(update: Write<'d, Update>, attribute: schema::Attribute, new: &Option<Option<String>>) -> Write<'d, Update> {
    match new {
        Some(value) => update.set_or_remove(attribute, value.as_deref()),
        None => update,
    }
}

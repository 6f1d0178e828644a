//! Wrong passwords in a row. They are counted in the user's row, and too many disable the password.

use serde::Deserialize;

use super::expression::Stored;
use super::rows::unix;
use super::schema::{self, FAILED_ATTEMPT_IDS, Item, PASSWORD_EPOCH, PASSWORD_SET_AT, PK, USER_ID};
use super::transaction::Outcome;
use super::update::Updated;
use super::{OutboxEntry, StoreError, UserRow, Users};
use crate::domain::{AttemptId, MailRequest, MailSubject, Timestamp, Username};

/// The wrong passwords in a row that disable a password: "no more than 100", says NIST SP 800-63B-4, section 3.2.2.
pub const MOST_FAILURES: u32 = 100;

/// How many there are before the last one, which is counted in another way.
const BEFORE_THE_LAST: u32 = MOST_FAILURES - 1;

/// How often a count is tried, each time with the row as somebody else left it.
const ATTEMPTS: usize = 5;

/// A user as a login needs it.
#[derive(Clone, Debug)]
pub struct LoginRow {
    /// The user, with the password's hash.
    pub user: UserRow,
    /// How many wrong passwords there were since the last right one, or since the password was set.
    pub failures: u32,
    /// When the password was set by its owner or an operator, if it is not the first one.
    pub password_set_at: Option<Timestamp>,
    /// The epoch that began with that; 0 where none did.
    pub password_epoch: u64,
}

impl LoginRow {
    /// The attributes of the row that tell of the password, and stay where the user is written anew.
    pub(super) fn of_password(&self) -> Item {
        let set_at = self.password_set_at.map(|at| (PASSWORD_SET_AT.name().to_owned(), at.stored()));
        let epoch = Some(self.password_epoch).filter(|epoch| *epoch > 0);
        let epoch = epoch.map(|epoch| (PASSWORD_EPOCH.name().to_owned(), epoch.stored()));
        set_at.into_iter().chain(epoch).collect()
    }

    /// Whether the password is disabled: right or wrong, it proves nothing until it is set anew or an operator unlocks it.
    #[must_use]
    pub fn password_is_disabled(&self) -> bool {
        self.failures >= MOST_FAILURES
    }
}

/// What is read of a row that counts failures.
#[derive(Deserialize)]
struct Failures {
    #[serde(default, deserialize_with = "serde_dynamo::string_set::deserialize")]
    failed_attempt_ids: Vec<String>,
    #[serde(default, with = "unix::option")]
    password_set_at: Option<Timestamp>,
    #[serde(default)]
    password_epoch: u64,
}

impl Failures {
    fn count(&self) -> u32 {
        u32::try_from(self.failed_attempt_ids.len()).unwrap_or(u32::MAX)
    }
}

impl Users {
    /// The user of that name, with the password's hash and the count of wrong passwords. One consistent GetItem.
    ///
    /// # Errors
    /// [`StoreError`] if the table does not answer.
    pub async fn find_for_login(&self, name: &Username) -> Result<Option<LoginRow>, StoreError> {
        let Some(item) = self.0.users().find_item(schema::user_by_name(name)).await? else { return Ok(None) };
        let failures: Failures = serde_dynamo::from_item(item.clone())?;
        let (count, Failures { password_set_at, password_epoch, .. }) = (failures.count(), failures);
        Ok(Some(LoginRow { user: serde_dynamo::from_item(item)?, failures: count, password_set_at, password_epoch }))
    }

    /// Counts a wrong password of the user of that name, who was read as `found`, and returns how many there were in a row with it.
    /// `None` if there is no such user, or [`MOST_FAILURES`] were counted before. The same attempt counts once, however often it is
    /// sent.
    ///
    /// The last failure is counted in a transaction that also asks for a mail to the user: whatever comes at the same instant, one
    /// request counts it, and one mail goes out. A user without a password or without an address, and a disabled one, gets none.
    ///
    /// One request, for an unknown name too; another one if somebody else changed the count since it was read.
    ///
    /// # Errors
    /// [`StoreError`] if the table does not answer.
    pub async fn count_failure(
        &self,
        name: &Username,
        found: Option<&LoginRow>,
        attempt: AttemptId,
        now: Timestamp,
    ) -> Result<Option<u32>, StoreError> {
        let user = found.map(|found| &found.user);
        let mut failures = found.map_or(0, |found| found.failures);
        for _ in 0..ATTEMPTS {
            let counted = match user.filter(|_| failures == BEFORE_THE_LAST) {
                Some(user) => self.count_last_failure(name, user, attempt, now).await?,
                None => self.count_early_failure(name, attempt).await?,
            };
            match counted {
                Updated::Written(count) => return Ok(Some(count)),
                Updated::Refused(Some(count)) if count < MOST_FAILURES && count != failures => failures = count,
                // Nobody has the name, the password is disabled, or the name is somebody else's by now.
                Updated::Refused(_) => return Ok(None),
            }
        }
        Err(StoreError::contended())
    }

    /// Counts any failure but the last one. One UpdateItem.
    async fn count_early_failure(&self, name: &Username, attempt: AttemptId) -> Result<Updated<u32>, StoreError> {
        let is_left = FAILED_ATTEMPT_IDS.is_absent().or(FAILED_ATTEMPT_IDS.has_fewer_than(BEFORE_THE_LAST));
        let is_left = is_left.or(FAILED_ATTEMPT_IDS.contains(attempt));
        let update = self.0.users().update(schema::user_by_name(name)).add_member(FAILED_ATTEMPT_IDS, attempt);
        Ok(match update.only_if(PK.exists().and(is_left)).send_and_read::<Failures>().await? {
            Updated::Written(row) => Updated::Written(row.count()),
            Updated::Refused(row) => Updated::Refused(row.as_ref().map(Failures::count)),
        })
    }

    /// Counts the last failure, and asks for the mail that tells of it. One transaction, so that a retry after a lost answer does both
    /// once.
    async fn count_last_failure(
        &self,
        name: &Username,
        user: &UserRow,
        attempt: AttemptId,
        now: Timestamp,
    ) -> Result<Updated<u32>, StoreError> {
        let is_last = USER_ID.is(user.user_id).and(FAILED_ATTEMPT_IDS.has_exactly(BEFORE_THE_LAST));
        let update = self.0.users().update(schema::user_by_name(name)).add_member(FAILED_ATTEMPT_IDS, attempt);
        let mut transaction = self.0.transaction();
        let counted = transaction.add(update.only_if(is_last).or_return_row());
        let told = Some(user).filter(|user| user.is_active() && user.password_hash.is_some());
        let notice =
            told.and_then(|user| OutboxEntry::notice(user, MailRequest::new(MailSubject::SignInDisabled { user: user.user_id }, now)));
        if let Some(notice) = notice {
            transaction.add(notice.write(&self.0)?);
        }
        Ok(match transaction.commit().await? {
            Outcome::Committed => Updated::Written(MOST_FAILURES),
            Outcome::Refused(refusal) => {
                let row: Option<Failures> = refusal.row(counted).cloned().map(serde_dynamo::from_item).transpose()?;
                Updated::Refused(row.as_ref().map(Failures::count))
            }
        })
    }

    /// Forgets the wrong passwords of the user of that name; `false` if there were none. One UpdateItem.
    ///
    /// # Errors
    /// [`StoreError`] if the table does not answer.
    pub async fn forget_failures(&self, name: &Username) -> Result<bool, StoreError> {
        let update = self.0.users().update(schema::user_by_name(name)).remove(FAILED_ATTEMPT_IDS);
        update.only_if(FAILED_ATTEMPT_IDS.exists()).send().await
    }
}

//! The erasure of a user, in steps each of which can be done again.
//!
//! 1. The user is disabled: from then on nothing works in that name, and nothing new is made in it.
//! 2. The rows in the user's own partitions are deleted: API keys, sessions, one-time tokens, attempts, mails.
//! 3. The name is freed, and everything that tells who the user was is deleted, in one transaction. What stays is the id,
//!    disabled and marked as erased, and the order to look for what names it elsewhere.
//! 4. Rows in the partitions of others that name the id (entity tokens, tokens and sessions that the user issued, what an
//!    `Idempotency-Key` made) are found by a scan and deleted, and then the id.
//!
//! A request does the first three, and does them again where it is repeated. The fourth takes a scan, which no request
//! waits for: the `eraser` does it on its next day. The operator's program does it before the third, so that an
//! erasure that was interrupted is found by the user's name.

use futures_util::future::{try_join, try_join_all, try_join3};
use serde::{Deserialize, Serialize};

use super::directory::{Cursor, FoundSession, FoundToken, Page, Segment};
use super::email_addresses::{is_theirs, release};
use super::rows::unix;
use super::schema::{self, EMAIL, ERASURES, PK, SUBJECT, USER_ID};
use super::transaction::Outcome;
use super::{Database, Directory, StoreError, UserChange, UserChangeError, UserRow, Users};
use crate::domain::{Acl, EmailAddress, Locator, Subject, Timestamp, UserId, Username};

/// An erasure that is not finished.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ErasureRow {
    /// The user.
    pub user_id: UserId,
    /// When the user's name was freed.
    #[serde(with = "unix")]
    pub erased_at: Timestamp,
}

/// How many rows of a user's own partitions were deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OwnRows {
    /// Sessions and one-time tokens.
    pub sessions: usize,
    /// API keys, attempts and mails.
    pub tokens: usize,
}

/// Erases users.
#[derive(Clone, Debug)]
pub struct Erasure(Database);

impl Erasure {
    /// Erasures in `database`.
    #[must_use]
    pub fn new(database: &Database) -> Self {
        Self(database.clone())
    }

    /// The first step. Returns the user as disabled, unless somebody else changed the user meanwhile.
    ///
    /// # Errors
    /// [`StoreError`] if a table does not answer.
    pub async fn disable(&self, user: &UserRow, now: Timestamp) -> Result<Option<UserRow>, StoreError> {
        if !user.is_active() {
            return Ok(Some(user.clone()));
        }
        let disable = UserChange::disable(now);
        let is_disabled = match Users::new(&self.0).change(user, &disable, now).await {
            Ok(is_disabled) => is_disabled,
            // It changes no address.
            Err(UserChangeError::EmailTaken) => false,
            Err(UserChangeError::Store(error)) => return Err(error),
        };
        Ok(is_disabled.then(|| disable.applied_to(user)))
    }

    /// The second and the third step, for a user who is disabled. `false` if somebody else changed the user meanwhile.
    ///
    /// # Errors
    /// [`StoreError`] if a table does not answer. Doing it again, with the user as read again, finishes it.
    pub async fn erase(&self, disabled: &UserRow, now: Timestamp) -> Result<bool, StoreError> {
        self.delete_own_rows(disabled.user_id, disabled.mailbox().as_ref()).await?;
        self.free_name(disabled, now).await
    }

    /// The second step: a Query for each of the user's partitions, and as few deletions as possible. `mailbox` is the user's
    /// address, as long as it is known.
    ///
    /// # Errors
    /// [`StoreError`] if a table does not answer.
    pub async fn delete_own_rows(&self, user: UserId, mailbox: Option<&EmailAddress>) -> Result<OwnRows, StoreError> {
        let directory = Directory::new(&self.0);
        // A user can have been a customer before there was a user of that id.
        let subjects = [Subject::User(user), Subject::customer(&user.into())];
        let [one, other] = subjects.map(|subject| self.0.sessions().query_items(SUBJECT.is(subject.locator())));
        let place = Locator::of_user(user);
        let partitions = [schema::api_keys_of(user), schema::otp_attempts_of(&place), schema::outbox_of(&place)];
        let partitions = partitions.into_iter().chain(mailbox.map(|address| schema::mailbox_of(&address.place())));
        let tokens = try_join_all(partitions.map(|partition| {
            let directory = &directory;
            async move { directory.token_keys_in(&partition).await }
        }));
        let (one, other, tokens) = try_join3(one, other, tokens).await?;
        let tokens = tokens.concat();
        let sessions: Vec<_> = one.into_iter().chain(other).map(schema::session_key).collect();
        try_join(directory.delete_sessions(&sessions), directory.delete_tokens(&tokens)).await?;
        Ok(OwnRows { sessions: sessions.len(), tokens: tokens.len() })
    }

    /// The third step. `false` if the user is not as read any more.
    async fn free_name(&self, user: &UserRow, now: Timestamp) -> Result<bool, StoreError> {
        let (users, address) = (Users::new(&self.0), user.mailbox());
        let released = async {
            match &address {
                Some(address) => release(&self.0, user.user_id, address).await.map(Some),
                None => Ok(None),
            }
        };
        let (is_unchanged, released) = try_join(users.is_as_read(user), released).await?;
        let Some(is_unchanged) = is_unchanged else { return Ok(false) };
        let erased = UserRow {
            user_id: user.user_id,
            username: String::new(),
            email: None,
            email_verified: false,
            first_name: None,
            last_name: None,
            created_at: user.created_at,
            password_expires_at: None,
            disabled_at: user.disabled_at,
            erased_at: Some(now),
            epoch: user.epoch,
            acl: Acl::default(),
            password_hash: None,
        };
        let order = ErasureRow { user_id: user.user_id, erased_at: now };
        let name = Username::normalised(&user.username);
        let is_theirs = || is_theirs(user.user_id);
        let mut transaction = self.0.transaction();
        transaction.add(self.0.users().delete(schema::user_by_name(&name)).only_if(is_theirs()));
        if let Some(released) = released {
            transaction.add(released);
        }
        transaction.add(self.0.users().put(schema::user_by_id(user.user_id), &erased)?.only_if(is_unchanged));
        transaction.add(self.0.tokens().delete(schema::listed_user(&name)).only_if(is_theirs()));
        transaction.add(self.0.tokens().put(schema::erasure(user.user_id), &order)?);
        Ok(matches!(transaction.commit().await?, Outcome::Committed))
    }

    /// The erasures that are not finished.
    ///
    /// # Errors
    /// [`StoreError`] if the table does not answer.
    pub async fn unfinished(&self) -> Result<Vec<ErasureRow>, StoreError> {
        self.0.tokens().query(PK.is(ERASURES)).await
    }

    /// A page of the fourth step: deletes what it finds in the sessions, and returns it.
    ///
    /// # Errors
    /// [`StoreError`] if the table does not answer, or a row cannot be read.
    pub async fn sweep_sessions(
        &self,
        subjects: &[String],
        segment: Segment,
        from: Option<Cursor>,
    ) -> Result<Page<FoundSession>, StoreError> {
        let directory = Directory::new(&self.0);
        let page = directory.sessions_about(subjects, segment, from).await?;
        let keys: Vec<_> = page.rows.iter().map(FoundSession::key).collect();
        directory.delete_sessions(&keys).await?;
        Ok(page)
    }

    /// The same in the tokens.
    ///
    /// # Errors
    /// [`StoreError`] if the table does not answer, or a row cannot be read.
    pub async fn sweep_tokens(&self, subjects: &[String], segment: Segment, from: Option<Cursor>) -> Result<Page<FoundToken>, StoreError> {
        let directory = Directory::new(&self.0);
        let page = directory.tokens_about(subjects, segment, from).await?;
        let keys: Vec<_> = page.rows.iter().map(|token| token.key.clone()).collect();
        directory.delete_tokens(&keys).await?;
        Ok(page)
    }

    /// The end: deletes the id and the order, and the other rows of a user whose name was not freed. `false` if one of
    /// them belongs to another user, or the user has another address by now.
    ///
    /// # Errors
    /// [`StoreError`] if the table does not answer.
    pub async fn finish(&self, user: UserId, unfreed: Option<&UserRow>) -> Result<bool, StoreError> {
        let (users, tokens) = (self.0.users(), self.0.tokens());
        let mut transaction = self.0.transaction();
        let mut is_as_read = is_theirs(user);
        if let Some(row) = unfreed {
            let name = Username::normalised(&row.username);
            let email = row.email.as_deref().map_or_else(|| EMAIL.is_absent(), |email| EMAIL.is(email));
            is_as_read = PK.is_absent().or(USER_ID.is(user).and(email));
            transaction.add(users.delete(schema::user_by_name(&name)).only_if(is_theirs(user)));
            transaction.add(tokens.delete(schema::listed_user(&name)).only_if(is_theirs(user)));
            if let Some(address) = row.mailbox() {
                transaction.add(release(&self.0, user, &address).await?);
            }
        }
        transaction.add(users.delete(schema::user_by_id(user)).only_if(is_as_read));
        transaction.add(tokens.delete(schema::erasure(user)));
        Ok(matches!(transaction.commit().await?, Outcome::Committed))
    }
}

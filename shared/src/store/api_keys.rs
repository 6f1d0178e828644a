//! Auth headers, which are named API keys: a row each in their owner's partition. The token itself is never stored.
//!
//! A user has at most [`MAX_API_KEYS`]. A row beside the keys, the allowance, says how many were ever added, and how far that
//! number may go. An add raises the number in its own transaction, and fails where it has reached the limit. It then counts the keys
//! that are there, and raises the limit by what is missing. No key is added between the two, for that would raise the number, so
//! there are never more keys than were counted. A deletion leaves the row alone: it costs nothing more, needs no other right, and
//! no count can drift.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::expression::Condition;
use super::rows::{json, unix};
use super::schema::{self, DISABLED_AT, KEY_PREFIX, KEYS_ADDED, KEYS_LIMIT, PK, SK};
use super::transaction::{Outcome, Refusal, WriteId};
use super::update::Update;
use super::write::Write;
use super::{Database, IdempotencyGuard, LoginSession, OutboxEntry, RepeatError, StoreError, UserRow};
use crate::domain::{Acl, KeyId, Locator, MailRequest, MailSubject, RandomId, Timestamp, UserId};

/// An API key.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ApiKeyRow {
    /// The owner.
    pub user_id: UserId,
    /// The key's id.
    pub key_id: KeyId,
    /// What the owner calls it; names may repeat.
    pub name: String,
    /// When it was created.
    #[serde(with = "unix")]
    pub created_at: Timestamp,
    /// The number of the token key that it is sealed under.
    pub sealed_under: u8,
    /// What it may do, if less than its owner.
    #[serde(default, with = "json::option", skip_serializing_if = "Option::is_none")]
    pub acl: Option<Acl>,
}

/// The most API keys of a user.
pub const MAX_API_KEYS: u32 = 1000;

/// How many keys a user may add before the first count. Most users never add as many, and nobody counts for them. Keys from before there
/// was a limit are found by the first count.
const UNCOUNTED: u32 = 10;

/// How often an add is tried while others use up what it has counted.
const ATTEMPTS: usize = 5;

/// How many API keys a user may still add.
#[derive(Debug, Serialize, Deserialize)]
pub struct AllowanceRow {
    /// How many were added, deleted ones too. It only grows.
    keys_added: u64,
    /// What that number may grow to.
    keys_limit: u64,
}

/// Some of a user's keys.
#[derive(Clone, Debug)]
pub struct ApiKeyPage {
    /// The keys, oldest first.
    pub rows: Vec<ApiKeyRow>,
    /// The place after which the list goes on, if there are more.
    pub next: Option<Locator>,
}

/// Why no key was created.
#[derive(Debug, Error)]
pub enum NewApiKeyError {
    /// The session has ended, or its user is disabled.
    #[error("the session is not live")]
    SessionEnded,
    /// The user has [`MAX_API_KEYS`].
    #[error("the user has as many keys as a user may have")]
    TooMany,
    /// The request's `Idempotency-Key` has been used.
    #[error(transparent)]
    Repeated(#[from] RepeatError),
    /// The table did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why no key was deleted.
#[derive(Debug, Error)]
pub enum DeleteApiKeyError {
    /// The session has ended, or its user is disabled.
    #[error("the session is not live")]
    SessionEnded,
    /// The owner has no such key.
    #[error("no such key")]
    NotFound,
    /// The table did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Reads and writes API keys.
#[derive(Clone, Debug)]
pub struct ApiKeys(Database);

impl ApiKeys {
    /// The API keys in `database`.
    #[must_use]
    pub fn new(database: &Database) -> Self {
        Self(database.clone())
    }

    /// Creates a key if the owner's session is live and the owner has fewer than [`MAX_API_KEYS`]: one transaction, another one if the
    /// session has moved to a later epoch than its JWT's, and a count where the allowance is used up. Returns its row, or the row that
    /// the same request created before.
    ///
    /// Of a hundred callers at the same instant, one gets the last key that a user may have. The owner is told by mail of each key that
    /// is made.
    ///
    /// # Errors
    /// [`NewApiKeyError::SessionEnded`] if the session is not live at that instant, even if the request is a repeated
    /// one; [`NewApiKeyError::TooMany`].
    pub async fn insert_new(
        &self,
        row: ApiKeyRow,
        session: &LoginSession,
        guard: Option<&IdempotencyGuard>,
    ) -> Result<ApiKeyRow, NewApiKeyError> {
        let mut session = *session;
        let notice = OutboxEntry::new(Locator::of_user(row.user_id), MailRequest::new(tells_of(&row), row.created_at));
        for _ in 0..ATTEMPTS {
            let mut transaction = self.0.transaction();
            let user = session.check_in(&mut transaction, &self.0);
            transaction.add(notice.write(&self.0)?);
            let put = self.0.tokens().put(schema::api_key(row.user_id, row.key_id), &row)?;
            transaction.add(put.only_if(PK.is_absent()));
            let allowance = transaction.add(use_allowance(&self.0, row.user_id));
            let guarded = match guard {
                Some(guard) => Some((guard, transaction.add(guard.insert(&self.0, RandomId::from_bytes(*row.key_id.bytes()), None)?))),
                None => None,
            };
            let Outcome::Refused(refusal) = transaction.commit().await? else { return Ok(row) };
            if let Some(moved) = session.moved(&refusal, user)? {
                session = moved;
                continue;
            }
            match guarded {
                Some((guard, write)) if refusal.is_of(write) && refusal.is_only_among(&[write, allowance]) => {
                    let (id, _) = guard.made(refusal.row(write))??;
                    let id = KeyId::from_bytes(*id.bytes());
                    let made = self.0.tokens().find(schema::api_key(session.user, id)).await?;
                    return Ok(made.ok_or(RepeatError::Gone)?);
                }
                _ if refusal.is_only_of(allowance) => self.renew_allowance(row.user_id, &refusal, allowance).await?,
                _ => return Err(NewApiKeyError::SessionEnded),
            }
        }
        Err(StoreError::contended().into())
    }

    /// Creates a key for `owner`, if they are active and have fewer than [`MAX_API_KEYS`], whoever asks: an operator. The owner is told
    /// by mail.
    ///
    /// # Errors
    /// [`NewApiKeyError::SessionEnded`] if the owner is disabled or gone; [`NewApiKeyError::TooMany`].
    pub async fn insert_for(&self, owner: &UserRow, row: &ApiKeyRow) -> Result<(), NewApiKeyError> {
        let notice = OutboxEntry::notice(owner, MailRequest::new(tells_of(row), row.created_at));
        for _ in 0..ATTEMPTS {
            let mut transaction = self.0.transaction();
            let is_active = PK.exists().and(DISABLED_AT.is_absent());
            transaction.add(self.0.users().check(schema::user_by_id(row.user_id)).only_if(is_active));
            transaction.add(self.0.tokens().put(schema::api_key(row.user_id, row.key_id), row)?.only_if(PK.is_absent()));
            if let Some(notice) = &notice {
                transaction.add(notice.write(&self.0)?);
            }
            let allowance = transaction.add(use_allowance(&self.0, row.user_id));
            match transaction.commit().await? {
                Outcome::Committed => return Ok(()),
                Outcome::Refused(refusal) if refusal.is_only_of(allowance) => {
                    self.renew_allowance(row.user_id, &refusal, allowance).await?;
                }
                Outcome::Refused(_) => return Err(NewApiKeyError::SessionEnded),
            }
        }
        Err(StoreError::contended().into())
    }

    /// Counts the keys of `user` and allows what is missing, unless a key was added since `refusal` was read: then the next attempt
    /// tells.
    async fn renew_allowance(&self, user: UserId, refusal: &Refusal, allowance: WriteId) -> Result<(), NewApiKeyError> {
        let used_up = refusal.row(allowance).cloned().ok_or_else(StoreError::answered_without_row)?;
        let used_up: AllowanceRow = serde_dynamo::from_item(used_up).map_err(StoreError::from)?;
        let count = self.0.tokens().count(keys_of(user)).await?;
        let missing = u64::from(MAX_API_KEYS).checked_sub(count).filter(|missing| *missing > 0).ok_or(NewApiKeyError::TooMany)?;
        let update = self.0.tokens().update(schema::api_key_allowance(user)).set(KEYS_LIMIT, used_up.keys_added.saturating_add(missing));
        update.only_if(KEYS_ADDED.is(used_up.keys_added)).send().await?;
        Ok(())
    }

    /// At most `limit` keys of a user, after the one at `after`; fewer if their names and ACLs are long. Which keys a page has is decided
    /// by their places and not by their age. One Query, another one for each megabyte.
    ///
    /// # Errors
    /// [`StoreError`] if the table does not answer.
    pub async fn page(&self, user: UserId, after: Option<Locator>, limit: u32) -> Result<ApiKeyPage, StoreError> {
        let after = after.map(|place| schema::api_key_at(user, &place));
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let (mut rows, mut has_more): (Vec<ApiKeyRow>, _) = self.0.tokens().query_page(keys_of(user), after, limit).await?;
        let fitting = how_many_fit(&rows);
        if fitting < rows.len() {
            rows.truncate(fitting);
            has_more = true;
        }
        let last = rows.last().map(|row| Locator::of_api_key(row.key_id));
        rows.sort_by_key(|row| (row.created_at, row.key_id));
        Ok(ApiKeyPage { rows, next: last.filter(|_| has_more) })
    }

    /// All keys of a user, oldest first; a Query for each megabyte.
    ///
    /// # Errors
    /// [`StoreError`] if the table does not answer.
    pub async fn list(&self, user: UserId) -> Result<Vec<ApiKeyRow>, StoreError> {
        let mut rows: Vec<ApiKeyRow> = self.0.tokens().query(keys_of(user)).await?;
        rows.sort_by_key(|row| (row.created_at, row.key_id));
        Ok(rows)
    }

    /// Deletes a key if its owner's session is live. One transaction, so that a retry after a lost answer succeeds too.
    ///
    /// # Errors
    /// [`DeleteApiKeyError::NotFound`] if the owner has no such key.
    pub async fn delete(&self, id: KeyId, session: &LoginSession) -> Result<(), DeleteApiKeyError> {
        let mut session = *session;
        loop {
            let mut transaction = self.0.transaction();
            let user = session.check_in(&mut transaction, &self.0);
            let delete = transaction.add(self.0.tokens().delete(schema::api_key(session.user, id)).only_if(PK.exists()));
            let Outcome::Refused(refusal) = transaction.commit().await? else { return Ok(()) };
            match session.moved(&refusal, user)? {
                Some(moved) => session = moved,
                None if refusal.is_only_of(delete) => return Err(DeleteApiKeyError::NotFound),
                None => return Err(DeleteApiKeyError::SessionEnded),
            }
        }
    }
}

/// The mail that tells of a key.
fn tells_of(row: &ApiKeyRow) -> MailSubject {
    MailSubject::ApiKeyAdded { user: row.user_id, name: row.name.clone() }
}

/// All keys of a user.
fn keys_of(user: UserId) -> Condition {
    PK.is(schema::api_keys_of(user).as_str()).and(SK.begins_with(KEY_PREFIX))
}

/// Counts an added key, for a transaction. A refusal returns the row.
fn use_allowance(database: &Database, user: UserId) -> Write<'_, Update> {
    let update = database.tokens().update(schema::api_key_allowance(user)).increment(KEYS_ADDED);
    let update = update.set_to_former(KEYS_LIMIT, KEYS_LIMIT, UNCOUNTED);
    update.only_if(PK.is_absent().or(KEYS_ADDED.is_less_than(KEYS_LIMIT))).or_return_row()
}

/// The most bytes of names and ACLs on a page: Lambda takes an answer of 6 MB, in which each quotation mark has a backslash.
const MAX_PAGE_BYTES: usize = 2_000_000;

/// How many of `rows` go on one page, of which there is at least one.
fn how_many_fit(rows: &[ApiKeyRow]) -> usize {
    let bytes = |row: &ApiKeyRow| row.name.len() + row.acl.as_ref().map_or(0, |acl| serde_json::to_vec(acl).map_or(0, |text| text.len()));
    let mut sum = 0;
    let fitting = rows.iter().take_while(|row| {
        sum += bytes(row);
        sum <= MAX_PAGE_BYTES
    });
    fitting.count().max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_ends_before_lambdas_limit_and_is_never_empty() {
        let of = |name_bytes| ApiKeyRow {
            user_id: UserId::random(),
            key_id: KeyId::random(),
            name: "x".repeat(name_bytes),
            created_at: Timestamp::from_unix(0),
            sealed_under: 1,
            acl: None,
        };

        assert_eq!(how_many_fit(&vec![of(4_500); 1000]), 444);
        assert_eq!(how_many_fit(&vec![of(256); 1000]), 1000);
        assert_eq!(how_many_fit(&[of(MAX_PAGE_BYTES + 1), of(1)]), 1);
    }
}

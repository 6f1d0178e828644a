//! What an `Idempotency-Key` made, so that a repeated request gets the same thing again.
//!
//! The guard row stands in a partition of its own and is written in the transaction that makes the thing: both or none, so
//! of two requests at the same instant one makes it. A key counts for the credential that it came with: another one of the
//! same user can use it again. What is made keeps a random id. An id derived from the key
//! alone would bring a deleted token's text back to life as soon as somebody repeats the key.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::rows::unix;
use super::schema::{self, EXPIRES_AT, Item, Key, PK};
use super::write::{Put, Write};
use super::{Database, StoreError};
use crate::domain::{IdempotencyKey, Locator, RandomId, Timestamp, UserId};

/// How long a key is remembered.
const TTL_SECONDS: u32 = 86_400;

/// Guards a request under an `Idempotency-Key` against being done twice.
#[derive(Clone, Debug)]
pub struct IdempotencyGuard {
    owner: UserId,
    key: Key,
    request_hash: String,
    now: Timestamp,
}

/// What was made, and for which request.
#[derive(Debug, Serialize, Deserialize)]
pub struct IdempotencyRow {
    /// Whose request it was.
    user_id: UserId,
    made_id: RandomId,
    /// The place of a one-time token's customer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    subject: Option<Locator>,
    request_hash: String,
    #[serde(with = "unix")]
    expires_at: Timestamp,
}

/// Why a repeated request does not get what the first one made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RepeatError {
    /// The key was used for another request.
    #[error("the key was used for another request")]
    OtherRequest,
    /// What the key made is gone.
    #[error("what the key made is gone")]
    Gone,
}

impl IdempotencyGuard {
    /// The guard for the request of `owner`, by `credential`, to `operation` whose content is `request_hash`.
    #[must_use]
    pub fn new((owner, credential): (UserId, &str), operation: &str, key: &IdempotencyKey, request_hash: String, now: Timestamp) -> Self {
        Self { owner, key: schema::idempotency(&key.place(credential, operation)), request_hash, now }
    }

    /// Remembers that this request makes `id`, for `subject` if that is part of its place, unless the key is in use.
    pub(super) fn insert<'d>(&self, database: &'d Database, id: RandomId, subject: Option<Locator>) -> Result<Write<'d, Put>, StoreError> {
        let (request_hash, expires_at) = (self.request_hash.clone(), self.now.plus(TTL_SECONDS));
        let row = IdempotencyRow { user_id: self.owner, made_id: id, subject, request_hash, expires_at };
        let put = database.tokens().put(self.key.clone(), &row)?;
        Ok(put.only_if(PK.is_absent().or(EXPIRES_AT.is_not_after(self.now))).or_return_row())
    }

    /// The id and the subject of what the same request made before, from the guard `row` that made
    /// [`IdempotencyGuard::insert`] fail.
    pub(super) fn made(&self, row: Option<&Item>) -> Result<Result<(RandomId, Option<Locator>), RepeatError>, StoreError> {
        let row = row.cloned().ok_or_else(StoreError::answered_without_row)?;
        let row: IdempotencyRow = serde_dynamo::from_item(row)?;
        Ok(if row.request_hash == self.request_hash { Ok((row.made_id, row.subject)) } else { Err(RepeatError::OtherRequest) })
    }
}

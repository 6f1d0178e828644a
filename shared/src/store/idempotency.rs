//! What an `Idempotency-Key` made, so that a repeated request gets the same thing again.
//!
//! The row stands in its owner's partition and is written in the transaction that makes the thing: both or none, and of two
//! requests at the same instant one makes it. What is made keeps a random id. An id derived from the key alone would bring a
//! deleted token's text to life again as soon as somebody repeats the key.

use aws_sdk_dynamodb::types::builders::TransactWriteItemBuilder;
use aws_sdk_dynamodb::types::{Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::rows::unix;
use super::schema::{self, EXPIRES_AT, Key, PK, n};
use super::transaction::Refusal;
use super::{Database, StoreError};
use crate::domain::{IdempotencyKey, RandomId, Timestamp, UserId};

/// How long a key is remembered.
const TTL_SECONDS: u32 = 86_400;

/// A request under an `Idempotency-Key`.
#[derive(Clone, Debug)]
pub struct Once {
    key: Key,
    request_hash: String,
    now: Timestamp,
}

/// What was made, and for which request.
#[derive(Debug, Serialize, Deserialize)]
struct Made {
    made_id: RandomId,
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

impl Once {
    /// The request of `owner` to `operation` whose content is `request_hash`.
    #[must_use]
    pub fn new(owner: UserId, operation: &str, key: &IdempotencyKey, request_hash: String, now: Timestamp) -> Self {
        Self { key: schema::idempotency(owner, &key.place(operation)), request_hash, now }
    }

    /// Remembers that this request makes `id`, unless the key is in use.
    pub(super) fn remember(&self, database: &Database, id: RandomId) -> Result<TransactWriteItemBuilder, StoreError> {
        let made = Made { made_id: id, request_hash: self.request_hash.clone(), expires_at: self.now.plus(TTL_SECONDS) };
        let mut item: Key = serde_dynamo::to_item(made)?;
        item.extend(self.key.clone());
        let put = Put::builder().table_name(&database.tables.tokens).set_item(Some(item));
        let put = put.condition_expression(format!("attribute_not_exists({PK}) OR {EXPIRES_AT} <= :now"));
        let put = put.expression_attribute_values(":now", n(self.now.unix()));
        let put = put.return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld).build()?;
        Ok(TransactWriteItem::builder().put(put))
    }

    /// The id of what the same request made before: what the refusal of [`Once::remember`] says.
    pub(super) fn made(&self, refusal: &Refusal) -> Result<Result<RandomId, RepeatError>, StoreError> {
        let row = refusal.row.clone().ok_or_else(|| StoreError::corrupt("a failed condition came without the row"))?;
        let made: Made = serde_dynamo::from_item(row)?;
        Ok(if made.request_hash == self.request_hash { Ok(made.made_id) } else { Err(RepeatError::OtherRequest) })
    }
}

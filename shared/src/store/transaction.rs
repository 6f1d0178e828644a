//! Several writes that are all done or none, and which of their conditions failed.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::TransactWriteItem;

use super::schema::Item;
use super::write::TransactionItem;
use super::{Database, StoreError};

/// Collects writes, and commits them all or none.
///
/// The SDK gives every call a `ClientRequestToken` that its retries repeat: a transaction whose answer was lost is
/// found committed by the retry, and is done once. One that is cancelled because another is at work on the same row is
/// retried too ([`super::RetryTransactionConflicts`]).
pub(super) struct Transaction<'d> {
    client: &'d Client,
    items: Vec<Result<TransactWriteItem, BuildError>>,
}

/// A write of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct WriteId(usize);

/// How a transaction ended.
#[derive(Debug)]
pub(super) enum Outcome {
    /// Every write is done.
    Committed,
    /// Nothing is done.
    Refused(Refusal),
}

/// The conditions that failed; at least one.
#[derive(Debug)]
pub(super) struct Refusal(Vec<(WriteId, Option<Item>)>);

impl Database {
    /// An empty transaction.
    pub(super) fn transaction(&self) -> Transaction<'_> {
        Transaction { client: &self.client, items: Vec::new() }
    }

    /// Does all of `writes` in one transaction, so that a retry after a lost answer returns `true` too. `false` if a
    /// condition failed; nothing is done then.
    pub(super) async fn write_all(&self, writes: impl IntoIterator<Item = impl TransactionItem>) -> Result<bool, StoreError> {
        let mut transaction = self.transaction();
        for write in writes {
            transaction.add(write);
        }
        Ok(matches!(transaction.commit().await?, Outcome::Committed))
    }
}

impl Transaction<'_> {
    /// Adds a write. DynamoDB takes at most 100 of them, each to a row of its own.
    pub fn add(&mut self, write: impl TransactionItem) -> WriteId {
        self.items.push(write.into_item());
        WriteId(self.items.len() - 1)
    }

    /// Does all writes or none: one TransactWriteItems.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if it was cancelled for anything but a condition.
    pub async fn commit(self) -> Result<Outcome, StoreError> {
        let items = self.items.into_iter().collect::<Result<Vec<_>, _>>()?;
        let Err(error) = self.client.transact_write_items().set_transact_items(Some(items)).send().await else {
            return Ok(Outcome::Committed);
        };
        let failed: Vec<_> = match error.as_service_error() {
            Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
                let reasons = cancelled.cancellation_reasons().iter().enumerate();
                let failed = reasons.filter(|(_, reason)| reason.code() == Some("ConditionalCheckFailed"));
                failed.map(|(index, reason)| (WriteId(index), reason.item.clone())).collect()
            }
            _ => Vec::new(),
        };
        if failed.is_empty() { Err(error.into()) } else { Ok(Outcome::Refused(Refusal(failed))) }
    }
}

impl Refusal {
    /// Whether the condition of `write` failed.
    pub fn is_of(&self, write: WriteId) -> bool {
        self.0.iter().any(|(failed, _)| *failed == write)
    }

    /// Whether the condition of `write` failed and no other.
    pub fn is_only_of(&self, write: WriteId) -> bool {
        self.is_only_among(&[write])
    }

    /// Whether no condition failed but some of `writes`.
    pub fn is_only_among(&self, writes: &[WriteId]) -> bool {
        self.0.iter().all(|(failed, _)| writes.contains(failed))
    }

    /// The row that made the condition of `write` fail, if there is one and the write asked for it.
    pub fn row(&self, write: WriteId) -> Option<&Item> {
        self.0.iter().find(|(failed, _)| *failed == write)?.1.as_ref()
    }
}

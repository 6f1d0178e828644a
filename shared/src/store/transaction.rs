//! Transactions, and why one was cancelled.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{TransactWriteItem, builders::TransactWriteItemBuilder};

use super::StoreError;
use super::schema::Key;

/// The outcome of a transaction that the store could answer.
#[derive(Debug, PartialEq)]
pub enum Outcome {
    /// Every write is done.
    Committed,
    /// Nothing is done, because these items' conditions failed (ascending).
    Refused(Vec<Refusal>),
}

/// An item of a transaction whose condition failed.
#[derive(Debug, PartialEq)]
pub struct Refusal {
    /// Its place in the transaction.
    pub index: usize,
    /// The row as it is, if the item asks for it.
    pub row: Option<Key>,
}

impl Outcome {
    /// Whether the condition of the item at `index` failed.
    pub fn refused_at(&self, index: usize) -> bool {
        matches!(self, Self::Refused(refusals) if refusals.iter().any(|refusal| refusal.index == index))
    }
}

/// Writes all `items` or none.
///
/// The SDK gives every call a `ClientRequestToken` that its retries repeat: a transaction whose answer was lost is found
/// committed by the retry, and done once. One that is cancelled because another is at work on the same row is retried too
/// ([`super::RetryTransactionConflicts`]).
///
/// # Errors
/// [`StoreError::Unavailable`] if it was cancelled for anything but a condition.
pub async fn write(client: &Client, items: impl IntoIterator<Item = TransactWriteItemBuilder>) -> Result<Outcome, StoreError> {
    let items: Vec<TransactWriteItem> = items.into_iter().map(TransactWriteItemBuilder::build).collect();
    let Err(error) = client.transact_write_items().set_transact_items(Some(items)).send().await else {
        return Ok(Outcome::Committed);
    };
    let refused = match error.as_service_error() {
        Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
            let reasons = cancelled.cancellation_reasons().iter().enumerate();
            let failed = reasons.filter(|(_, reason)| reason.code() == Some("ConditionalCheckFailed"));
            failed.map(|(index, reason)| Refusal { index, row: reason.item.clone() }).collect::<Vec<_>>()
        }
        _ => Vec::new(),
    };
    if refused.is_empty() { Err(error.into()) } else { Ok(Outcome::Refused(refused)) }
}

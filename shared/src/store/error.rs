//! What can go wrong between a store and its table.

use std::error::Error;

use aws_sdk_dynamodb::error::{BuildError, SdkError};
use thiserror::Error;

/// The store could not answer. Nobody is authorized, refused or told "not found" because of it.
#[derive(Debug, Error)]
pub enum StoreError {
    /// DynamoDB did not answer in time, is throttling, or refused the request.
    #[error("the store did not answer")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
    /// A row cannot be read as what its key says it is.
    #[error("a row could not be read")]
    Corrupt(#[source] Box<dyn Error + Send + Sync>),
}

#[derive(Debug, Error)]
#[error("DynamoDB is throttling: it left a part of a batch undone")]
struct Unprocessed;

#[derive(Debug, Error)]
#[error("others kept changing the same row")]
struct Contended;

impl StoreError {
    /// The error for a request that DynamoDB did not take.
    pub fn unavailable(source: impl Error + Send + Sync + 'static) -> Self {
        Self::Unavailable(Box::new(source))
    }

    /// The error for a row that cannot be read or written as what it is.
    pub fn corrupt(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Corrupt(source.into())
    }

    /// The error for a batch of which DynamoDB left a part undone. An unread row is not an absent one.
    pub(super) fn unprocessed() -> Self {
        Self::unavailable(Unprocessed)
    }

    /// The error for a write that others made fail again and again.
    pub(super) fn contended() -> Self {
        Self::unavailable(Contended)
    }

    /// The error for an answer that lacks the row that the request asked for.
    pub(super) fn answered_without_row() -> Self {
        Self::corrupt("the answer came without the row")
    }
}

impl<E, R> From<SdkError<E, R>> for StoreError
where
    E: Error + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    fn from(error: SdkError<E, R>) -> Self {
        Self::unavailable(error)
    }
}

impl From<serde_dynamo::Error> for StoreError {
    fn from(error: serde_dynamo::Error) -> Self {
        Self::corrupt(error)
    }
}

impl From<BuildError> for StoreError {
    fn from(error: BuildError) -> Self {
        Self::corrupt(error)
    }
}

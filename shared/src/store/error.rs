//! What can go wrong between a store and its table.

use std::error::Error;

use aws_sdk_dynamodb::error::SdkError;
use thiserror::Error;

/// The store could not answer. Nobody is authorised, refused or told "not found" on the strength of it.
#[derive(Debug, Error)]
pub enum StoreError {
    /// DynamoDB did not answer in time, is throttling, or refused the request.
    #[error("the store did not answer")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
    /// A row can not be read as what its key says it is.
    #[error("a row could not be read")]
    Corrupt(#[source] Box<dyn Error + Send + Sync>),
}

impl StoreError {
    /// The error for a request that DynamoDB did not take.
    pub fn unavailable(source: impl Error + Send + Sync + 'static) -> Self {
        Self::Unavailable(Box::new(source))
    }

    /// The error for a row that can not be read or written as what it is.
    pub fn corrupt(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Corrupt(source.into())
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

impl From<aws_sdk_dynamodb::error::BuildError> for StoreError {
    fn from(error: aws_sdk_dynamodb::error::BuildError) -> Self {
        Self::corrupt(error)
    }
}

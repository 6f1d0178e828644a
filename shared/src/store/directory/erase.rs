//! Deletes many rows at once, by their keys.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{DeleteRequest, WriteRequest};

use super::Directory;
use crate::store::StoreError;
use crate::store::backoff::Backoff;
use crate::store::schema::Key;
use crate::store::table::Table;

/// The most deletes that DynamoDB takes in one request.
const BATCH: usize = 25;

impl Directory {
    /// Deletes rows of the tokens table, in as few requests as possible. A row that is gone counts as deleted.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if DynamoDB still throttles when the time of a call is used up.
    pub async fn delete_tokens(&self, keys: &[Key]) -> Result<(), StoreError> {
        delete(self.0.tokens(), keys).await
    }

    /// The same for rows of the sessions table.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if DynamoDB still throttles when the time of a call is used up.
    pub async fn delete_sessions(&self, keys: &[Key]) -> Result<(), StoreError> {
        delete(self.0.sessions(), keys).await
    }
}

async fn delete(table: Table<'_>, keys: &[Key]) -> Result<(), StoreError> {
    for chunk in keys.chunks(BATCH) {
        let deletes = chunk.iter().map(|key| {
            let delete = DeleteRequest::builder().set_key(Some(key.clone())).build()?;
            Ok(WriteRequest::builder().delete_request(delete).build())
        });
        let mut left = HashMap::from([(table.name.to_owned(), deletes.collect::<Result<Vec<_>, StoreError>>()?)]);
        let mut backoff = Backoff::new(table.client);
        while !left.is_empty() {
            let output = backoff.in_time(table.client.batch_write_item().set_request_items(Some(left)).send()).await?;
            left = output.unprocessed_items.unwrap_or_default();
            if !left.is_empty() {
                backoff.pause().await?;
            }
        }
    }
    Ok(())
}

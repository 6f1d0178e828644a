//! Deletes many rows at once, by their keys.

use aws_sdk_dynamodb::types::{DeleteRequest, WriteRequest};

use super::Directory;
use crate::store::StoreError;
use crate::store::schema::Key;
use crate::store::table::Table;

/// The most deletes that DynamoDB takes in one request.
const BATCH: usize = 25;
const ATTEMPTS: usize = 10;

impl Directory {
    /// Deletes rows of the tokens table, in as few requests as possible. A row that is gone counts as deleted.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if DynamoDB still throttles after several tries.
    pub async fn delete_tokens(&self, keys: &[Key]) -> Result<(), StoreError> {
        delete(self.0.tokens(), keys).await
    }

    /// The same for rows of the sessions table.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if DynamoDB still throttles after several tries.
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
        let mut left: Vec<_> = deletes.collect::<Result<_, StoreError>>()?;
        for _ in 0..ATTEMPTS {
            if left.is_empty() {
                break;
            }
            let output = table.client.batch_write_item().request_items(table.name, left).send().await?;
            left = output.unprocessed_items.unwrap_or_default().into_values().flatten().collect();
        }
        if !left.is_empty() {
            return Err(StoreError::unprocessed());
        }
    }
    Ok(())
}

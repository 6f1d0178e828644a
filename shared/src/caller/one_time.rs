//! A one-time token, and the rows that it depends on.

use crate::credentials::OneTimeToken;
use crate::store::{ApiKeyRow, Batch, OneTimeTokenRow, RowKey, Rows, StoreError, UserRow, schema};

/// A one-time token whose rows are in a batch.
pub struct PendingOneTimeToken {
    row: RowKey,
    issuer: RowKey,
    api_key: Option<RowKey>,
}

impl PendingOneTimeToken {
    /// Adds the rows of the token, of its issuer and, if an API key made it, of that key to `batch`.
    pub fn new(token: &OneTimeToken, batch: &mut Batch<'_>) -> Self {
        let row = batch.token(schema::one_time_token(token.id));
        let api_key = token.api_key.map(|place| batch.token(schema::api_key_at(token.issuer, &place)));
        Self { row, issuer: batch.user(token.issuer), api_key }
    }

    /// The rows of the token and of its issuer, if both exist and the token has not ended with its issuer or its API
    /// key. Whether the token itself is live is for the operation to decide.
    ///
    /// # Errors
    /// [`StoreError`] if a row is unreadable.
    pub fn resolve(&self, rows: &Rows) -> Result<Option<(OneTimeTokenRow, UserRow)>, StoreError> {
        let (row, issuer): (Option<OneTimeTokenRow>, Option<UserRow>) = (rows.find(&self.row)?, rows.find(&self.issuer)?);
        let key_is_there = match &self.api_key {
            Some(key) => rows.find::<ApiKeyRow>(key)?.is_some(),
            None => true,
        };
        Ok(row.zip(issuer).filter(|(row, issuer)| key_is_there && row.is_backed_by(issuer)))
    }
}

//! A one-time token and who stands behind it.

use crate::credentials::OneTimeToken;
use crate::store::{ApiKeyRow, Batch, OneTimeTokenRow, RowKey, Rows, StoreError, UserRow, schema};

/// A one-time token whose rows are in a batch.
pub struct PendingOneTimeToken {
    row: RowKey,
    issuer: RowKey,
    api_key: Option<RowKey>,
}

impl PendingOneTimeToken {
    /// Adds the rows of the token, of who made it and, if an API key did, of that key to `batch`.
    pub fn new(token: &OneTimeToken, batch: &mut Batch<'_>) -> Self {
        let row = batch.token(schema::one_time_token(token.id));
        let api_key = token.api_key.map(|place| batch.token(schema::api_key_at(token.issuer, &place)));
        Self { row, issuer: batch.user(token.issuer), api_key }
    }

    /// The token's row and its issuer's, if there are both and everything that the token depends on is good for it still. Whether it
    /// is live is not judged here.
    ///
    /// # Errors
    /// [`StoreError`] if a row can not be read.
    pub fn resolve(&self, rows: &Rows) -> Result<Option<(OneTimeTokenRow, UserRow)>, StoreError> {
        let (row, issuer): (Option<OneTimeTokenRow>, Option<UserRow>) = (rows.find(&self.row)?, rows.find(&self.issuer)?);
        let key_is_there = match &self.api_key {
            Some(key) => rows.find::<ApiKeyRow>(key)?.is_some(),
            None => true,
        };
        Ok(row.zip(issuer).filter(|(row, issuer)| key_is_there && row.is_backed_by(issuer)))
    }
}

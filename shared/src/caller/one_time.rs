//! A one-time token, and the rows that it depends on.

use crate::credentials::OneTimeToken;
use crate::store::{ApiKeyRow, Batch, OneTimeTokenRow, RowKey, Rows, SessionRow, StoreError, UserRow, schema};

/// A one-time token whose rows are in a batch.
pub struct PendingOneTimeToken {
    row: RowKey,
    issuer: RowKey,
    customer: Option<RowKey>,
    api_key: Option<RowKey>,
}

impl PendingOneTimeToken {
    /// Adds the rows of the token, of its issuer, of a customer who is a user and, if an API key made it, of that key to
    /// `batch`.
    pub fn new(token: &OneTimeToken, batch: &mut Batch<'_>) -> Self {
        let row = batch.session(schema::session(token.session_id()));
        let api_key = token.api_key.map(|place| batch.token(schema::api_key_at(token.issuer, &place)));
        Self { row, issuer: batch.user(token.issuer), customer: token.customer.user().map(|user| batch.user(user)), api_key }
    }

    /// The rows of the token and of its issuer, if both exist and the token has not ended with its issuer, its customer
    /// or its API key. Whether the token itself is live is for the operation to decide.
    ///
    /// # Errors
    /// [`StoreError`] if a row is unreadable.
    pub fn resolve(&self, rows: &Rows) -> Result<Option<(OneTimeTokenRow, UserRow)>, StoreError> {
        let (row, issuer): (Option<OneTimeTokenRow>, Option<UserRow>) = (rows.find(&self.row)?, rows.find(&self.issuer)?);
        let customer: Option<UserRow> = rows.find_some(self.customer.as_ref())?;
        let key_is_there = match &self.api_key {
            Some(key) => rows.find::<ApiKeyRow>(key)?.is_some(),
            None => true,
        };
        let found = row.zip(issuer);
        Ok(found.filter(|(row, issuer)| key_is_there && row.is_backed_by(issuer) && row.is_for(customer.as_ref())))
    }

    /// The session that the token has become, if it has; live or not.
    ///
    /// # Errors
    /// [`StoreError`] if the row is unreadable.
    pub fn session(&self, rows: &Rows) -> Result<Option<SessionRow>, StoreError> {
        rows.find(&self.row)
    }
}

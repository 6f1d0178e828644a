//! How entity tokens are shown, by every operation on them.

use serde::Serialize;

use super::ApiError;
use crate::credentials::{EntityLocator, EntityToken, KeyNumber, TokenKeys};
use crate::domain::{Secret, Timestamp};
use crate::store::EntityTokenRow;

/// An entity token with its text, which is derived and not stored.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EntityTokenView {
    success: bool,
    authentication_token: Secret,
    expiry: Timestamp,
    flags: Vec<String>,
    created_at: Timestamp,
}

impl EntityTokenView {
    /// The most flags a token has.
    pub const MAX_FLAGS: usize = 100;
    /// The longest flag, in bytes.
    pub const MAX_FLAG_BYTES: usize = 256;

    /// The token at `locator`.
    ///
    /// # Errors
    /// [`ApiError::TokenNotFound`] if the key it is sealed under has left the ring: its text then opens nothing any more.
    pub fn derive(locator: EntityLocator, row: EntityTokenRow, keys: &TokenKeys) -> Result<Self, ApiError> {
        let token = EntityToken { key: KeyNumber::new(row.sealed_under), locator, id: row.token_id, generation: row.generation };
        let authentication_token = token.seal(keys).map_err(|_| ApiError::TokenNotFound)?;
        Ok(Self { success: true, authentication_token, expiry: row.expires_at, flags: row.flags, created_at: row.created_at })
    }
}

//! How entity tokens are shown, by every operation on them.

use serde::Serialize;

use super::ApiError;
use crate::credentials::{EntityToken, KeyNumber, TokenKeys};
use crate::domain::{Locator, Secret, Timestamp};
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

    /// The token of `row`.
    ///
    /// # Errors
    /// [`ApiError::TokenNotFound`] if the key it is sealed under has left the ring: its text then opens nothing any more.
    pub fn derive(row: EntityTokenRow, keys: &TokenKeys) -> Result<Self, ApiError> {
        let token = EntityToken {
            key: KeyNumber::new(row.sealed_under),
            locator: Locator::of_pair(&row.entity_id, &row.entity_user_id),
            id: row.token_id,
            generation: row.generation,
            user: row.entity_user_id.as_user(),
        };
        let authentication_token = token.seal(keys).map_err(|_| ApiError::TokenNotFound)?;
        Ok(Self { success: true, authentication_token, expiry: row.expires_at, flags: row.flags, created_at: row.created_at })
    }
}

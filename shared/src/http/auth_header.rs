//! How auth headers are shown.

use serde::Serialize;

use crate::credentials::{ApiKey, KeyNumber, SealError, TokenKeys};
use crate::domain::{Acl, KeyId, Secret, Timestamp};
use crate::store::ApiKeyRow;

/// An auth header with its token, which is derived and not stored.
#[derive(Serialize)]
pub struct AuthHeaderView {
    id: KeyId,
    name: String,
    token: Secret,
    created: Timestamp,
    /// What the key was restricted to, if it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    acl: Option<Acl>,
}

impl AuthHeaderView {
    /// The auth header of `row`.
    ///
    /// # Errors
    /// [`SealError`] if the key it is sealed under has left the ring: its token then opens nothing any more.
    pub fn derive(row: ApiKeyRow, keys: &TokenKeys) -> Result<Self, SealError> {
        let key = ApiKey { key: KeyNumber::new(row.sealed_under), user: row.user_id, id: row.key_id };
        Ok(Self { id: row.key_id, token: key.seal(keys)?, name: row.name, created: row.created_at, acl: row.acl })
    }
}

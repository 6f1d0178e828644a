//! API keys, which the contract calls auth headers.

use super::{SealError, end, open, seal, take};
use crate::credentials::{CredentialKind, KeyNumber, TokenKeys};
use crate::domain::{KeyId, Secret, UserId};

/// A named API key: its owner and its id. Its name and its ACL stand in its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ApiKey {
    /// The key of the ring that seals it. The row keeps this number, so that a list can derive the token again.
    pub key: KeyNumber,
    /// The owner.
    pub user: UserId,
    /// The id of the row.
    pub id: KeyId,
}

impl ApiKey {
    /// The token's text.
    ///
    /// # Errors
    /// [`SealError`] if the ring does not have that key, or no longer has it.
    pub fn seal(&self, keys: &TokenKeys) -> Result<Secret, SealError> {
        seal(keys, CredentialKind::ApiKey, self.key, &[self.user.bytes().as_slice(), self.id.bytes()].concat())
    }

    /// Reads `text` and checks its MAC: no I/O. Whether the key has been revoked is decided by its row.
    ///
    /// # Errors
    /// [`SealError`] for anything but an API key that this service sealed.
    pub fn open(keys: &TokenKeys, text: &str) -> Result<Self, SealError> {
        let (key, body) = open(keys, CredentialKind::ApiKey, text)?;
        let mut rest = body.as_slice();
        let (user, id) = (UserId::from_bytes(take(&mut rest)?), KeyId::from_bytes(take(&mut rest)?));
        end(rest, Self { key, user, id })
    }
}

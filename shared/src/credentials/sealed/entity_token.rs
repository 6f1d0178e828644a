//! The authentication tokens of an entity's users.

use super::{SealError, end, open, seal, take};
use crate::credentials::{CredentialKind, KeyNumber, TokenKeys};
use crate::domain::{Locator, RandomId, Secret, UserId};

/// The authentication token of one user of an entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EntityToken {
    /// The key of the ring that seals it.
    pub key: KeyNumber,
    /// The place of its row: one for each pair of entity and user.
    pub locator: Locator,
    /// Random at creation, so that a token that is deleted and created again is a different one.
    pub id: RandomId,
    /// The number of refreshes. Only the generation in the row is live.
    pub generation: u32,
    /// The user, if that is a user of this service: their row is read beside the token's, so that a disabled user's
    /// token fails.
    pub user: Option<UserId>,
}

impl EntityToken {
    /// The token's text.
    ///
    /// # Errors
    /// [`SealError`] if the ring does not have that key, or no longer has it.
    pub fn seal(&self, keys: &TokenKeys) -> Result<Secret, SealError> {
        let user = self.user.as_ref().map_or([].as_slice(), |user| user.bytes());
        let body = [self.locator.bytes().as_slice(), self.id.bytes(), &self.generation.to_be_bytes(), user].concat();
        seal(keys, CredentialKind::EntityToken, self.key, &body)
    }

    /// Reads `text` and checks its MAC: no I/O. Whether this generation is live is decided by its row.
    ///
    /// # Errors
    /// [`SealError`] for anything but an entity token that this service sealed.
    pub fn open(keys: &TokenKeys, text: &str) -> Result<Self, SealError> {
        let (key, body) = open(keys, CredentialKind::EntityToken, text)?;
        let mut rest = body.as_slice();
        let (locator, id) = (Locator::from_bytes(take(&mut rest)?), RandomId::from_bytes(take(&mut rest)?));
        let generation = u32::from_be_bytes(take(&mut rest)?);
        let user = if rest.is_empty() { None } else { Some(UserId::from_bytes(take(&mut rest)?)) };
        end(rest, Self { key, locator, id, generation, user })
    }
}

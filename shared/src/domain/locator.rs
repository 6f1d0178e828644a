//! Where something stands, without saying what it is.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};

use super::text::serialized_as_text;
use super::{ClientAddress, CustomerId, EntityId, EntityUserId, IdError, KeyId, SessionId, UserId, Username};

/// 16 bytes of SHA-256: the place of a row, for those who may find it and need not know the id that it is made of.
///
/// What is hashed begins with a word of its kind, so that no two kinds share a place. Written in base58.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Locator([u8; 16]);

impl Locator {
    /// The place of an (entity, user) pair's one live token. The entity's length stands before it, so that no two pairs are
    /// hashed from the same bytes.
    #[must_use]
    pub fn of_pair(entity: &EntityId, user: &EntityUserId) -> Self {
        let length = u32::try_from(entity.as_str().len()).unwrap_or(u32::MAX).to_be_bytes();
        Self::of([b"pair", &length, entity.as_str().as_bytes(), user.as_str().as_bytes()])
    }

    /// The place of an API key's row: a key's id is what a leaked token key would still lack to make the key.
    #[must_use]
    pub fn of_api_key(id: KeyId) -> Self {
        Self::of([b"api-key", id.bytes()])
    }

    /// A name of a session for those who are not its owner.
    #[must_use]
    pub fn of_session(id: SessionId) -> Self {
        Self::of([b"session", id.subject.bytes(), id.id.bytes()])
    }

    /// A name that somebody tried, for those who may not read it.
    #[must_use]
    pub fn of_name(name: &Username) -> Self {
        Self::of([b"name", name.as_str().as_bytes()])
    }

    /// The place of the count of attempts from an address.
    #[must_use]
    pub fn of_address(address: &ClientAddress) -> Self {
        Self::of([b"address", address.to_string().as_bytes()])
    }

    /// The place of a user's sessions, and of the count of attempts at the user's one-time passwords.
    #[must_use]
    pub fn of_user(user: UserId) -> Self {
        Self::of([b"user", user.bytes()])
    }

    /// The change of a user's password that ends `epoch`: there is one at most.
    #[must_use]
    pub fn of_password_change(user: UserId, epoch: u64) -> Self {
        Self::of([b"password-change", user.bytes(), &epoch.to_be_bytes()])
    }

    /// The place of the sessions of a customer who is no user here.
    #[must_use]
    pub fn of_customer(customer: &CustomerId) -> Self {
        Self::of([b"customer", customer.as_str().as_bytes()])
    }

    /// What the list of `operation` is about, such as whose things it lists: a cursor belongs to one list. The operation's
    /// length stands before it, so that no two lists are hashed from the same bytes.
    #[must_use]
    pub fn of_list(operation: &str, about: &str) -> Self {
        let length = u32::try_from(operation.len()).unwrap_or(u32::MAX).to_be_bytes();
        Self::of([b"list", &length, operation.as_bytes(), about.as_bytes()])
    }

    /// The version of a key set, for those who may not read it.
    #[must_use]
    pub fn of_key_set(text: &str) -> Self {
        Self::of([b"key-set", text.as_bytes()])
    }

    /// The place of whatever `parts` say; the first is the kind.
    pub(super) fn of<const N: usize>(parts: [&[u8]; N]) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update(part);
        }
        let mut first = [0; 16];
        for (to, from) in first.iter_mut().zip(hash.finalize()) {
            *to = from;
        }
        Self(first)
    }

    /// The place with these bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The 16 bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for Locator {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&bs58::encode(self.0).into_string())
    }
}

impl FromStr for Locator {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let mut bytes = [0; 16];
        match bs58::decode(text).onto(&mut bytes) {
            Ok(16) => Ok(Self(bytes)),
            _ => Err(IdError::Length),
        }
    }
}

serialized_as_text!(Locator);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_pairs_and_no_two_kinds_share_a_place() {
        let of = |entity: &str, user: &str| Locator::of_pair(&entity.parse().unwrap(), &user.parse().unwrap());
        let (key, user) = (KeyId::from_bytes([7; 16]), UserId::from_bytes([7; 16]));

        assert_ne!(of("ab", "c"), of("a", "bc"));
        assert_ne!(of("a", "b"), of("b", "a"));
        assert_eq!(of("a", "b"), of("a", "b"));
        assert_ne!(Locator::of_api_key(key), Locator::of_user(user));
    }

    #[test]
    fn a_place_that_was_written_is_read_again() {
        for bytes in [[0; 16], [255; 16]] {
            let place = Locator::from_bytes(bytes);
            assert_eq!(place.to_string().parse(), Ok(place));
        }
        for text in ["", "1", "0", &"z".repeat(22), &"z".repeat(23)] {
            assert_eq!(text.parse::<Locator>(), Err(IdError::Length), "{text}");
        }
    }
}

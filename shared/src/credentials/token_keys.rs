//! The key ring that opaque tokens and one-time passwords derive from.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use sha2::Sha256;

use super::key_set::{KeySetError, KeyStatus};

/// The number of a key in the ring. It stands in each token and says which key checks it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyNumber(u8);

impl KeyNumber {
    /// The number of a key.
    #[must_use]
    pub fn new(number: u8) -> Self {
        Self(number)
    }

    /// The number, as it stands in a token.
    #[must_use]
    pub fn get(self) -> u8 {
        self.0
    }
}

/// HMAC-SHA-256 keys by number. One of them is current. `Debug` shows the numbers only.
pub struct TokenKeys {
    keys: BTreeMap<KeyNumber, Hmac<Sha256>>,
    current: KeyNumber,
}

#[derive(Deserialize)]
struct Document {
    keys: Vec<Key>,
}

#[derive(Deserialize)]
struct Key {
    kty: String,
    kid: String,
    k: String,
    status: KeyStatus,
}

impl TokenKeys {
    /// Reads a JWK set of `oct` keys (RFC 7517). Each `kid` is a number from 1 to 255, each `status` is `next`,
    /// `current` or `retired`, and each key has at least 32 bytes. Exactly one is current.
    ///
    /// # Errors
    /// [`KeySetError`] says what is wrong, and never holds a key's value.
    pub fn parse(json: &str) -> Result<Self, KeySetError> {
        let document: Document = serde_json::from_str(json).map_err(|_| KeySetError::Malformed)?;
        let mut keys = BTreeMap::new();
        let mut current = None;
        for key in document.keys {
            let number = key.kid.parse().ok().filter(|number| *number > 0).map(KeyNumber);
            let number = number.ok_or_else(|| KeySetError::Key { kid: key.kid.clone(), problem: "kid must be a number from 1 to 255" })?;
            let refuse = |problem| KeySetError::Key { kid: key.kid.clone(), problem };
            let bytes = URL_SAFE_NO_PAD.decode(&key.k).map_err(|_| refuse("k must be base64url"))?;
            if key.kty != "oct" || bytes.len() < 32 {
                return Err(refuse("must be an oct key of at least 32 bytes"));
            }
            if key.status == KeyStatus::Current && current.replace(number).is_some() {
                return Err(KeySetError::NotOneCurrent);
            }
            let mac = Hmac::new_from_slice(&bytes).map_err(|_| refuse("has no usable length"))?;
            if keys.insert(number, mac).is_some() {
                return Err(refuse("stands twice"));
            }
        }
        Ok(Self { keys, current: current.ok_or(KeySetError::NotOneCurrent)? })
    }

    /// The key that seals new tokens.
    #[must_use]
    pub fn current(&self) -> KeyNumber {
        self.current
    }

    /// Whether the ring has the key `number`.
    #[must_use]
    pub fn has(&self, number: KeyNumber) -> bool {
        self.keys.contains_key(&number)
    }

    /// Whether `number` belongs to a newer key than any in this ring. Numbers only grow, so the ring was then read
    /// before that key was created.
    #[must_use]
    pub fn is_older_than(&self, number: KeyNumber) -> bool {
        self.keys.keys().all(|known| *known < number)
    }

    /// An HMAC over `parts`, in order, under the key `number`. `None` if the ring has no such key.
    pub(super) fn mac(&self, number: KeyNumber, parts: &[&[u8]]) -> Option<Hmac<Sha256>> {
        let mut mac = self.keys.get(&number)?.clone();
        for part in parts {
            mac.update(part);
        }
        Some(mac)
    }
}

impl std::fmt::Debug for TokenKeys {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let numbers: Vec<_> = self.keys.keys().map(|number| number.get()).collect();
        formatter.debug_struct("TokenKeys").field("keys", &numbers).field("current", &self.current.get()).finish()
    }
}

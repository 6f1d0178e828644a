//! The key ring under which opaque tokens and one-time passwords are derived.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use sha2::Sha256;

use super::key_set::{KeySetError, KeyStatus};

/// The number of a key in the ring: it stands in each token, so that a token tells under which key to check it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyNumber(u8);

impl KeyNumber {
    /// The key of that number.
    #[must_use]
    pub fn new(number: u8) -> Self {
        Self(number)
    }

    /// The number.
    #[must_use]
    pub fn get(self) -> u8 {
        self.0
    }
}

/// HMAC-SHA-256 keys by number, one of them current. `Debug` shows the numbers only.
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
    /// Reads a JWK set of `oct` keys (RFC 7517) whose `kid` is a number from 1 to 255 and whose `status` is `next`,
    /// `current` or `retired`; exactly one is current, each has at least 32 bytes.
    ///
    /// # Errors
    /// [`KeySetError`] names what is wrong, never a key's value.
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

    /// The key under which new tokens are sealed.
    #[must_use]
    pub fn current(&self) -> KeyNumber {
        self.current
    }

    /// Whether the ring has the key `number`.
    #[must_use]
    pub fn has(&self, number: KeyNumber) -> bool {
        self.keys.contains_key(&number)
    }

    /// Whether `number` is of a key to come: numbers only grow, so a ring that ends below it was read before that key was made.
    #[must_use]
    pub fn is_older_than(&self, number: KeyNumber) -> bool {
        self.keys.keys().all(|known| *known < number)
    }

    /// An HMAC over `parts` in order under the key `number`; `None` if the ring has no such key.
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

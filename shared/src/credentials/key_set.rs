//! What every key set has: keys with a status, exactly one of them current.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Why a key set cannot be used. The text names the key, never its value.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum KeySetError {
    /// It is not `{"keys":[…]}` with a `kty`, a `kid` and a `status` for each key.
    #[error("is not a JWK set whose keys have a kty, a kid and a status")]
    Malformed,
    /// Not exactly one key is current.
    #[error("must have exactly one key whose status is current")]
    NotOneCurrent,
    /// A key cannot be used.
    #[error("key {kid:?} {problem}")]
    Key {
        /// The key's id.
        kid: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// It does not hold what the distribution in front may show.
    #[error("must be a JSON object with one or two values of 32 to 256 visible ASCII characters")]
    OriginSecrets,
}

/// The status of a key in its rotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyStatus {
    /// Published, but unused: everyone learns it before anything is signed or sealed under it.
    Next,
    /// Signs or seals.
    Current,
    /// Verifies or opens what was made before.
    Retired,
}

impl KeyStatus {
    /// The status as it stands in a key set.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Next => "next",
            Self::Current => "current",
            Self::Retired => "retired",
        }
    }
}

//! The claims that a team adds to its customers' sessions.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use thiserror::Error;

/// A JSON object that stands under `customClaims` in a session's JWT, nested, so that it can override nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CustomClaims(Map<String, Value>);

/// The claims are too large for a JWT that has to fit into a request's headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("must have at most {limit} bytes as JSON")]
pub struct ClaimsError {
    limit: usize,
}

impl CustomClaims {
    /// The most bytes of JSON that `acl` and `customClaims` may have together.
    ///
    /// API Gateway takes at most 10,240 bytes of request line and headers. 4,096 bytes become 5,462 characters of
    /// base64url; the other claims and an RS256 signature (4096 bits) add less than 1,400: the JWT always fits, with
    /// room for the other headers.
    pub const MAX_BYTES: usize = 4096;

    /// The claims in `object`.
    #[must_use]
    pub fn new(object: Map<String, Value>) -> Self {
        Self(object)
    }

    /// Whether there is no claim.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Checks that these claims and `acl` fit into a JWT together.
    ///
    /// # Errors
    /// [`ClaimsError`] if both have more than [`CustomClaims::MAX_BYTES`] as JSON.
    pub fn check_size_with(&self, acl: &super::Acl) -> Result<(), ClaimsError> {
        let bytes = |value: Result<String, serde_json::Error>| value.map_or(usize::MAX, |text| text.len());
        let total = bytes(serde_json::to_string(self)).saturating_add(bytes(serde_json::to_string(acl)));
        if total <= Self::MAX_BYTES { Ok(()) } else { Err(ClaimsError { limit: Self::MAX_BYTES }) }
    }
}

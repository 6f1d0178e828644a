//! The key sets that sign and verify JWTs.

use std::collections::BTreeMap;

use jsonwebtoken::{DecodingKey, EncodingKey};
use serde::{Deserialize, Serialize};

use super::jwk::{Algorithm, Jwk};
use super::key_set::{KeySetError, KeyStatus};

#[derive(Deserialize)]
struct JwkSet {
    keys: Vec<Jwk>,
}

/// A public key and the one algorithm that it verifies.
pub(super) struct VerificationKey {
    pub(super) algorithm: Algorithm,
    pub(super) key: DecodingKey,
    jwk: Jwk,
}

/// A JWK set without private members.
#[derive(Serialize)]
pub struct PublicJwkSet {
    keys: Vec<Jwk>,
}

/// The public keys, by `kid`. `Debug` shows the ids.
pub struct VerificationKeys(BTreeMap<String, VerificationKey>);

impl VerificationKeys {
    /// Reads a JWK set and ignores private members. Keys of every status verify.
    ///
    /// # Errors
    /// [`KeySetError`] names the key that cannot be used.
    pub fn parse(json: &str) -> Result<Self, KeySetError> {
        Self::from_set(&read(json)?)
    }

    fn from_set(set: &JwkSet) -> Result<Self, KeySetError> {
        let mut keys = BTreeMap::new();
        for jwk in &set.keys {
            jwk.status()?;
            let key = VerificationKey { algorithm: jwk.algorithm()?, key: jwk.decoding_key()?, jwk: jwk.public() };
            if keys.insert(jwk.kid.clone(), key).is_some() {
                return Err(jwk.error("stands twice"));
            }
        }
        if keys.is_empty() { Err(KeySetError::NotOneCurrent) } else { Ok(Self(keys)) }
    }

    /// The JWK set to publish (RFC 7517): the public members of every key, whatever its status. The status stays
    /// private.
    #[must_use]
    pub fn published(&self) -> PublicJwkSet {
        let keys = self.0.values().map(|key| Jwk { status: None, ..key.jwk.public() });
        PublicJwkSet { keys: keys.collect() }
    }

    /// The algorithms of the keys, without repetition.
    #[must_use]
    pub fn algorithms(&self) -> Vec<Algorithm> {
        let mut algorithms: Vec<_> = self.0.values().map(|key| key.algorithm).collect();
        algorithms.sort_by_key(|algorithm| format!("{algorithm:?}"));
        algorithms.dedup();
        algorithms
    }

    pub(super) fn find(&self, kid: &str) -> Option<&VerificationKey> {
        self.0.get(kid)
    }
}

impl std::fmt::Debug for VerificationKeys {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_set().entries(self.0.keys()).finish()
    }
}

/// The private key that signs, and the public keys of the whole set. `Debug` shows ids only.
pub struct SigningKeys {
    pub(super) kid: String,
    pub(super) algorithm: Algorithm,
    pub(super) key: EncodingKey,
    verification: VerificationKeys,
}

impl SigningKeys {
    /// Reads a private JWK set with exactly one current key.
    ///
    /// # Errors
    /// [`KeySetError`] names the key that cannot be used.
    pub fn parse(json: &str) -> Result<Self, KeySetError> {
        let set = read(json)?;
        let verification = VerificationKeys::from_set(&set)?;
        let mut current = set.keys.iter().filter(|jwk| jwk.status == Some(KeyStatus::Current));
        let (Some(jwk), None) = (current.next(), current.next()) else { return Err(KeySetError::NotOneCurrent) };
        Ok(Self { kid: jwk.kid.clone(), algorithm: jwk.algorithm()?, key: jwk.encoding_key()?, verification })
    }

    /// The public keys of the set.
    #[must_use]
    pub fn verification(&self) -> &VerificationKeys {
        &self.verification
    }
}

impl std::fmt::Debug for SigningKeys {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("SigningKeys").field("current", &self.kid).field("keys", &self.verification).finish()
    }
}

fn read(json: &str) -> Result<JwkSet, KeySetError> {
    serde_json::from_str(json).map_err(|_| KeySetError::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credentials::generate;

    #[test]
    fn a_private_set_of_each_algorithm_signs_and_its_public_half_holds_no_secret() {
        for algorithm in [Algorithm::ES256, Algorithm::RS256, Algorithm::EdDSA] {
            let private = generate::signing_keys(algorithm).unwrap();
            let public = generate::public_half(&private).unwrap();

            assert_eq!(SigningKeys::parse(&private).unwrap().algorithm, algorithm);
            assert!(VerificationKeys::parse(&public).is_ok());
            assert!(matches!(SigningKeys::parse(&public), Err(KeySetError::Key { .. })));
            for member in ["\"d\"", "\"p\"", "\"q\"", "\"dp\"", "\"dq\"", "\"qi\""] {
                assert!(!public.contains(member), "{member}");
            }
        }
    }

    #[test]
    fn an_algorithm_that_does_not_fit_its_key_is_refused() {
        let set = generate::signing_keys(Algorithm::ES256).unwrap();

        for alg in ["RS256", "EdDSA"] {
            let changed = set.replace("ES256", alg);
            assert!(matches!(VerificationKeys::parse(&changed), Err(KeySetError::Key { .. })), "{alg}");
        }
        for alg in ["HS256", "none"] {
            assert_eq!(VerificationKeys::parse(&set.replace("ES256", alg)).unwrap_err(), KeySetError::Malformed, "{alg}");
        }
    }

    #[test]
    fn a_set_without_one_current_key_does_not_sign() {
        let set = generate::signing_keys(Algorithm::ES256).unwrap();

        assert_eq!(SigningKeys::parse(&set.replace("current", "retired")).unwrap_err(), KeySetError::NotOneCurrent);
        assert_eq!(SigningKeys::parse(r#"{"keys":[]}"#).unwrap_err(), KeySetError::NotOneCurrent);
        assert_eq!(SigningKeys::parse("not json").unwrap_err(), KeySetError::Malformed);
    }
}

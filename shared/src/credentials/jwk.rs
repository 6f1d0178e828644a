//! JWK sets (RFC 7517) of the keys that sign and verify JWTs, each with a `status` for rotation.

use std::collections::BTreeMap;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{DecodingKey, EncodingKey};
use pkcs1::der::Encode;
use pkcs1::{RsaPrivateKey, UintRef};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The algorithms that this service signs with; asymmetric only, so that whoever verifies can not sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Algorithm {
    /// ECDSA on P-256 with SHA-256: the default, small and understood everywhere.
    ES256,
    /// RSA (PKCS #1 v1.5) with SHA-256: what API Gateway's native JWT authorizers take.
    RS256,
    /// Ed25519 (RFC 8037).
    EdDSA,
}

impl From<Algorithm> for jsonwebtoken::Algorithm {
    fn from(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::ES256 => Self::ES256,
            Algorithm::RS256 => Self::RS256,
            Algorithm::EdDSA => Self::EdDSA,
        }
    }
}

/// A key set can not be used; the text names the key, never its value.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum KeySetError {
    /// Not a JSON document `{"keys":[…]}` whose keys have `kty`, `kid` and `status`.
    #[error("is not a JWK set whose keys have a kty, a kid and a status")]
    Malformed,
    /// None or several keys are current.
    #[error("must have exactly one key whose status is current")]
    NotOneCurrent,
    /// A key is unusable.
    #[error("key {kid:?} {problem}")]
    Key {
        /// The key's id.
        kid: String,
        /// What is wrong with it.
        problem: &'static str,
    },
}

/// Where a key stands in its rotation.
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

#[derive(Deserialize)]
pub(super) struct JwkSet {
    pub(super) keys: Vec<Jwk>,
}

/// The members of RFC 7518, section 6, that the three algorithms need. All byte strings are base64url.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(super) struct Jwk {
    pub(super) kty: String,
    pub(super) kid: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) alg: Option<Algorithm>,
    #[serde(rename = "use", default, skip_serializing_if = "String::is_empty")]
    pub(super) usage: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) status: Option<KeyStatus>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) crv: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) x: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) y: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) n: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) e: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) d: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) p: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) q: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) dp: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) dq: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) qi: String,
}

impl Jwk {
    fn error(&self, problem: &'static str) -> KeySetError {
        KeySetError::Key { kid: self.kid.clone(), problem }
    }

    fn status(&self) -> Result<KeyStatus, KeySetError> {
        self.status.ok_or(KeySetError::Malformed)
    }

    /// The algorithm belongs to the key (RFC 8725, 3.1): `alg` must fit `kty` and `crv`.
    fn algorithm(&self) -> Result<Algorithm, KeySetError> {
        let alg = self.alg.ok_or_else(|| self.error("has no alg of ES256, RS256 or EdDSA"))?;
        let fits = match alg {
            Algorithm::ES256 => self.kty == "EC" && self.crv == "P-256",
            Algorithm::RS256 => self.kty == "RSA",
            Algorithm::EdDSA => self.kty == "OKP" && self.crv == "Ed25519",
        };
        if fits { Ok(alg) } else { Err(self.error("has an alg that does not fit its kty and crv")) }
    }

    fn bytes(&self, member: &str) -> Result<Vec<u8>, KeySetError> {
        URL_SAFE_NO_PAD
            .decode(member)
            .ok()
            .filter(|bytes| !bytes.is_empty())
            .ok_or_else(|| self.error("lacks a member, or one is no base64url"))
    }

    fn decoding_key(&self) -> Result<DecodingKey, KeySetError> {
        let unusable = |_| self.error("is no usable public key");
        match self.algorithm()? {
            Algorithm::ES256 => DecodingKey::from_ec_components(&self.x, &self.y).map_err(unusable),
            Algorithm::EdDSA => DecodingKey::from_ed_components(&self.x).map_err(unusable),
            Algorithm::RS256 => {
                let (n, e) = (self.bytes(&self.n)?, self.bytes(&self.e)?);
                if n.len() < 256 {
                    return Err(self.error("has fewer than 2048 bits"));
                }
                Ok(DecodingKey::from_rsa_raw_components(&n, &e))
            }
        }
    }

    /// The private key in the DER form that `jsonwebtoken` takes; a private part that does not fit the public one is refused.
    fn encoding_key(&self) -> Result<EncodingKey, KeySetError> {
        let unusable = self.error("is no usable private key");
        match self.algorithm()? {
            Algorithm::ES256 => {
                let point = [vec![4], self.bytes(&self.x)?, self.bytes(&self.y)?].concat();
                let pair = EcdsaKeyPair::from_private_key_and_public_key(&ECDSA_P256_SHA256_FIXED_SIGNING, &self.bytes(&self.d)?, &point);
                let document = pair.ok().and_then(|pair| pair.to_pkcs8v1().ok()).ok_or(unusable)?;
                Ok(EncodingKey::from_ec_der(document.as_ref()))
            }
            Algorithm::EdDSA => {
                let pair = Ed25519KeyPair::from_seed_and_public_key(&self.bytes(&self.d)?, &self.bytes(&self.x)?);
                let document = pair.ok().and_then(|pair| pair.to_pkcs8v1().ok()).ok_or(unusable)?;
                Ok(EncodingKey::from_ed_der(document.as_ref()))
            }
            Algorithm::RS256 => {
                let der = self.rsa_private_key_der()?;
                aws_lc_rs::rsa::KeyPair::from_der(&der).map_err(|_| unusable)?;
                Ok(EncodingKey::from_rsa_der(&der))
            }
        }
    }

    /// PKCS #1 (RFC 8017, A.1.2), which JWKs (RFC 7518, 6.3.2) spell out member by member.
    fn rsa_private_key_der(&self) -> Result<Vec<u8>, KeySetError> {
        let [n, e, d, p, q, dp, dq, qi] =
            [&self.n, &self.e, &self.d, &self.p, &self.q, &self.dp, &self.dq, &self.qi].map(|member| self.bytes(member));
        let (n, e, d, p, q, dp, dq, qi) = (n?, e?, d?, p?, q?, dp?, dq?, qi?);
        let number = |bytes| UintRef::new(bytes).map_err(|_| self.error("has a number that is none"));
        let key = RsaPrivateKey {
            modulus: number(&n)?,
            public_exponent: number(&e)?,
            private_exponent: number(&d)?,
            prime1: number(&p)?,
            prime2: number(&q)?,
            exponent1: number(&dp)?,
            exponent2: number(&dq)?,
            coefficient: number(&qi)?,
            other_prime_infos: None,
        };
        key.to_der().map_err(|_| self.error("is no usable private key"))
    }

    /// The public members only.
    pub(super) fn public(&self) -> Self {
        let nothing = String::new;
        Self { d: nothing(), p: nothing(), q: nothing(), dp: nothing(), dq: nothing(), qi: nothing(), ..self.clone() }
    }
}

/// A public key and the one algorithm it verifies.
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

/// The public keys by `kid`. `Debug` shows the ids.
pub struct VerificationKeys(BTreeMap<String, VerificationKey>);

impl VerificationKeys {
    /// Reads a JWK set; private members, if any, are passed over. Keys of every status verify.
    ///
    /// # Errors
    /// [`KeySetError`] names the key that is unusable.
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

    /// The JWK set to publish (RFC 7517): the public members of every key, whatever its status, without the status.
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

/// The private key that signs now, and the public keys of the whole set. `Debug` shows ids only.
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
    /// [`KeySetError`] names the key that is unusable.
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

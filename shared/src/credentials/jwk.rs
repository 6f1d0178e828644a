//! A key that signs or verifies JWTs, as a JWK (RFC 7517).

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{DecodingKey, EncodingKey};
use pkcs1::der::Encode;
use pkcs1::{RsaPrivateKey, UintRef};
use serde::{Deserialize, Serialize};

use super::key_set::{KeySetError, KeyStatus};

/// The algorithms that this service signs with. All are asymmetric, so that a verifier cannot sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Algorithm {
    /// ECDSA on P-256 with SHA-256: the default. Small, and every library verifies it.
    ES256,
    /// RSA (PKCS #1 v1.5) with SHA-256: the only one that the native JWT authorizers of HTTP APIs take.
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

/// The members that the three algorithms need (RFC 7518, section 6). All byte strings are base64url.
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
    pub(super) fn error(&self, problem: &'static str) -> KeySetError {
        KeySetError::Key { kid: self.kid.clone(), problem }
    }

    pub(super) fn status(&self) -> Result<KeyStatus, KeySetError> {
        self.status.ok_or(KeySetError::Malformed)
    }

    /// The algorithm belongs to the key (RFC 8725, 3.1): `alg` must fit `kty` and `crv`.
    pub(super) fn algorithm(&self) -> Result<Algorithm, KeySetError> {
        let alg = self.alg.ok_or_else(|| self.error("has no alg of ES256, RS256 or EdDSA"))?;
        let fits = match alg {
            Algorithm::ES256 => self.kty == "EC" && self.crv == "P-256",
            Algorithm::RS256 => self.kty == "RSA",
            Algorithm::EdDSA => self.kty == "OKP" && self.crv == "Ed25519",
        };
        if fits { Ok(alg) } else { Err(self.error("has an alg that does not fit its kty and crv")) }
    }

    /// The bytes of a member; an absent one is refused like one that is not base64url.
    fn bytes(&self, member: &str) -> Result<Vec<u8>, KeySetError> {
        URL_SAFE_NO_PAD
            .decode(member)
            .ok()
            .filter(|bytes| !bytes.is_empty())
            .ok_or_else(|| self.error("lacks a member, or one is no base64url"))
    }

    pub(super) fn decoding_key(&self) -> Result<DecodingKey, KeySetError> {
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

    /// The private key in the DER form that `jsonwebtoken` takes. A private part that does not fit the public one is
    /// refused.
    pub(super) fn encoding_key(&self) -> Result<EncodingKey, KeySetError> {
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

    /// The key in PKCS #1 (RFC 8017, A.1.2), from the members of the JWK (RFC 7518, 6.3.2).
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

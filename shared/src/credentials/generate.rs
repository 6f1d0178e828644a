//! New keys, as JWK sets: for the first deploy, the local stack, the operator's program and tests. Of the functions
//! only `keys` calls this.

use aws_lc_rs::encoding::{AsBigEndian, AsDer, EcPrivateKeyBin, Pkcs8V1Der};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use pkcs1::{RsaPrivateKey, UintRef};
use pkcs8::PrivateKeyInfoRef;
use pkcs8::der::Decode;
use serde_json::{Value, json};
use thiserror::Error;

use super::KeyDocument;
use super::jwk::{Algorithm, Jwk};
use super::key_set::KeyStatus;

/// The machine gave no random numbers, or a key set is malformed.
#[derive(Debug, Clone, Copy, Error)]
#[error("the key could not be made")]
pub struct GenerateError;

impl From<serde_json::Error> for GenerateError {
    fn from(_: serde_json::Error) -> Self {
        Self
    }
}

impl From<aws_lc_rs::error::Unspecified> for GenerateError {
    fn from(_: aws_lc_rs::error::Unspecified) -> Self {
        Self
    }
}

/// A private JWK set with one current key for `algorithm`, under a random `kid`.
///
/// # Errors
/// [`GenerateError`] if the machine gives no random numbers.
pub fn signing_keys(algorithm: Algorithm) -> Result<String, GenerateError> {
    Ok(json!({ "keys": [signing_key(algorithm, KeyStatus::Current)?] }).to_string())
}

/// The public half of a private JWK set.
///
/// # Errors
/// [`GenerateError`] if `private` is not a JWK set.
pub fn public_half(private: &str) -> Result<String, GenerateError> {
    Ok(KeyDocument::parse(private)?.public_half().to_text())
}

/// A JWK set with one current key, number 1, for opaque tokens.
///
/// # Errors
/// [`GenerateError`] if the machine gives no random numbers.
pub fn token_keys() -> Result<String, GenerateError> {
    Ok(json!({ "keys": [token_key(1, KeyStatus::Current)?] }).to_string())
}

/// A private key for `algorithm`, under a random `kid`.
pub(super) fn signing_key(algorithm: Algorithm, status: KeyStatus) -> Result<Jwk, GenerateError> {
    let jwk = match algorithm {
        Algorithm::ES256 => es256()?,
        Algorithm::EdDSA => ed25519()?,
        Algorithm::RS256 => rs256()?,
    };
    let kid = URL_SAFE_NO_PAD.encode(random::<9>()?);
    Ok(Jwk { kid, alg: Some(algorithm), usage: "sig".into(), status: Some(status), ..jwk })
}

/// The symmetric key number `number` of a ring.
pub(super) fn token_key(number: u8, status: KeyStatus) -> Result<Value, GenerateError> {
    let k = URL_SAFE_NO_PAD.encode(random::<32>()?);
    Ok(json!({ "kty": "oct", "kid": number.to_string(), "alg": "HS256", "use": "sig", "status": status, "k": k }))
}

fn random<const N: usize>() -> Result<[u8; N], GenerateError> {
    let mut bytes = [0; N];
    aws_lc_rs::rand::fill(&mut bytes)?;
    Ok(bytes)
}

fn es256() -> Result<Jwk, GenerateError> {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)?;
    let point = pair.public_key().as_ref();
    // An uncompressed point (SEC 1, 2.3.3): 4, then x and y of 32 bytes each.
    let (x, y) = point.get(1..).and_then(|coordinates| coordinates.split_at_checked(32)).ok_or(GenerateError)?;
    let d: EcPrivateKeyBin<'_> = pair.private_key().as_be_bytes()?;
    let [x, y, d] = [x, y, d.as_ref()].map(|bytes| URL_SAFE_NO_PAD.encode(bytes));
    Ok(Jwk { kty: "EC".into(), crv: "P-256".into(), x, y, d, ..Jwk::default() })
}

fn ed25519() -> Result<Jwk, GenerateError> {
    let pair = Ed25519KeyPair::generate()?;
    let seed = pair.seed()?.as_be_bytes()?;
    let [x, d] = [pair.public_key().as_ref(), seed.as_ref()].map(|bytes| URL_SAFE_NO_PAD.encode(bytes));
    Ok(Jwk { kty: "OKP".into(), crv: "Ed25519".into(), x, d, ..Jwk::default() })
}

fn rs256() -> Result<Jwk, GenerateError> {
    let pair = aws_lc_rs::rsa::KeyPair::generate(KeySize::Rsa2048)?;
    let document: Pkcs8V1Der<'_> = pair.as_der()?;
    let info = PrivateKeyInfoRef::from_der(document.as_ref()).map_err(|_| GenerateError)?;
    let key = RsaPrivateKey::from_der(info.private_key.as_bytes()).map_err(|_| GenerateError)?;
    let text = |number: UintRef<'_>| URL_SAFE_NO_PAD.encode(number.as_bytes());
    let [n, e, d] = [key.modulus, key.public_exponent, key.private_exponent].map(text);
    let [p, q, dp, dq, qi] = [key.prime1, key.prime2, key.exponent1, key.exponent2, key.coefficient].map(text);
    Ok(Jwk { kty: "RSA".into(), n, e, d, p, q, dp, dq, qi, ..Jwk::default() })
}

//! New keys as JWK sets, and the steps of their rotation: for the first deploy, the local stack, the operator's program and tests. Of
//! the functions only `keys` calls this.

use aws_lc_rs::encoding::{AsBigEndian, AsDer, EcPrivateKeyBin, Pkcs8V1Der};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use pkcs1::{RsaPrivateKey, UintRef};
use pkcs8::PrivateKeyInfoRef;
use pkcs8::der::Decode;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use thiserror::Error;

use super::jwk::{Algorithm, Jwk, KeyStatus};
use crate::domain::Timestamp;

/// The machine gave no random numbers, or a set is malformed.
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

/// A private JWK set of one current key for `algorithm`; its `kid` is random.
///
/// # Errors
/// [`GenerateError`] if the key can not be made.
pub fn signing_keys(algorithm: Algorithm) -> Result<String, GenerateError> {
    Ok(json!({ "keys": [signing_key(algorithm, KeyStatus::Current)?] }).to_string())
}

/// The public half of a private JWK set.
///
/// # Errors
/// [`GenerateError`] if `private` is no JWK set.
pub fn public_half(private: &str) -> Result<String, GenerateError> {
    Ok(KeyDocument::parse(private)?.public_half().to_text())
}

/// A JWK set of one current key, number 1, for opaque tokens.
///
/// # Errors
/// [`GenerateError`] if the machine gives no random numbers.
pub fn token_keys() -> Result<String, GenerateError> {
    Ok(json!({ "keys": [token_key(1, KeyStatus::Current)?] }).to_string())
}

fn signing_key(algorithm: Algorithm, status: KeyStatus) -> Result<Jwk, GenerateError> {
    let jwk = match algorithm {
        Algorithm::ES256 => es256()?,
        Algorithm::EdDSA => ed25519()?,
        Algorithm::RS256 => rs256()?,
    };
    let kid = URL_SAFE_NO_PAD.encode(random::<9>()?);
    Ok(Jwk { kid, alg: Some(algorithm), usage: "sig".into(), status: Some(status), ..jwk })
}

fn token_key(number: u8, status: KeyStatus) -> Result<Value, GenerateError> {
    let k = URL_SAFE_NO_PAD.encode(random::<32>()?);
    Ok(json!({ "kty": "oct", "kid": number.to_string(), "alg": "HS256", "use": "sig", "status": status, "k": k }))
}

/// A key set as a document that is rotated: what this does not know stays in it. Each key has a member `since` besides its
/// `status`, the unix seconds at which it came to that; who signs and verifies passes over it. Not `Debug`: it holds keys.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct KeyDocument {
    keys: Vec<Map<String, Value>>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

/// What may be told of a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeyState {
    /// Its id.
    pub kid: String,
    /// Its algorithm.
    pub alg: Option<String>,
    /// Where it stands.
    pub status: KeyStatus,
    /// Since when it stands there, if that is written down.
    pub since: Option<Timestamp>,
}

/// The members of a JWK that everyone may see.
const PUBLIC: [&str; 11] = ["kty", "kid", "alg", "use", "status", "since", "crv", "x", "y", "n", "e"];

impl KeyDocument {
    /// Reads a key set; whether its keys are usable is not looked at.
    ///
    /// # Errors
    /// [`GenerateError`] if it is no `{"keys":[…]}` of keys with `kid` and `status`.
    pub fn parse(text: &str) -> Result<Self, GenerateError> {
        let document: Self = serde_json::from_str(text)?;
        if document.keys.iter().all(|key| state(key).is_some()) { Ok(document) } else { Err(GenerateError) }
    }

    /// The document's text.
    #[must_use]
    pub fn to_text(&self) -> String {
        json!(self).to_string()
    }

    /// The keys, as they stand.
    #[must_use]
    pub fn states(&self) -> Vec<KeyState> {
        self.keys.iter().filter_map(state).collect()
    }

    /// The key that signs or seals.
    #[must_use]
    pub fn current(&self) -> Option<KeyState> {
        self.states().into_iter().find(|key| key.status == KeyStatus::Current)
    }

    /// The same set with the public members only.
    #[must_use]
    pub fn public_half(&self) -> Self {
        let public = |key: &Map<String, Value>| {
            key.iter().filter(|(name, _)| PUBLIC.contains(&name.as_str())).map(|(name, value)| (name.clone(), value.clone())).collect()
        };
        Self { keys: self.keys.iter().map(public).collect(), rest: Map::new() }
    }

    /// Adds a key for JWTs that is next; returns its id.
    ///
    /// # Errors
    /// [`GenerateError`] if the key can not be made.
    pub fn add_next_signing_key(&mut self, algorithm: Algorithm, now: Timestamp) -> Result<String, GenerateError> {
        let key = signing_key(algorithm, KeyStatus::Next)?;
        let kid = key.kid.clone();
        self.add(serde_json::to_value(key)?, now);
        Ok(kid)
    }

    /// Adds a key for opaque tokens that is next, under the number after the highest; returns that.
    ///
    /// # Errors
    /// [`GenerateError`] if the key can not be made, or the numbers, which end at 255, are used up.
    pub fn add_next_token_key(&mut self, now: Timestamp) -> Result<String, GenerateError> {
        let numbers = self.states().into_iter().map(|key| key.kid.parse::<u8>());
        let highest = numbers.collect::<Result<Vec<_>, _>>().map_err(|_| GenerateError)?.into_iter().max().unwrap_or_default();
        let number = highest.checked_add(1).ok_or(GenerateError)?;
        self.add(token_key(number, KeyStatus::Next)?, now);
        Ok(number.to_string())
    }

    fn add(&mut self, key: Value, now: Timestamp) {
        if let Value::Object(mut members) = key {
            members.insert("since".into(), now.unix().into());
            self.keys.push(members);
        }
    }

    /// Makes the key `kid`, which is next, the current one, and the current one retired, in one document.
    pub fn promote(&mut self, kid: &str, now: Timestamp) {
        for key in &mut self.keys {
            let status = match state(key) {
                Some(KeyState { status: KeyStatus::Next, kid: next, .. }) if next == kid => KeyStatus::Current,
                Some(KeyState { status: KeyStatus::Current, .. }) => KeyStatus::Retired,
                _ => continue,
            };
            key.insert("status".into(), json!(status));
            key.insert("since".into(), now.unix().into());
        }
    }

    /// Takes the key `kid` out.
    pub fn remove(&mut self, kid: &str) {
        self.keys.retain(|key| key.get("kid").and_then(Value::as_str) != Some(kid));
    }

    /// Writes down that the key `kid` stands where it stands since `at`.
    pub fn set_since(&mut self, kid: &str, at: Timestamp) {
        for key in self.keys.iter_mut().filter(|key| key.get("kid").and_then(Value::as_str) == Some(kid)) {
            key.insert("since".into(), at.unix().into());
        }
    }

    /// Whether the key `kid` here and in the other set is the same one, wherever it stands in either.
    #[must_use]
    pub fn has_material_of(&self, other: &Self, kid: &str) -> bool {
        const MATERIAL: [&str; 7] = ["kty", "alg", "crv", "x", "y", "n", "e"];
        let key = |document: &Self| document.keys.iter().find(|key| key.get("kid").and_then(Value::as_str) == Some(kid)).cloned();
        key(self).zip(key(other)).is_some_and(|(one, other)| MATERIAL.iter().all(|name| one.get(*name) == other.get(*name)))
    }

    /// Whether the other set has the same keys, each where it stands here, whenever it came to that.
    #[must_use]
    pub fn agrees_with(&self, other: &Self) -> bool {
        let timeless = |key: &Map<String, Value>| {
            let members = key.iter().filter(|(name, _)| name.as_str() != "since");
            members.map(|(name, value)| (name.clone(), value.clone())).collect::<Map<_, _>>()
        };
        let sorted = |document: &Self| {
            let mut keys: Vec<_> = document.keys.iter().map(|key| json!(timeless(key)).to_string()).collect();
            keys.sort();
            keys
        };
        sorted(self) == sorted(other)
    }
}

fn state(key: &Map<String, Value>) -> Option<KeyState> {
    let text = |name| key.get(name).and_then(Value::as_str).map(str::to_owned);
    let status = key.get("status").and_then(|status| KeyStatus::deserialize(status).ok())?;
    let since = key.get("since").and_then(Value::as_i64).map(Timestamp::from_unix);
    Some(KeyState { kid: text("kid")?, alg: text("alg"), status, since })
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credentials::{SigningKeys, TokenKeys, VerificationKeys};

    fn statuses(document: &KeyDocument) -> Vec<KeyStatus> {
        document.states().into_iter().map(|key| key.status).collect()
    }

    #[test]
    fn every_step_leaves_a_set_that_can_be_used() {
        for algorithm in [Algorithm::ES256, Algorithm::EdDSA, Algorithm::RS256] {
            let mut set = KeyDocument::parse(&signing_keys(Algorithm::ES256).unwrap()).unwrap();
            let usable = |set: &KeyDocument| {
                assert!(SigningKeys::parse(&set.to_text()).is_ok());
                assert!(VerificationKeys::parse(&set.public_half().to_text()).is_ok());
            };
            let kid = set.add_next_signing_key(algorithm, Timestamp::from_unix(1)).unwrap();
            usable(&set);
            assert_eq!(statuses(&set), [KeyStatus::Current, KeyStatus::Next]);

            set.promote(&kid, Timestamp::from_unix(2));
            usable(&set);
            assert_eq!(statuses(&set), [KeyStatus::Retired, KeyStatus::Current]);
            assert_eq!(
                set.states()[1],
                KeyState { kid, alg: Some(format!("{algorithm:?}")), status: KeyStatus::Current, since: Some(Timestamp::from_unix(2)) }
            );

            let retired = set.states()[0].kid.clone();
            set.remove(&retired);
            usable(&set);
        }
    }

    #[test]
    fn numbers_of_token_keys_only_grow() {
        let mut ring = KeyDocument::parse(&token_keys().unwrap()).unwrap();
        for number in 2..=255 {
            assert_eq!(ring.add_next_token_key(Timestamp::from_unix(1)).unwrap(), number.to_string());
            ring.promote(&number.to_string(), Timestamp::from_unix(2));
            ring.remove(&(number - 1).to_string());
            assert_eq!(TokenKeys::parse(&ring.to_text()).unwrap().current().get().to_string(), number.to_string());
        }
        assert!(ring.add_next_token_key(Timestamp::from_unix(1)).is_err());
    }

    #[test]
    fn a_public_half_holds_no_private_member_and_agrees_whenever_its_keys_came_there() {
        for algorithm in [Algorithm::ES256, Algorithm::EdDSA, Algorithm::RS256] {
            let mut set = KeyDocument::parse(&signing_keys(algorithm).unwrap()).unwrap();
            let mut public = set.public_half();
            for member in ["d", "p", "q", "dp", "dq", "qi", "k"] {
                assert!(public.keys.iter().all(|key| !key.contains_key(member)));
            }
            public.set_since(&set.states()[0].kid, Timestamp::from_unix(5));
            assert!(public.agrees_with(&set.public_half()));

            set.add_next_signing_key(algorithm, Timestamp::from_unix(1)).unwrap();
            assert!(!public.agrees_with(&set.public_half()));
        }
    }

    #[test]
    fn members_that_nobody_knows_stay() {
        let set = KeyDocument::parse(r#"{"keys":[{"kid":"a","status":"current","note":"mine"}],"owner":"me"}"#).unwrap();

        assert!(set.to_text().contains(r#""note":"mine""#) && set.to_text().contains(r#""owner":"me""#));
        assert!(!set.public_half().to_text().contains("mine"));
    }
}

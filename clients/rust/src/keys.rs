//! The public keys of an issuer, cached as docs/jwt.md of Latchkey asks.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use jsonwebtoken::DecodingKey;
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::Mutex;

use crate::clock::apart;

/// For how long the keys are kept.
const LIFE: Duration = Duration::from_secs(300);

/// How far apart two looks for an unknown key are: whoever calls can invent a `kid` for each request.
const FLOOR: Duration = Duration::from_secs(30);

/// When the key set counts as lost.
const TIMEOUT: Duration = Duration::from_secs(5);

/// An algorithm that Latchkey signs with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[non_exhaustive]
pub enum Algorithm {
    /// ECDSA on P-256 with SHA-256, the default of Latchkey.
    #[serde(rename = "ES256")]
    Es256,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    #[serde(rename = "RS256")]
    Rs256,
    /// Ed25519.
    #[serde(rename = "EdDSA")]
    EdDsa,
}

/// Why the public keys could not be had. It says nothing about the JWT that needed one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeysError {
    /// No answer came, or none that is JSON.
    #[error("the key set was not answered")]
    Lost(#[source] reqwest::Error),
    /// The answer is an error.
    #[error("the key set was answered with {0}")]
    Status(u16),
    /// The answer is no key set.
    #[error("the key set is not readable")]
    Unreadable(#[source] serde_json::Error),
    /// The key set holds no key that can verify a JWT.
    #[error("the key set holds no key")]
    Empty,
    /// Whoever asked for the keys went away before the answer.
    #[error("the key set was asked for, and its answer was not awaited")]
    Abandoned,
}

/// A public key, with the one algorithm that it is for.
#[derive(Clone)]
pub(crate) struct PublicKey {
    pub(crate) algorithm: Algorithm,
    key: DecodingKey,
}

impl PublicKey {
    /// Whether `signature` is one of `message`. By AWS-LC, whatever provider `jsonwebtoken` has in this process.
    pub(crate) fn verifies(&self, message: &[u8], signature: &Vec<u8>) -> bool {
        let algorithm = match self.algorithm {
            Algorithm::Es256 => jsonwebtoken::Algorithm::ES256,
            Algorithm::Rs256 => jsonwebtoken::Algorithm::RS256,
            Algorithm::EdDsa => jsonwebtoken::Algorithm::EdDSA,
        };
        let provider = &jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER;
        (provider.verifier_factory)(&algorithm, &self.key).is_ok_and(|verifier| verifier.verify(message, signature).is_ok())
    }
}

/// The keys as they were published at one time.
struct Published {
    keys: HashMap<String, PublicKey>,
    at: SystemTime,
}

/// The last attempt to fetch the keys.
#[derive(Default)]
struct Attempt {
    began: Option<SystemTime>,
    failure: Option<Arc<KeysError>>,
}

/// The key set of one issuer. One fetch at a time: whoever needs it meanwhile gets its outcome, and who needs a known key does not wait.
pub(crate) struct KeySet {
    http: reqwest::Client,
    url: String,
    published: RwLock<Option<Arc<Published>>>,
    last: Mutex<Attempt>,
    /// How many attempts have ended.
    ended: AtomicU64,
}

impl KeySet {
    pub(crate) fn new(http: reqwest::Client, issuer_url: &str) -> Self {
        let url = format!("{issuer_url}/.well-known/jwks.json");
        Self { http, url, published: RwLock::default(), last: Mutex::default(), ended: AtomicU64::default() }
    }

    /// The key that `kid` names, if there is one.
    pub(crate) async fn find(&self, kid: &str, now: SystemTime) -> Result<Option<PublicKey>, Arc<KeysError>> {
        let ended = self.ended.load(Ordering::Acquire);
        if let Some(key) = self.known(kid, now) {
            return Ok(Some(key));
        }
        let mut last = self.last.lock().await;
        let has_just_ended = self.ended.load(Ordering::Acquire) != ended;
        let is_too_soon = self.fresh(now).is_some() && last.began.is_some_and(|began| apart(now, began) < FLOOR);
        if !has_just_ended && !is_too_soon {
            last.began = Some(now);
            // What stands if this future is dropped before the answer.
            last.failure = Some(Arc::new(KeysError::Abandoned));
            last.failure = self.fetch(now).await.err().map(Arc::new);
            self.ended.fetch_add(1, Ordering::Release);
        }
        match &last.failure {
            Some(failure) => Err(failure.clone()),
            None => Ok(self.known(kid, now)),
        }
    }

    fn known(&self, kid: &str, now: SystemTime) -> Option<PublicKey> {
        self.fresh(now)?.keys.get(kid).cloned()
    }

    fn fresh(&self, now: SystemTime) -> Option<Arc<Published>> {
        let published = self.published.read().unwrap_or_else(PoisonError::into_inner).clone();
        published.filter(|published| apart(now, published.at) < LIFE)
    }

    async fn fetch(&self, now: SystemTime) -> Result<(), KeysError> {
        let response = self.http.get(&self.url).timeout(TIMEOUT).send().await.map_err(KeysError::Lost)?;
        let status = response.status().as_u16();
        if status != 200 {
            return Err(KeysError::Status(status));
        }
        let body = response.bytes().await.map_err(KeysError::Lost)?;
        let keys = read(&body)?;
        *self.published.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(Published { keys, at: now }));
        Ok(())
    }
}

#[derive(Deserialize)]
struct JwkSet {
    keys: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(tag = "kty")]
enum Material {
    #[serde(rename = "EC")]
    Ec { crv: String, x: String, y: String },
    #[serde(rename = "RSA")]
    Rsa { n: String, e: String },
    #[serde(rename = "OKP")]
    Okp { crv: String, x: String },
}

#[derive(Deserialize)]
struct Jwk {
    kid: String,
    alg: Option<String>,
    r#use: Option<String>,
    #[serde(flatten)]
    material: Material,
}

/// The keys of a set by their `kid`. A key of an algorithm, a curve or a use that is not known is passed over.
fn read(body: &[u8]) -> Result<HashMap<String, PublicKey>, KeysError> {
    let set: JwkSet = serde_json::from_slice(body).map_err(KeysError::Unreadable)?;
    let keys: HashMap<_, _> = set
        .keys
        .into_iter()
        .filter_map(|key| serde_json::from_value(key).ok())
        .filter_map(|jwk: Jwk| Some((jwk.kid.clone(), public(&jwk)?)))
        .collect();
    if keys.is_empty() { Err(KeysError::Empty) } else { Ok(keys) }
}

fn public(jwk: &Jwk) -> Option<PublicKey> {
    let (algorithm, name, key) = match &jwk.material {
        Material::Ec { crv, x, y } if crv == "P-256" => (Algorithm::Es256, "ES256", DecodingKey::from_ec_components(x, y)),
        Material::Rsa { n, e } => (Algorithm::Rs256, "RS256", DecodingKey::from_rsa_components(n, e)),
        Material::Okp { crv, x } if crv == "Ed25519" => (Algorithm::EdDsa, "EdDSA", DecodingKey::from_ed_components(x)),
        _ => return None,
    };
    let is_meant = jwk.alg.as_deref().is_none_or(|alg| alg == name) && jwk.r#use.as_deref().is_none_or(|used| used == "sig");
    if is_meant { Some(PublicKey { algorithm, key: key.ok()? }) } else { None }
}

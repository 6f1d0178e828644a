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

/// When the key set counts as lost, at the latest.
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
    timeout: Duration,
    published: RwLock<Option<Arc<Published>>>,
    last: Mutex<Attempt>,
    /// How many attempts have ended.
    ended: AtomicU64,
}

impl KeySet {
    pub(crate) fn new(http: reqwest::Client, issuer_url: &str, timeout: Duration) -> Self {
        let (url, timeout) = (format!("{issuer_url}/.well-known/jwks.json"), timeout.min(TIMEOUT));
        Self { http, url, timeout, published: RwLock::default(), last: Mutex::default(), ended: AtomicU64::default() }
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
        let response = self.http.get(&self.url).timeout(self.timeout).send().await.map_err(KeysError::Lost)?;
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use serde_json::json;

    use super::*;

    const AT: SystemTime = SystemTime::UNIX_EPOCH;

    /// A published set, and how often it was fetched.
    #[derive(Default)]
    struct Issuer {
        kids: RwLock<Vec<&'static str>>,
        fetches: AtomicUsize,
        /// Whether it takes a fetch and answers nothing.
        hangs: std::sync::atomic::AtomicBool,
    }

    impl Issuer {
        async fn with(kids: &[&'static str]) -> (Arc<Self>, KeySet) {
            let issuer = Arc::new(Self { kids: RwLock::new(kids.to_vec()), ..Self::default() });
            let shared = issuer.clone();
            let answer = ::axum::routing::get(async move || {
                shared.fetches.fetch_add(1, Ordering::SeqCst);
                if shared.hangs.load(Ordering::SeqCst) {
                    std::future::pending::<()>().await;
                }
                json!({ "keys": shared.kids.read().unwrap().iter().copied().map(jwk).collect::<Vec<_>>() }).to_string()
            });
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let url = format!("http://{}", listener.local_addr().unwrap());
            tokio::spawn(async move { ::axum::serve(listener, ::axum::Router::new().fallback(answer)).await });
            let http = reqwest::Client::builder().no_proxy().build().unwrap();
            (issuer, KeySet::new(http, &url, TIMEOUT))
        }

        fn fetches(&self) -> usize {
            self.fetches.load(Ordering::SeqCst)
        }
    }

    /// The key of RFC 7515, A.3.
    fn jwk(kid: &str) -> Value {
        let (x, y) = ("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0");
        json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y, "kid": kid, "alg": "ES256", "use": "sig" })
    }

    fn later(seconds: u64) -> SystemTime {
        AT + Duration::from_secs(seconds)
    }

    #[tokio::test]
    async fn an_unknown_key_is_looked_for_at_most_twice_a_minute() {
        let (issuer, keys) = Issuer::with(&["k1"]).await;
        assert!(keys.find("k1", AT).await.unwrap().is_some());
        issuer.kids.write().unwrap().push("k2");

        for _ in 0..5 {
            assert!(keys.find("k2", later(29)).await.unwrap().is_none());
        }
        let fetches_at_once = issuer.fetches();

        assert!(keys.find("k2", later(30)).await.unwrap().is_some());
        assert!(keys.find("k3", later(31)).await.unwrap().is_none());
        assert_eq!((fetches_at_once, issuer.fetches()), (1, 2));
    }

    #[tokio::test]
    async fn the_keys_are_kept_for_five_minutes_and_a_removed_one_no_longer() {
        let (issuer, keys) = Issuer::with(&["k1", "k2"]).await;
        assert!(keys.find("k1", AT).await.unwrap().is_some());
        issuer.kids.write().unwrap().retain(|kid| *kid != "k1");

        assert!(keys.find("k1", later(299)).await.unwrap().is_some());
        assert!(keys.find("k1", later(300)).await.unwrap().is_none());
        assert!(keys.find("k2", later(300)).await.unwrap().is_some());
        assert_eq!(issuer.fetches(), 2);
    }

    #[tokio::test]
    async fn old_keys_are_not_used_while_new_ones_cannot_be_had() {
        let (issuer, keys) = Issuer::with(&["k1"]).await;
        assert!(keys.find("k1", AT).await.unwrap().is_some());
        issuer.kids.write().unwrap().clear();

        assert!(matches!(keys.find("k1", later(300)).await.as_ref().map_err(Arc::as_ref), Err(KeysError::Empty)));
    }

    #[tokio::test]
    async fn many_callers_at_once_cause_one_fetch() {
        let (issuer, keys) = Issuer::with(&["k1"]).await;
        let keys = Arc::new(keys);

        let callers: Vec<_> = (0..50)
            .map(|_| {
                tokio::spawn({
                    let keys = keys.clone();
                    async move { keys.find("k1", AT).await }
                })
            })
            .collect();

        for caller in callers {
            assert!(caller.await.unwrap().unwrap().is_some());
        }
        assert_eq!(issuer.fetches(), 1);
    }

    #[tokio::test]
    async fn many_callers_at_once_share_a_failure() {
        let (issuer, keys) = Issuer::with(&[]).await;
        let keys = Arc::new(keys);

        let callers: Vec<_> = (0..50)
            .map(|_| {
                let keys = keys.clone();
                tokio::spawn(async move { keys.find("k1", AT).await })
            })
            .collect();

        for caller in callers {
            assert!(caller.await.unwrap().is_err());
        }
        assert_eq!(issuer.fetches(), 1);
        issuer.kids.write().unwrap().push("k1");
        assert!(keys.find("k1", AT).await.unwrap().is_some(), "the next one tries again");
    }

    #[tokio::test]
    async fn who_needs_a_known_key_does_not_wait_for_who_invents_one() {
        let (issuer, keys) = Issuer::with(&["k1"]).await;
        let keys = Arc::new(keys);
        assert!(keys.find("k1", AT).await.unwrap().is_some());
        issuer.hangs.store(true, Ordering::SeqCst);
        let inventor = tokio::spawn({
            let keys = keys.clone();
            async move { keys.find("k2", later(40)).await }
        });
        while issuer.fetches() < 2 {
            tokio::task::yield_now().await;
        }

        let known = tokio::time::timeout(Duration::from_secs(1), keys.find("k1", later(40))).await;

        assert!(known.unwrap().unwrap().is_some());
        // One who goes away leaves no verdict, and no way around the floor.
        inventor.abort();
        assert!(inventor.await.is_err());
        assert!(matches!(keys.find("k2", later(41)).await.as_ref().map_err(Arc::as_ref), Err(KeysError::Abandoned)));
        assert_eq!(issuer.fetches(), 2);
    }

    #[test]
    fn a_key_for_another_use_or_of_an_unknown_kind_is_passed_over() {
        let with = |name: &str, value: &str| {
            let mut key = jwk(name);
            key[name] = json!(value);
            key
        };
        let set =
            json!({ "keys": [jwk("good"), with("use", "enc"), with("alg", "ES384"), with("crv", "P-384"), with("kty", "oct"), 1, {}] });

        let keys = read(set.to_string().as_bytes()).unwrap();

        assert_eq!(keys.into_keys().collect::<Vec<_>>(), ["good"]);
        assert!(matches!(read(b"{\"keys\":[]}"), Err(KeysError::Empty)));
        assert!(matches!(read(b"<html>"), Err(KeysError::Unreadable(_))));
    }
}

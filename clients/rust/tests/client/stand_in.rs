//! An issuer whose keys are in the hands of the test, and a server that answers as the test says.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair, RsaPublicKeyComponents,
};
use axum::Router;
use axum::routing::{MethodRouter, any};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

/// Serves `handler` for every path on a free port.
pub async fn serve(handler: MethodRouter) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(handler)).await });
    url
}

/// A private key.
pub enum Key {
    Ec(EcdsaKeyPair),
    Ed(Ed25519KeyPair),
    Rsa(RsaKeyPair),
    Secret(Vec<u8>),
}

impl Key {
    pub fn ec() -> Self {
        Self::Ec(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
    }

    pub fn ed() -> Self {
        Self::Ed(Ed25519KeyPair::generate().unwrap())
    }

    pub fn rsa() -> Self {
        Self::Rsa(RsaKeyPair::generate(KeySize::Rsa2048).unwrap())
    }

    fn algorithm(&self) -> &'static str {
        match self {
            Self::Ec(_) => "ES256",
            Self::Ed(_) => "EdDSA",
            Self::Rsa(_) => "RS256",
            Self::Secret(_) => "HS256",
        }
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match self {
            Self::Ec(key) => key.sign(&random, message).unwrap().as_ref().to_vec(),
            Self::Ed(key) => key.sign(message).as_ref().to_vec(),
            Self::Rsa(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).unwrap();
                signature
            }
            Self::Secret(secret) => {
                let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, secret);
                aws_lc_rs::hmac::sign(&key, message).as_ref().to_vec()
            }
        }
    }

    fn public(&self, kid: &str) -> Value {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let mut jwk = match self {
            Self::Ec(key) => {
                let point = key.public_key().as_ref();
                json!({ "kty": "EC", "crv": "P-256", "x": text(&point[1..33]), "y": text(&point[33..]) })
            }
            Self::Ed(key) => json!({ "kty": "OKP", "crv": "Ed25519", "x": text(key.public_key().as_ref()) }),
            Self::Rsa(key) => {
                let RsaPublicKeyComponents::<Vec<u8>> { n, e } = key.public_key().into();
                json!({ "kty": "RSA", "n": text(&n), "e": text(&e) })
            }
            Self::Secret(_) => panic!("a secret is not published"),
        };
        (jwk["kid"], jwk["alg"], jwk["use"]) = (json!(kid), json!(self.algorithm()), json!("sig"));
        jwk
    }
}

/// An issuer that publishes keys and signs whatever the test wants.
pub struct StandIn {
    pub url: String,
    pub published: Arc<Mutex<Vec<Value>>>,
    keys: BTreeMap<&'static str, Key>,
    fetches: Arc<AtomicUsize>,
}

impl StandIn {
    /// With a key `k1`.
    pub async fn start() -> Self {
        let (published, fetches) = (Arc::<Mutex<Vec<Value>>>::default(), Arc::<AtomicUsize>::default());
        let (answer, count) = (published.clone(), fetches.clone());
        let url = serve(any(async move || {
            count.fetch_add(1, Ordering::SeqCst);
            json!({ "keys": *answer.lock().unwrap() }).to_string()
        }))
        .await;
        let mut issuer = Self { url, published, keys: BTreeMap::new(), fetches };
        issuer.add_key("k1", Key::ec());
        issuer
    }

    pub fn add_key(&mut self, kid: &'static str, key: Key) {
        self.published.lock().unwrap().push(key.public(kid));
        self.keys.insert(kid, key);
    }

    pub fn fetches(&self) -> usize {
        self.fetches.load(Ordering::SeqCst)
    }

    /// A session as Latchkey signs it.
    pub fn session(&self) -> String {
        self.session_with("k1", json!({}), json!({}))
    }

    /// The same by another key.
    pub fn session_by(&self, kid: &str) -> String {
        self.session_with(kid, json!({}), json!({}))
    }

    /// The same except for these members of the header and these claims; one that is null is left out.
    pub fn session_with(&self, kid: &str, header: Value, claims: Value) -> String {
        self.signed(kid, &self.keys[kid], header, claims)
    }

    /// The same, signed by a key of the test.
    pub fn signed(&self, kid: &str, key: &Key, header: Value, claims: Value) -> String {
        let now = now();
        let usual_header = json!({ "typ": "JWT", "alg": key.algorithm(), "kid": kid });
        let usual = json!({
            "iss": self.url, "sub": "carol", "aud": self.url, "iat": now, "nbf": now - 30, "exp": now + 3600, "jti": "id",
            "token_use": "session", "customClaims": { "plan": "gold" },
            "acl": [{ "scope": { "organizationId": ["acme"] }, "permissions": ["read-invoices"] }],
        });
        let message = format!("{}.{}", encoded(usual_header, header), encoded(usual, claims));
        let signature = URL_SAFE_NO_PAD.encode(key.sign(message.as_bytes()));
        format!("{message}.{signature}")
    }
}

fn encoded(mut usual: Value, other: Value) -> String {
    usual.as_object_mut().unwrap().extend(other.as_object().unwrap().clone());
    usual.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    URL_SAFE_NO_PAD.encode(usual.to_string())
}

/// Seconds since 1970.
#[expect(clippy::disallowed_methods, reason = "the client verifies by the machine's own clock")]
pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// The same text with one character changed.
pub fn tampered(text: &str) -> String {
    let at = text.len() - 10;
    let other = if text.as_bytes()[at] == b'A' { "B" } else { "A" };
    format!("{}{other}{}", &text[..at], &text[at + 1..])
}

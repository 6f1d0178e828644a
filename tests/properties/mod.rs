//! Properties of every public parser and rule: what holds for whatever a caller sends, not for examples of it.
//!
//! Inputs are generated anew at each run; a failure prints the smallest input that still fails.

mod acls;
mod bodies;
mod fields;
mod json;
mod jwts;
mod keys;
mod mailed;
mod names;
mod sealed;
mod times;

use std::collections::HashMap;
use std::sync::OnceLock;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::HeaderMap;
use latchkey::audit::Trail;
use latchkey::credentials::{Algorithm, Issuer, SigningKeys, TokenKeys, generate};
use latchkey::domain::Timestamp;
use latchkey::http::{ApiError, Fields, Request};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

/// How many inputs a property is tried with; no file is kept of those that failed.
fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// Any text: mostly what a caller could type, sometimes every kind of character there is.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![".{0,40}", "[ -~]{0,40}", vec(any::<char>(), 0..20).prop_map(String::from_iter)]
}

/// One change to a text.
#[derive(Clone, Copy, Debug)]
enum Change {
    Replace(char),
    Insert(char),
    Remove,
    CutOff,
}

fn change() -> impl Strategy<Value = (Change, Index)> {
    let character = prop_oneof![any::<char>(), prop::char::range('-', 'z')].boxed();
    let replace = character.clone().prop_map(Change::Replace);
    let change = prop_oneof![3 => replace, 1 => character.prop_map(Change::Insert), 1 => Just(Change::Remove), 1 => Just(Change::CutOff)];
    (change, any::<Index>())
}

fn changed(text: &str, (change, at): (Change, Index)) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    let at = at.index(characters.len());
    match change {
        Change::Replace(with) => characters[at] = with,
        Change::Insert(with) => characters.insert(at, with),
        Change::Remove => drop(characters.remove(at)),
        Change::CutOff => characters.truncate(at),
    }
    String::from_iter(characters)
}

/// A request with this body.
fn request(body: impl Into<Vec<u8>>) -> Request {
    let (id, route_key) = ("request-1".into(), String::new());
    Request {
        id,
        now: Timestamp::from_unix(crate::house::NOW),
        route_key,
        path_parameters: HashMap::new(),
        query: String::new(),
        headers: HeaderMap::new(),
        body: body.into(),
        source_ip: None,
        authorizer: None,
        trail: Trail::default(),
    }
}

fn fields_of(body: &Value) -> Result<Fields, ApiError> {
    request(body.to_string()).fields()
}

/// A ring of three keys, and one whose keys have the same numbers.
fn rings() -> &'static [TokenKeys; 2] {
    static RINGS: OnceLock<[TokenKeys; 2]> = OnceLock::new();
    RINGS.get_or_init(|| {
        let ring = |seed: u8| {
            let key = |(number, status): (u8, &str)| {
                json!({ "kty": "oct", "kid": number.to_string(), "status": status, "k": URL_SAFE_NO_PAD.encode([seed ^ number; 32]) })
            };
            let keys = [(1, "retired"), (7, "current"), (255, "next")].map(key);
            TokenKeys::parse(&json!({ "keys": keys }).to_string()).unwrap()
        };
        [ring(0), ring(42)]
    })
}

fn issuer() -> &'static Issuer {
    static ISSUER: OnceLock<Issuer> = OnceLock::new();
    ISSUER.get_or_init(|| Issuer { url: "https://auth.example.com".into(), audience: "https://api.example.com".into() })
}

/// Private sets of two algorithms, each as text and read.
fn signing_keys() -> &'static [(Value, SigningKeys)] {
    static KEYS: OnceLock<Vec<(Value, SigningKeys)>> = OnceLock::new();
    KEYS.get_or_init(|| {
        let keys = |algorithm| {
            let json = generate::signing_keys(algorithm).unwrap();
            (serde_json::from_str(&json).unwrap(), SigningKeys::parse(&json).unwrap())
        };
        vec![keys(Algorithm::ES256), keys(Algorithm::EdDSA)]
    })
}

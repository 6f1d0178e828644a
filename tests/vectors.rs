//! Wycheproof's vectors (`vectors/README.md`) where they fit this service's own doors.
//!
//! The vectors' messages are none of its JWTs, so none may be accepted; and no signature that was made to be taken for a right
//! one is, under a JWT's header and claims that would otherwise do.

use std::collections::BTreeSet;
use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use latchkey::credentials::{
    Algorithm, Issuer, KeySetError, LoginClaims, SessionClaims, SigningKeys, TokenKeys, VerificationKeys, generate,
};
use latchkey::domain::{SessionId, Subject, Timestamp, UserId};
use serde_json::{Value, json};

use crate::house::{NOW, root};

fn file(name: &str) -> PathBuf {
    root().join("tests/vectors").join(name)
}

fn lines(name: &str) -> Vec<Value> {
    std::fs::read_to_string(file(name)).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The key as it would stand in one of this service's sets.
fn set(jwk: &Value) -> String {
    let mut jwk = jwk.clone();
    jwk["status"] = "current".into();
    json!({ "keys": [jwk] }).to_string()
}

fn issuer() -> Issuer {
    Issuer { url: "https://auth.example.com".into(), audience: "https://api.example.com".into() }
}

fn accepted(token: &str, keys: &VerificationKeys) -> bool {
    let now = Timestamp::from_unix(NOW);
    LoginClaims::verify(token, &issuer(), keys, now).is_ok() || SessionClaims::verify(token, &issuer(), keys, now).is_ok()
}

fn login() -> LoginClaims {
    let (issued_at, expires_at) = (Timestamp::from_unix(NOW), Timestamp::from_unix(NOW + 3600));
    let session = SessionId::random(Subject::User(UserId::random()));
    LoginClaims { user: UserId::random(), session, epoch: 0, authenticated_at: Some(issued_at), issued_at, expires_at }
}

/// A login JWT's header and claims under the vector's key; what is missing is a signature.
fn unsigned(kid: &str, alg: &str) -> String {
    let signing = SigningKeys::parse(&generate::signing_keys(Algorithm::EdDSA).unwrap()).unwrap();
    let minted = login().mint(&issuer(), &signing).unwrap();
    let header = json!({ "typ": "at+jwt", "alg": alg, "kid": kid }).to_string();
    format!("{}.{}", URL_SAFE_NO_PAD.encode(header), minted.expose().split('.').nth(1).unwrap())
}

fn bytes(hex: &Value) -> Vec<u8> {
    let hex = hex.as_str().unwrap();
    (0..hex.len() / 2).map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap()).collect()
}

#[test]
fn the_header_and_claims_that_lack_a_signature_here_would_do_with_one() {
    for algorithm in [Algorithm::ES256, Algorithm::EdDSA] {
        let private = generate::signing_keys(algorithm).unwrap();
        let keys = SigningKeys::parse(&private).unwrap();
        let jwk: Value = serde_json::from_str(&private).unwrap();
        let minted = login().mint(&issuer(), &keys).unwrap();
        let unsigned = unsigned(jwk["keys"][0]["kid"].as_str().unwrap(), jwk["keys"][0]["alg"].as_str().unwrap());

        assert!(accepted(minted.expose(), keys.verification()));
        let header =
            |token: &str| -> Value { serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap()).unwrap() };
        assert_eq!(header(&unsigned), header(minted.expose()));
    }
}

#[test]
fn no_vectors_jws_is_a_login_or_a_session() {
    let mut parsed = BTreeSet::new();
    for vector in lines("jws.jsonl") {
        let alg = vector["jwk"]["alg"].as_str().unwrap_or("none");
        match VerificationKeys::parse(&set(&vector["jwk"])) {
            Ok(keys) => {
                let token = vector["jws"].as_str().unwrap();
                let unsigned = unsigned(vector["jwk"]["kid"].as_str().unwrap(), alg);

                assert!(!accepted(token, &keys), "{}", vector["id"]);
                assert!(!accepted(&format!("{unsigned}.{}", token.rsplit('.').next().unwrap()), &keys), "{}", vector["id"]);
                parsed.insert(alg.to_owned());
            }
            Err(error) => assert!(!["ES256", "RS256", "EdDSA"].contains(&alg), "{} {error}", vector["id"]),
        }
    }
    assert_eq!(parsed, ["ES256", "RS256"].map(str::to_owned).into());
}

#[test]
fn no_vectors_wrong_signature_signs_a_login() {
    for vector in lines("es256.jsonl") {
        let point = bytes(&vector["pk"]);
        let [x, y] = [&point[1..33], &point[33..]].map(|coordinate| URL_SAFE_NO_PAD.encode(coordinate));
        let jwk = json!({ "kty": "EC", "crv": "P-256", "kid": "k", "alg": "ES256", "x": x, "y": y });

        assert!(!accepted(&login_with_the_signature_of(&vector, "ES256"), &public(&jwk)), "{}", vector["id"]);
    }
    for vector in lines("ed25519.jsonl") {
        let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "kid": "k", "alg": "EdDSA", "x": URL_SAFE_NO_PAD.encode(bytes(&vector["pk"])) });

        assert!(!accepted(&login_with_the_signature_of(&vector, "EdDSA"), &public(&jwk)), "{}", vector["id"]);
    }
}

fn login_with_the_signature_of(vector: &Value, alg: &str) -> String {
    format!("{}.{}", unsigned("k", alg), URL_SAFE_NO_PAD.encode(bytes(&vector["sig"])))
}

fn public(jwk: &Value) -> VerificationKeys {
    VerificationKeys::parse(&set(jwk)).unwrap()
}

/// The private and the public key sets, each with the tcId and the tokens of its tests.
fn key_sets() -> Vec<(u64, Value, Vec<String>)> {
    let vectors: Value = serde_json::from_slice(&std::fs::read(file("jwk.json")).unwrap()).unwrap();
    let mut sets = Vec::new();
    for group in vectors["testGroups"].as_array().unwrap() {
        let tests = group["tests"].as_array().unwrap();
        let tokens: Vec<_> = tests.iter().map(|test| test["jws"].as_str().unwrap().to_owned()).collect();
        for half in ["private", "public"].iter().filter_map(|half| group.get(half)) {
            let mut set = half.clone();
            for (at, key) in set["keys"].as_array_mut().unwrap().iter_mut().enumerate() {
                key["status"] = if at == 0 { "current" } else { "retired" }.into();
            }
            sets.push((tests[0]["tcId"].as_u64().unwrap(), set, tokens.clone()));
        }
    }
    sets
}

/// The tcIds of the sets that `parse` takes.
fn taken<T>(parse: impl Fn(&str) -> Result<T, KeySetError>) -> Vec<u64> {
    let ids: BTreeSet<_> = key_sets().into_iter().filter(|(_, set, _)| parse(&set.to_string()).is_ok()).map(|(id, ..)| id).collect();
    ids.into_iter().collect()
}

/// The sets that are taken although the vectors have them refused: of weak primes (7), of exponent 1 (9), for encryption (21),
/// of a point that is on no curve (22). They are the operator's own; under 9 and 22 no signature is right.
const WEAK: [u64; 4] = [7, 9, 21, 22];

#[test]
fn a_set_of_unsupported_mixed_or_repeated_keys_verifies_nothing() {
    let mut verifying = taken(VerificationKeys::parse);
    verifying.retain(|id| !WEAK.contains(id));
    assert_eq!(verifying, [5]);

    for (id, set, tokens) in key_sets() {
        if let Ok(keys) = VerificationKeys::parse(&set.to_string()) {
            assert!(tokens.iter().all(|token| !accepted(token, &keys)), "{id}");
        }
    }
}

#[test]
fn a_private_key_that_does_not_fit_its_public_half_signs_nothing() {
    let mut signing = taken(SigningKeys::parse);
    signing.retain(|id| !WEAK.contains(id));
    assert_eq!(signing, [5]);
    assert!(SigningKeys::parse(&key_sets().into_iter().find(|(id, ..)| *id == 22).unwrap().1.to_string()).is_err());
}

#[test]
fn a_ring_takes_only_octets_and_no_short_or_repeated_ones() {
    // This service's keys have numbers for ids.
    let numbered = |set: &str| {
        let mut set: Value = serde_json::from_str(set).unwrap();
        let kids: Vec<_> = set["keys"].as_array().unwrap().iter().map(|key| key["kid"].clone()).collect();
        for key in set["keys"].as_array_mut().unwrap() {
            key["kid"] = (kids.iter().position(|kid| *kid == key["kid"]).unwrap() + 1).to_string().into();
        }
        set.to_string()
    };

    // 11 and 12 are too short for other algorithms only, 25 and 26 meant for other ones: a ring is for HMAC-SHA-256, whatever `alg` says.
    assert_eq!(taken(|set| TokenKeys::parse(&numbered(set))), [2, 11, 12, 13, 14, 15, 25, 26]);
    assert_eq!(taken(TokenKeys::parse), [0; 0]);
}

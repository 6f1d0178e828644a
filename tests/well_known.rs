//! `GET /.well-known/jwks.json` and `GET /.well-known/openid-configuration`

use std::collections::BTreeSet;

use latchkey::credentials::{Algorithm, VerificationKeys, generate};
use serde_json::{Value, json};

use crate::house::{Call, World};
use crate::operations::Jwks;

#[tokio::test]
async fn the_published_set_has_every_public_key_and_nothing_else() {
    let world = World::new().await;

    let reply = world.call::<Jwks>(Call::new().route("GET /.well-known/jwks.json")).await;

    assert_eq!((reply.status, reply.header("cache-control")), (200, "public, max-age=60"));
    let key = reply.body["keys"][0].as_object().unwrap();
    assert_eq!(key.keys().map(String::as_str).collect::<Vec<_>>(), ["alg", "crv", "kid", "kty", "use", "x", "y"]);
    assert_eq!((&key["alg"], &key["use"], &key["crv"]), (&json!("ES256"), &json!("sig"), &json!("P-256")));
}

#[test]
fn a_set_of_private_keys_publishes_no_secret() {
    for algorithm in [Algorithm::ES256, Algorithm::RS256, Algorithm::EdDSA] {
        let private = generate::signing_keys(algorithm).unwrap();
        let keys = VerificationKeys::parse(&private).unwrap();

        let published = serde_json::to_value(keys.published()).unwrap();

        for member in ["d", "p", "q", "dp", "dq", "qi", "k", "status"] {
            assert!(published["keys"][0].get(member).is_none(), "{algorithm:?} {member}");
        }
        assert_eq!(keys.algorithms(), [algorithm]);
    }
}

#[tokio::test]
async fn discovery_says_where_the_keys_are() {
    let world = World::new().await;

    let reply = world.call::<Jwks>(Call::new().route("GET /.well-known/openid-configuration")).await;

    assert_eq!(reply.status, 200);
    assert_eq!(
        reply.body,
        json!({
            "issuer": "https://auth.example.com", "jwks_uri": "https://auth.example.com/.well-known/jwks.json", "response_types_supported": [],
            "subject_types_supported": ["public"], "id_token_signing_alg_values_supported": ["ES256"],
        })
    );
}

#[test]
fn keys_of_every_status_are_published_and_an_algorithm_is_named_once() {
    let mut keys = Vec::new();
    for status in ["next", "current", "retired"] {
        let mut set: Value = serde_json::from_str(&generate::signing_keys(Algorithm::ES256).unwrap()).unwrap();
        set["keys"][0]["status"] = status.into();
        keys.push(set["keys"][0].take());
    }
    let set = VerificationKeys::parse(&json!({ "keys": keys }).to_string()).unwrap();

    let published = serde_json::to_value(set.published()).unwrap();

    let kids = |keys: &[Value]| keys.iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(kids(published["keys"].as_array().unwrap()), kids(&keys));
    assert_eq!(set.algorithms(), [Algorithm::ES256]);
}

#[tokio::test]
async fn it_costs_what_docs_costs_says() {
    let world = World::new().await;

    world.measure::<Jwks>("", Call::new().route("GET /.well-known/jwks.json"), 200, 0).await;
}

//! Tokens that this service did not make: refused with no request to the database.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use latchkey::credentials::{ApiKey, EntityToken, Issuer, OneTimeToken, SessionClaims, TokenKeys, VerificationKeys, generate};
use latchkey::domain::{Acl, Timestamp};
use serde_json::{Value, json};

use crate::house::{Call, Door, NOW, Person, World};
use crate::operations::{AuthenticationTokenExchange, AuthheaderAdd, EntityTokenCreate, EntityTokenGet, EntityTokenRefresh};

/// Every text that differs from a token in one bit of what it encodes, and a few that differ in form.
fn forgeries(token: &str) -> Vec<String> {
    let (prefix, encoded) = token.split_at(6);
    let bytes = bs58::decode(encoded).into_vec().unwrap();
    let flip = |bit: usize| {
        let mut bytes = bytes.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        format!("{prefix}{}", bs58::encode(bytes).into_string())
    };
    let mut forged: Vec<String> = (0..bytes.len() * 8).map(flip).collect();
    forged.extend([format!("{token}1"), format!("{prefix}1{encoded}"), encoded.to_owned(), prefix.to_owned(), token.to_uppercase()]);
    forged
}

async fn assert_refused<O: latchkey::runtime::Start>(world: &World, calls: impl IntoIterator<Item = Call>, status: i64) {
    let service = world.start::<O>().await;
    world.spy.take();
    for call in calls {
        let reply = service.reply(call).await;
        assert_eq!(reply.status, status);
    }
    assert_eq!(world.spy.take().actions, [""; 0]);
}

async fn tokens(world: &World) -> (Person, String, String) {
    let alice = world.person_with("alice", Acl::everything()).await;
    let entity = world.call::<EntityTokenCreate>(alice.entity_call("acme", &alice.id)).await.text("authenticationToken");
    let one_time = world.one_time_token(&alice.key, json!({ "customerId": "carol" })).await.text("token");
    (alice, entity, one_time)
}

#[tokio::test]
async fn any_changed_bit_of_any_token_is_refused_without_a_request() {
    let world = World::new().await;
    let (alice, entity, one_time) = tokens(&world).await;

    let call = || alice.entity_call("acme", &alice.id);
    assert_refused::<EntityTokenGet>(&world, forgeries(&alice.key).into_iter().map(|forged| call().header("apikey", forged)), 401).await;
    assert_refused::<EntityTokenRefresh>(
        &world,
        forgeries(&entity).into_iter().map(|forged| call().json(json!({ "authenticationToken": forged }))),
        404,
    )
    .await;
    assert_refused::<AuthenticationTokenExchange>(
        &world,
        forgeries(&one_time).into_iter().map(|forged| Call::new().path("token", forged)),
        404,
    )
    .await;
}

#[tokio::test]
async fn any_changed_character_of_a_jwt_is_refused_without_a_request() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let changed = (0..alice.jwt.len()).map(|at| {
        let mut text = alice.jwt.clone().into_bytes();
        text[at] = if text[at] == b'A' { b'B' } else { b'A' };
        String::from_utf8(text).unwrap()
    });

    assert_refused::<AuthheaderAdd>(&world, changed.map(|jwt| Call::new().bearer(&jwt).json(json!({ "name": "x" }))), 401).await;
}

#[tokio::test]
async fn a_token_of_another_kind_is_refused_without_a_request() {
    let world = World::new().await;
    let (alice, entity, one_time) = tokens(&world).await;
    let session = world.call::<AuthenticationTokenExchange>(Call::new().path("token", &one_time)).await.text("token");
    let call = || alice.entity_call("acme", &alice.id);

    assert_refused::<AuthheaderAdd>(
        &world,
        [&session, &alice.key, &entity].map(|other| Call::new().bearer(other).json(json!({ "name": "x" }))),
        401,
    )
    .await;
    assert_refused::<EntityTokenGet>(&world, [&entity, &one_time, &alice.jwt].map(|other| call().header("apikey", other)), 401).await;
    assert_refused::<EntityTokenGet>(&world, [&session].map(|other| call().header("token", other)), 401).await;
    assert_refused::<EntityTokenRefresh>(
        &world,
        [&alice.key, &one_time, &alice.jwt].map(|other| call().json(json!({ "authenticationToken": other }))),
        404,
    )
    .await;
    assert_refused::<AuthenticationTokenExchange>(
        &world,
        [&alice.key, &entity, &alice.jwt].map(|other| Call::new().path("token", other)),
        404,
    )
    .await;
}

#[tokio::test]
async fn a_token_of_an_unknown_key_is_refused_without_a_request() {
    let world = World::new().await;
    let (alice, entity, one_time) = tokens(&world).await;
    let ring = std::fs::read_to_string(world.folder.join("token.json")).unwrap();
    let own = TokenKeys::parse(&ring).unwrap();
    // The same key under another number, and another key under the same number.
    let renumbered = TokenKeys::parse(&ring.replace("\"kid\":\"1\"", "\"kid\":\"9\"")).unwrap();
    let foreign = TokenKeys::parse(&generate::token_keys().unwrap()).unwrap();
    let call = || alice.entity_call("acme", &alice.id);

    for ring in [renumbered, foreign] {
        let key = ring.current();
        let api_key = ApiKey { key, ..ApiKey::open(&own, &alice.key).unwrap() }.seal(&ring).unwrap();
        let entity = EntityToken { key, ..EntityToken::open(&own, &entity).unwrap() }.seal(&ring).unwrap();
        let one_time = OneTimeToken { key, ..OneTimeToken::open(&own, &one_time).unwrap() }.seal(&ring).unwrap();

        assert_refused::<EntityTokenGet>(&world, [call().header("apikey", api_key.expose())], 401).await;
        assert_refused::<EntityTokenRefresh>(&world, [call().json(json!({ "authenticationToken": entity.expose() }))], 404).await;
        assert_refused::<AuthenticationTokenExchange>(&world, [Call::new().path("token", one_time.expose())], 404).await;
    }
}

/// A JWT that the world's own key signs, whatever its header and claims say.
pub fn signed_with_our_key(world: &World, header: &str, claims: &Value) -> String {
    let set: Value = serde_json::from_slice(&std::fs::read(world.folder.join("signing.json")).unwrap()).unwrap();
    let member = |name: &str| URL_SAFE_NO_PAD.decode(set["keys"][0][name].as_str().unwrap()).unwrap();
    let point = [vec![4], member("x"), member("y")].concat();
    let pair = EcdsaKeyPair::from_private_key_and_public_key(&ECDSA_P256_SHA256_FIXED_SIGNING, &member("d"), &point).unwrap();
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims.to_string()));
    let signature = pair.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn part(jwt: &str, index: usize) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(jwt.split('.').nth(index).unwrap()).unwrap()).unwrap()
}

/// Headers beside `good`, which names typ, alg and kid, that mean something else.
fn other_headers(good: &Value) -> Vec<String> {
    let with = |name: &str, value: Value| {
        let mut header = good.clone();
        header[name] = value;
        header.to_string()
    };
    let text = good.to_string();
    let mut headers = vec![text.replacen('{', r#"{"typ":"x","#, 1), text.replacen('}', r#","kid":"x"}"#, 1)];
    headers.extend(["typ", "alg", "kid"].map(|name| with(name, Value::Null)));
    headers.extend(["jwt", "AT+JWT", "at+JWT", "application/at+jwt", "dpop+jwt", ""].map(|typ| with("typ", typ.into())));
    headers.extend(["ES384", "RS256", "EdDSA", "HS256", "none", "None", "es256", ""].map(|alg| with("alg", alg.into())));
    headers.extend(["", "unknown", "../signing", "1"].map(|kid| with("kid", kid.into())));
    headers.push(with("crit", json!(["exp"])));
    headers.push(with("b64", false.into()));
    headers.extend(["jku", "x5u", "cty", "zip", "x"].map(|name| with(name, "https://mallory.example.com".into())));
    headers.extend(["jwk", "x5c"].map(|name| with(name, json!({}))));
    headers
}

/// Claims beside `good` that mean something else; `kind` says which ones a JWT of the other kind has.
fn other_claims(good: &Value, kind: &[(&str, Value)]) -> Vec<Value> {
    let with = |name: &str, value: Value| {
        let mut claims = good.clone();
        claims[name] = value;
        claims
    };
    let mut all: Vec<_> = good.as_object().unwrap().keys().filter(|name| *name != "iat").map(|name| with(name, Value::Null)).collect();
    for name in ["iss", "aud"] {
        all.extend(
            ["https://mallory.example.com", "", "https://auth.example.com/", "HTTPS://AUTH.EXAMPLE.COM"].map(|url| with(name, url.into())),
        );
        all.push(with(name, json!([good[name]])));
    }
    all.extend(["", "access", "refresh"].map(|token_use| with("token_use", token_use.into())));
    all.extend([NOW, NOW - 1, 0, -1].map(|exp| with("exp", exp.into())));
    all.extend([NOW + 6, NOW + 3600].map(|nbf| with("nbf", nbf.into())));
    all.extend(["exp", "nbf"].map(|name| with(name, good[name].to_string().into())));
    all.extend(kind.iter().map(|(name, value)| with(name, value.clone())));
    all
}

#[tokio::test]
async fn of_what_our_own_key_could_sign_only_what_we_write_is_a_login() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let (header, claims) = (part(&alice.jwt, 0), part(&alice.jwt, 1));
    let call = |jwt: String| Call::new().bearer(&jwt).json(json!({ "name": "x" }));
    let of_a_session = [("token_use", json!("session")), ("aud", json!("https://api.example.com")), ("sub", json!("carol"))];

    let same = world.call::<AuthheaderAdd>(call(signed_with_our_key(&world, &header.to_string(), &claims))).await;
    let by_header = other_headers(&header).into_iter().map(|header| signed_with_our_key(&world, &header, &claims));
    let others = other_claims(&claims, &of_a_session);
    let by_claims = others.iter().map(|claims| signed_with_our_key(&world, &header.to_string(), claims));

    assert_eq!(same.status, 200);
    assert_refused::<AuthheaderAdd>(&world, by_header.chain(by_claims).map(call), 401).await;
}

#[tokio::test]
async fn of_what_our_own_key_could_sign_only_what_we_write_is_a_session() {
    let world = World::new().await;
    let (_, _, one_time) = tokens(&world).await;
    let jwt = world.call::<AuthenticationTokenExchange>(Call::new().path("token", &one_time)).await.text("token");
    let (header, claims) = (part(&jwt, 0), part(&jwt, 1));
    let keys = VerificationKeys::parse(&std::fs::read_to_string(world.folder.join("verification.json")).unwrap()).unwrap();
    let issuer = Issuer { url: "https://auth.example.com".into(), audience: "https://api.example.com".into() };
    let accepted = |header: &str, claims: &Value| {
        SessionClaims::verify(&signed_with_our_key(&world, header, claims), &issuer, &keys, Timestamp::from_unix(NOW)).is_ok()
    };
    let of_a_login = [("token_use", json!("login")), ("aud", json!("https://auth.example.com"))];

    assert!(accepted(&header.to_string(), &claims));
    for header in other_headers(&header) {
        assert!(!accepted(&header, &claims), "{header}");
    }
    for claims in other_claims(&claims, &of_a_login) {
        assert!(!accepted(&header.to_string(), &claims), "{claims}");
    }
}

#[tokio::test]
async fn a_jwt_that_no_request_of_ours_could_carry_is_not_looked_at() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let mut claims = part(&alice.jwt, 1);
    claims["padding"] = "x".repeat(7000).into();
    let long = signed_with_our_key(&world, &part(&alice.jwt, 0).to_string(), &claims);
    claims["padding"] = "x".repeat(7500).into();
    let too_long = signed_with_our_key(&world, &part(&alice.jwt, 0).to_string(), &claims);
    assert!(long.len() <= 10_240 && too_long.len() > 10_240);

    assert_eq!(world.add_key(&long, json!({ "name": "x" })).await.status, 200);
    assert_refused::<AuthheaderAdd>(&world, [Call::new().bearer(&too_long).json(json!({ "name": "x" }))], 401).await;
}

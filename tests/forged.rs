//! Tokens that this service did not make: refused with no request to the database.

use authentication_token_exchange::AuthenticationTokenExchange;
use authheader_add::AuthheaderAdd;
use entity_token_create::EntityTokenCreate;
use entity_token_get::EntityTokenGet;
use entity_token_refresh::EntityTokenRefresh;
use latchkey::credentials::{ApiKey, EntityToken, OneTimeToken, TokenKeys, generate};
use latchkey::domain::Acl;
use serde_json::json;

use crate::house::{Call, Person, World};

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
        let answer = service.call(call.event()).await;
        assert_eq!(answer.status_code, status);
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

//! What an upgrade does to what was made before, by releases whose rows were others: docs/operations.md, "Upgrade".

use std::collections::HashMap;

use aws_lc_rs::hmac;
use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use latchkey::domain::Acl;
use serde_json::{Value, json};

use crate::forged::signed_with_our_key;
use crate::house::{Call, NOW, Person, World};
use crate::operations::{
    AuthenticationTokenExchange, AuthenticationTokenVerify, EntityTokenCreate, EntityTokenDelete, EntityTokenGet, EntityTokenRefresh,
    Introspect, UserRenew,
};

/// The rows of a login, of an exchange and of a one-time token as an earlier release wrote them.
async fn write_former_rows(world: &World, person: &Person) {
    let (id, session) = (&person.id, "0f8fad5b-d9cb-469f-a165-70867728950e");
    let expires = (NOW + 3600).to_string();
    let issued_by = format!("issued-by#{id}");
    let rows: [(&str, &[(&str, &str)]); 4] = [
        ("sessions", &[("subject", id), ("session_id", session), ("kind", "login")]),
        ("sessions", &[("subject", "customer-1"), ("session_id", session), ("kind", "exchange"), ("issuer_id", id), ("acl", "[]")]),
        ("sessions", &[("subject", &issued_by), ("session_id", session), ("customer_id", "customer-1")]),
        ("tokens", &[("pk", "one-time#0f8fad5b"), ("sk", "row"), ("customer_id", "customer-1"), ("issuer_id", id)]),
    ];
    for (table, attributes) in rows {
        let mut row: HashMap<_, _> =
            attributes.iter().map(|(name, value)| (name.to_string(), AttributeValue::S(value.to_string()))).collect();
        row.insert("expires_at".into(), AttributeValue::N(expires.clone()));
        world.dynamodb.put_item().table_name(format!("latchkey-{table}")).set_item(Some(row)).send().await.unwrap();
    }
}

#[tokio::test]
async fn users_keys_and_entity_tokens_stay_beside_former_rows_and_an_erasure_leaves_none_of_these() {
    let world = World::new().await;
    let alice = world.person_with("alice", Acl::everything()).await;
    let entity = world.call::<EntityTokenCreate>(alice.entity_call("acme", &alice.id)).await;
    write_former_rows(&world, &alice).await;
    let olga = world.operator();

    assert_eq!(world.call::<EntityTokenGet>(alice.entity_call("acme", &alice.id)).await.body, entity.body);
    assert_eq!(world.login("alice", &alice.password).await.status, 200);
    assert_eq!(world.one_time_token(&alice.key, json!({ "customerId": "customer-1" })).await.status, 201);
    assert_eq!(olga.run("session list --user alice --issued --json").await.done().lines().len(), 2, "those that a function would take");
    assert_eq!(olga.run("session revoke --user alice --issued --all").await.code, 0);

    olga.run("forget alice --erase --yes").await.done();
    for table in ["users", "tokens", "sessions"] {
        let left: Vec<_> = world.rows(table).await.into_iter().filter(|row| format!("{row:?}").contains(&alice.id)).collect();
        assert!(left.is_empty(), "{table}: {left:?}");
    }
}

/// As a release wrote them that knew no issuers and no members.
async fn make_former_entity_tokens(world: &World) {
    for row in world.rows("tokens").await.into_iter().filter(|row| row.contains_key("entity_id")) {
        let update = world.dynamodb.update_item().table_name("latchkey-tokens").update_expression("REMOVE issuer_id, for_member");
        update.key("pk", row["pk"].clone()).key("sk", row["sk"].clone()).send().await.unwrap();
    }
}

#[tokio::test]
async fn a_former_entity_token_is_good_for_a_member_and_for_an_id_of_the_callers_own_and_names_no_issuer() {
    let world = World::new().await;
    let admin = world.person_with("admin", Acl::everything()).await;
    let [alice, bob] = [world.member("alice").await, world.member("bob").await];
    let create = async |user: &str| world.call::<EntityTokenCreate>(admin.entity_call("acme", user)).await.text("authenticationToken");
    let [alices, bobs, carols] = [create(&alice.id).await, create(&bob.id).await, create("carol").await];
    let ask = async |token: &str| world.call::<Introspect>(Call::new().bearer(&admin.jwt).body(format!("token={token}"))).await.body;
    make_former_entity_tokens(&world).await;
    world.grant(&bob, &Acl::default()).await;

    let said = [ask(&alices).await, ask(&bobs).await, ask(&carols).await];
    assert_eq!(said.each_ref().map(|said| &said["active"]), [&json!(true), &json!(false), &json!(true)]);
    assert_eq!(said.each_ref().map(|said| &said["username"]), [&json!("alice"), &Value::Null, &Value::Null]);
    assert!(said.iter().all(|said| said.get("issuedBy").is_none()));

    let refreshed = world.call::<EntityTokenRefresh>(alice.entity_call("acme", &alice.id)).await;
    assert_eq!(refreshed.status, 200, "and it is refreshed as before");
    assert_eq!(world.call::<EntityTokenDelete>(alice.entity_call("acme", &alice.id)).await.status, 200);
    assert_eq!(ask(&create(&alice.id).await).await["issuedBy"], json!(admin.id), "its next one has an issuer");
}

/// A one-time token of any body, sealed as the service seals.
fn sealed_with_our_key(world: &World, body: &[u8]) -> String {
    let ring: Value = serde_json::from_slice(&std::fs::read(world.folder.join("token.json")).unwrap()).unwrap();
    let key = URL_SAFE_NO_PAD.decode(ring["keys"][0]["k"].as_str().unwrap()).unwrap();
    let number = u8::try_from(ring["keys"][0]["kid"].as_str().unwrap().parse::<u32>().unwrap()).unwrap();
    let bytes = [&[number], body].concat();
    let mac = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), &[b"lkone_", bytes.as_slice()].concat());
    format!("lkone_{}", bs58::encode([&bytes, &mac.as_ref()[..16]].concat()).into_string())
}

#[tokio::test]
async fn a_former_session_is_401_and_a_former_one_time_token_404() {
    let world = World::new().await;
    let alice = world.person_with("alice", Acl::everything()).await;
    // As the earlier release minted and sealed them.
    let claims = json!({
        "iss": "https://auth.example.com", "sub": alice.id, "aud": "https://auth.example.com#login", "iat": NOW, "nbf": NOW, "exp": NOW + 3600,
        "jti": "0f8fad5b-d9cb-469f-a165-70867728950e", "token_use": "login", "epoch": 0,
    });
    let kid =
        serde_json::from_slice::<Value>(&URL_SAFE_NO_PAD.decode(alice.jwt.split('.').next().unwrap()).unwrap()).unwrap()["kid"].clone();
    let jwt = signed_with_our_key(&world, &json!({ "typ": "at+jwt", "alg": "ES256", "kid": kid }).to_string(), &claims);
    write_former_rows(&world, &alice).await;

    let renewed = world.call::<UserRenew>(Call::new().bearer(&jwt)).await;

    assert_eq!((renewed.status, renewed.code()), (401, "invalid-credentials"));
    let live = world.one_time_token(&alice.key, json!({ "customerId": "customer-1" })).await.text("token");
    let bytes = bs58::decode(live.strip_prefix("lkone_").unwrap()).into_vec().unwrap();
    assert_eq!(sealed_with_our_key(&world, &bytes[1..bytes.len() - 16]), live, "what this test seals is what the service seals");
    for parts in [0_u8, 1, 2, 3] {
        let places = usize::from(parts & 1) + usize::from(parts >> 1);
        let body = [vec![1; 16], vec![2; 16], vec![parts], vec![3; 16 * places]].concat();
        let token = sealed_with_our_key(&world, &body);
        assert_eq!(world.call::<AuthenticationTokenVerify>(Call::new().path("token", &token)).await.code(), "token-not-found");
        assert_eq!(world.call::<AuthenticationTokenExchange>(Call::new().path("token", &token)).await.code(), "token-not-found");
    }
}

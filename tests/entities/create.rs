//! `POST /entities/{entityId}/users/{userId}/authentication-token`

use std::collections::HashSet;
use std::sync::Arc;

use futures_util::future::join_all;
use latchkey::domain::Acl;
use serde_json::json;

use crate::house::{Door, World};
use crate::operations::{EntityTokenCreate, EntityTokenGet};

#[tokio::test]
async fn the_first_makes_a_token_and_every_other_finds_it() {
    let world = World::new().await;
    let alice = world.member("alice").await;

    let first = world.call::<EntityTokenCreate>(alice.entity_call("acme", &alice.id)).await;
    let second = world.call::<EntityTokenCreate>(alice.entity_call("acme", &alice.id)).await;

    assert_eq!((first.status, second.status), (201, 200));
    assert_eq!(first.body, second.body);
    assert!(!format!("{:?}", world.rows("tokens").await).contains(first.text("authenticationToken").strip_prefix("lkent_").unwrap()));
}

#[tokio::test]
async fn of_a_hundred_callers_at_once_one_makes_it_and_all_get_the_same() {
    let world = World::new().await;
    let alice = world.member("alice").await;
    let service = Arc::new(world.start::<EntityTokenCreate>().await);

    let calls = (0..100).map(|_| {
        let (service, call) = (service.clone(), alice.entity_call("acme", &alice.id));
        async move { service.reply(call).await }
    });
    let replies = join_all(calls).await;

    assert_eq!(replies.iter().filter(|reply| reply.status == 201).count(), 1);
    assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 99);
    assert_eq!(replies.iter().map(|reply| reply.text("authenticationToken")).collect::<HashSet<_>>().len(), 1);
}

#[tokio::test]
async fn expiry_and_flags_may_be_given() {
    let world = World::new().await;
    let alice = world.member("alice").await;

    let reply = world
        .call::<EntityTokenCreate>(
            alice.entity_call("acme", &alice.id).json(json!({ "expiry": "2031-01-01T02:00:00+02:00", "flags": ["a"] })),
        )
        .await;

    assert_eq!((reply.text("expiry"), reply.body["flags"].clone()), ("2031-01-01T00:00:00Z".to_owned(), json!(["a"])));
}

#[tokio::test]
async fn after_its_expiry_another_token_is_made_although_ttl_has_not_swept() {
    let world = World::with([("ENTITY_TOKEN_TTL_SECONDS", "60")]).await;
    let alice = world.member("alice").await;
    let first = world.call::<EntityTokenCreate>(alice.entity_call("acme", &alice.id)).await;

    world.pass(60);
    let second = world.call::<EntityTokenCreate>(alice.entity_call("acme", &alice.id)).await;

    assert_eq!(second.status, 201);
    assert_ne!(first.text("authenticationToken"), second.text("authenticationToken"));
}

#[tokio::test]
async fn wrong_fields_are_a_400_in_this_family() {
    let world = World::new().await;
    let alice = world.member("alice").await;

    let call = |body| alice.entity_call("acme", &alice.id).json(body);

    for (call, field) in [
        (call(json!({ "expiry": "2030-03-17T17:46:40Z" })), "expiry"),
        (call(json!({ "expiry": "2031-03-17T17:46:41Z" })), "expiry"),
        (call(json!({ "flags": [1] })).undocumented(), "flags"),
        (call(json!({ "expiry": 7 })).undocumented(), "expiry"),
    ] {
        let reply = world.call::<EntityTokenCreate>(call).await;
        assert_eq!((reply.status, reply.code(), reply.invalid_fields()), (400, "invalid-fields", vec![field]));
        assert_eq!((&reply.body["success"], reply.body["error"].is_string()), (&json!(false), true));
    }
    assert_eq!(world.rows("tokens").await.len(), 1, "the API key only");
}

#[tokio::test]
async fn a_token_whose_key_has_left_the_ring_is_gone_and_another_can_be_made() {
    let world = World::with([("KEYS_REFRESH_SECONDS", "1")]).await;
    let alice = world.member("alice").await;
    let first = world.call::<EntityTokenCreate>(alice.entity_call("acme", &alice.id)).await.text("authenticationToken");
    let ring = std::fs::read_to_string(world.folder.join("token.json")).unwrap();
    // A compromised key is taken out of the ring; the API key, sealed under it too, is made anew under its successor.
    std::fs::write(world.folder.join("token.json"), ring.replace("\"kid\":\"1\"", "\"kid\":\"2\"")).unwrap();
    let key = world.add_key(&alice.jwt, json!({ "name": "new" })).await.text("token");
    let call = || alice.entity_call("acme", &alice.id).header("apikey", &key);

    let gone = world.call::<EntityTokenGet>(call()).await;
    let second = world.call::<EntityTokenCreate>(call()).await;

    assert_eq!((gone.status, second.status), (404, 201));
    assert_ne!(second.text("authenticationToken"), first);
    assert_eq!(world.call::<EntityTokenGet>(call()).await.body, second.body);
}

#[tokio::test]
async fn flags_have_limits() {
    let world = World::new().await;
    let alice = world.member("alice").await;
    let call = |flags: serde_json::Value| alice.entity_call("acme", &alice.id).json(json!({ "flags": flags }));

    for flags in [json!(vec!["x"; 101]), json!(["x".repeat(257)]), json!({})] {
        let reply = world.call::<EntityTokenCreate>(call(flags).undocumented()).await;
        assert_eq!((reply.status, reply.invalid_fields()), (400, vec!["flags"]));
    }
    assert_eq!(world.call::<EntityTokenCreate>(call(json!(vec!["x".repeat(256); 100]))).await.status, 201);
}

#[tokio::test]
async fn it_costs_what_docs_costs_says() {
    let world = World::new().await;
    let alice = world.member("alice").await;
    let call = || alice.entity_call("acme", &alice.id);

    world.measure::<EntityTokenCreate>("", call(), 201, 2).await;
    world.measure::<EntityTokenCreate>("again", call(), 200, 1).await;
    let admin = world.person_with("admin", Acl::everything()).await;
    world.measure::<EntityTokenCreate>("for another user", admin.entity_call("other", &alice.id), 201, 2).await;
}

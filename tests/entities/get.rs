//! `GET /entities/{entityId}/users/{userId}/authentication-token`

use serde_json::json;

use crate::house::{Mask, World};
use crate::operations::{EntityTokenCreate, EntityTokenGet};

#[tokio::test]
async fn the_live_token_is_shown_again() {
    let world = World::new().await;
    let alice = world.member("alice").await;
    let made = world.call::<EntityTokenCreate>(alice.entity_call("acme", &alice.id)).await;

    let reply = world.call::<EntityTokenGet>(alice.entity_call("acme", &alice.id)).await;

    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("cache-control"), "no-store");
    assert_eq!(reply.body, made.body);
    assert_eq!(
        reply.masked(&[("/authenticationToken", Mask::EntityToken)]),
        json!({
            "success": true, "authenticationToken": "[EntityToken]", "expiry": "2030-04-16T17:46:40Z", "flags": [],
            "createdAt": "2030-03-17T17:46:40Z",
        })
    );
}

#[tokio::test]
async fn no_token_and_an_expired_one_are_the_same_404() {
    let world = World::new().await;
    let alice = world.member("alice").await;
    world.call::<EntityTokenCreate>(alice.entity_call("acme", &alice.id).json(json!({ "expiry": "2030-03-17T17:46:41Z" }))).await;

    let missing = world.call::<EntityTokenGet>(alice.entity_call("other", &alice.id)).await;
    world.pass(1);
    let expired = world.call::<EntityTokenGet>(alice.entity_call("acme", &alice.id)).await;

    assert_eq!((missing.status, missing.code()), (404, "token-not-found"));
    assert_eq!((missing.body["success"].clone(), missing.text("error")), (json!(false), "Token not found".to_owned()));
    assert_eq!(expired, missing);
}

#[tokio::test]
async fn an_id_of_any_characters_is_found_under_its_own_name_only() {
    let world = World::new().await;
    let alice = world.member("alice").await;
    world.call::<EntityTokenCreate>(alice.entity_call("ä b%2F", &alice.id)).await;

    assert_eq!(world.call::<EntityTokenGet>(alice.entity_call("ä b%2F", &alice.id)).await.status, 200);
    assert_eq!(world.call::<EntityTokenGet>(alice.entity_call("ä b", &alice.id)).await.status, 404);
    for entity in ["a/b", "a#b", "a\u{7}b", ""] {
        let reply = world.call::<EntityTokenGet>(alice.entity_call(entity, &alice.id).undocumented()).await;
        assert_eq!((reply.status, reply.invalid_fields()), (400, vec!["entityId"]), "{entity:?}");
    }
}

#[tokio::test]
async fn a_token_under_a_retired_key_is_shown_as_it_was() {
    let world = World::new().await;
    let alice = world.member("alice").await;
    let made = world.call::<EntityTokenCreate>(alice.entity_call("acme", &alice.id)).await;

    world.rotate_token_keys();

    assert_eq!(world.call::<EntityTokenGet>(alice.entity_call("acme", &alice.id)).await.body, made.body);
}

#[tokio::test]
async fn it_costs_what_docs_costs_says() {
    let world = World::new().await;
    let alice = world.member("alice").await;
    world.call::<EntityTokenCreate>(alice.entity_call("acme", &alice.id)).await;

    world.measure::<EntityTokenGet>("", alice.entity_call("acme", &alice.id), 200, 1).await;
}

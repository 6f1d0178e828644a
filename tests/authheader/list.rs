//! `GET /authheader/list`

use authheader_list::AuthheaderList;
use serde_json::json;

use crate::house::{Call, World};

#[tokio::test]
async fn the_list_shows_the_same_tokens_again_and_only_the_callers_own() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    world.person("bob").await;
    world.pass(1);
    let second = world.add_key(&alice.jwt, json!({ "name": "second" })).await;

    let reply = world.call::<AuthheaderList>(Call::new().bearer(&alice.jwt)).await;

    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("cache-control"), "no-store");
    let list = reply.body.as_array().unwrap();
    assert_eq!(list.len(), 2);
    assert_eq!(list[0]["token"], alice.key);
    assert_eq!(list[1], second.body);
}

#[tokio::test]
async fn who_has_none_gets_an_empty_list() {
    let world = World::new().await;
    world.insert(&world.user_row("alice", Default::default())).await;
    let jwt = world.login("alice", "alice's password").await.text("Token");

    assert_eq!(world.call::<AuthheaderList>(Call::new().bearer(&jwt)).await.body, json!([]));
}

#[tokio::test]
async fn an_api_key_lists_nothing() {
    let world = World::new().await;
    let alice = world.person("alice").await;

    let reply = world.call::<AuthheaderList>(Call::new().header("x-authorization", &alice.key)).await;

    assert_eq!((reply.status, reply.code()), (401, "missing-credentials"));
    assert!(reply.body["message"].is_string());
}

#[tokio::test]
async fn a_disabled_user_is_shown_nothing() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    world.set_user(&alice, "SET disabled_at = :v", 1).await;

    let reply = world.call::<AuthheaderList>(Call::new().bearer(&alice.jwt)).await;

    assert_eq!((reply.status, reply.code()), (401, "invalid-credentials"));
}

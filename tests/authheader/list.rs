//! `GET /authheader/list`

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::json;

use crate::house::{Call, World};
use crate::operations::AuthheaderList;

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

    assert_eq!((reply.status, reply.code()), (401, "invalid-credentials"));
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

#[tokio::test]
async fn a_list_of_more_than_a_page_is_whole() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let row = world.rows("tokens").await.remove(0);

    // A Query's page ends after a megabyte.
    for _ in 0..4 {
        let (id, mut row) = (uuid::Uuid::new_v4(), row.clone());
        row.insert("sk".into(), AttributeValue::S(format!("key#{id}")));
        row.insert("key_id".into(), AttributeValue::S(id.to_string()));
        row.insert("filler".into(), AttributeValue::S("x".repeat(380_000)));
        world.dynamodb.put_item().table_name("latchkey-tokens").set_item(Some(row)).send().await.unwrap();
    }

    assert_eq!(world.call::<AuthheaderList>(Call::new().bearer(&alice.jwt)).await.body.as_array().unwrap().len(), 5);
}

#[tokio::test]
async fn after_a_rotation_old_keys_are_shown_as_they_were_and_new_ones_are_sealed_under_the_new() {
    let world = World::new().await;
    let alice = world.person("alice").await;

    world.rotate_token_keys();
    let new = world.add_key(&alice.jwt, json!({ "name": "new" })).await.text("token");

    assert_eq!([&alice.key, &new].map(|token| World::key_number(token)), [1, 2]);
    let list = world.call::<AuthheaderList>(Call::new().bearer(&alice.jwt)).await;
    let mut shown: Vec<_> = list.body.as_array().unwrap().iter().map(|header| header["token"].as_str().unwrap()).collect();
    shown.sort_by_key(|token| World::key_number(token));
    assert_eq!(shown, [&alice.key, &new]);
}

#[tokio::test]
async fn a_key_that_opens_nothing_any_more_is_not_shown_and_hides_no_other() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let ring = std::fs::read_to_string(world.folder.join("token.json")).unwrap();
    std::fs::write(world.folder.join("token.json"), ring.replace("\"kid\":\"1\"", "\"kid\":\"2\"")).unwrap();
    let new = world.add_key(&alice.jwt, json!({ "name": "new" })).await;

    let list = world.call::<AuthheaderList>(Call::new().bearer(&alice.jwt)).await;

    assert_eq!((list.status, &list.body), (200, &json!([new.body])));
}

#[tokio::test]
async fn it_costs_what_docs_costs_says() {
    let world = World::new().await;
    let alice = world.person("alice").await;

    world.measure::<AuthheaderList>("", Call::new().bearer(&alice.jwt), 200, 1).await;
}

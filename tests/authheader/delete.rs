//! `POST /authheader/delete`

use serde_json::json;

use crate::house::{Call, Person, Reply, World};
use crate::operations::{AuthheaderDelete, AuthheaderList, EntityTokenGet};

async fn delete(world: &World, person: &Person, text: &str) -> Reply {
    world.call::<AuthheaderDelete>(Call::new().bearer(&person.jwt).json(json!({ "text": text }))).await
}

#[tokio::test]
async fn a_deleted_key_is_gone_at_once() {
    let world = World::new().await;
    let alice = world.person("alice").await;

    let reply = delete(&world, &alice, &alice.key).await;

    assert_eq!((reply.status, reply.body), (200, json!({ "message": "Success" })));
    assert_eq!(world.call::<AuthheaderList>(Call::new().bearer(&alice.jwt)).await.body, json!([]));
    let used = world.call::<EntityTokenGet>(alice.entity_call("acme", &alice.id)).await;
    assert_eq!((used.status, used.code()), (401, "invalid-credentials"));
}

#[tokio::test]
async fn the_id_is_accepted_as_well() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let id = world.call::<AuthheaderList>(Call::new().bearer(&alice.jwt)).await.body[0]["id"].as_str().unwrap().to_owned();

    assert_eq!(delete(&world, &alice, &id).await.status, 200);
    assert_eq!(delete(&world, &alice, &id).await.status, 404);
}

#[tokio::test]
async fn a_foreign_a_missing_and_a_forged_one_are_the_same_404() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let bob = world.person("bob").await;
    let bobs_id = world.call::<AuthheaderList>(Call::new().bearer(&bob.jwt)).await.body[0]["id"].as_str().unwrap().to_owned();

    let missing = delete(&world, &alice, "0f8fad5b-d9cb-469f-a165-70867728950e").await;

    assert_eq!((missing.status, missing.code()), (404, "auth-header-not-found"));
    for text in [bob.key.as_str(), &bobs_id, "", "lkapi_forged", "anything at all"] {
        assert_eq!(delete(&world, &alice, text).await, missing, "{text}");
    }
    assert_eq!(world.call::<AuthheaderList>(Call::new().bearer(&bob.jwt)).await.body.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn nobody_deletes_without_a_live_session() {
    let world = World::new().await;
    let alice = world.person("alice").await;

    let by_key = world.call::<AuthheaderDelete>(Call::new().header("apikey", &alice.key).json(json!({ "text": alice.key }))).await;
    world.set_user(&alice, "SET disabled_at = :v", 1).await;
    let disabled = delete(&world, &alice, &alice.key).await;
    let disabled_and_missing = delete(&world, &alice, "0f8fad5b-d9cb-469f-a165-70867728950e").await;

    assert_eq!((by_key.status, by_key.code()), (401, "invalid-credentials"));
    assert_eq!((disabled.status, disabled.code()), (401, "invalid-credentials"));
    assert_eq!(disabled_and_missing, disabled);
    assert_eq!(world.rows("tokens").await.len(), 1);
}

#[tokio::test]
async fn a_missing_text_is_named() {
    let world = World::new().await;
    let alice = world.person("alice").await;

    let reply = world.call::<AuthheaderDelete>(Call::new().bearer(&alice.jwt).undocumented()).await;

    assert_eq!((reply.status, reply.invalid_fields()), (422, vec!["text"]));
}

#[tokio::test]
async fn it_costs_what_docs_costs_says() {
    let world = World::new().await;
    let alice = world.person("alice").await;

    let call = Call::new().bearer(&alice.jwt).json(json!({ "text": alice.key }));
    world.measure::<AuthheaderDelete>("", call, 200, 1).await;
}

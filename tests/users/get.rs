//! `GET /users/{userId}`

use latchkey::domain::Acl;
use serde_json::json;

use super::{acl, admin_of, get, member_of};
use crate::house::{Call, Mask, NOW, World};
use crate::operations::{UsersDelete, UsersGet};

#[tokio::test]
async fn a_user_is_shown_without_the_hash() {
    let world = World::new().await;
    let root = world.person_with("root", Acl::everything()).await;
    let carol = world.person_with("Carol", acl(member_of(&["acme"]))).await;
    world.set_user(&carol, "SET password_expires_at = :v", NOW + 60).await;

    let reply = get(&world, &root, &carol.id).await;

    assert_eq!((reply.status, reply.header("cache-control")), (200, "no-store"));
    assert_eq!(
        reply.masked(&[("/id", Mask::Uuid)]),
        json!({
            "id": "[Uuid]", "username": "Carol", "email": "Carol@example.com", "emailVerified": false, "firstName": "First",
            "lastName": null, "createdTime": "2030-03-17T17:46:40Z", "disabled": false, "passwordExpiration": "2030-03-17T17:47:40Z",
            "acl": member_of(&["acme"]),
        })
    );
    assert_eq!(world.call::<UsersGet>(Call::new().header("apikey", &root.key).path("userId", &carol.id)).await.body, reply.body);
}

#[tokio::test]
async fn a_foreign_an_unknown_an_erased_and_a_malformed_id_are_the_same_404() {
    let world = World::new().await;
    let root = world.person_with("root", Acl::everything()).await;
    let admin = admin_of(&world, "admin", "acme").await;
    let foreign = world.person_with("foreign", acl(member_of(&["globex"]))).await;
    let without = world.person("without").await;
    let erased = world.person_with("erased", acl(member_of(&["acme"]))).await;
    assert_eq!(world.call::<UsersDelete>(Call::new().bearer(&root.jwt).path("userId", &erased.id)).await.status, 204);

    let unknown = get(&world, &admin, "0f8fad5b-d9cb-469f-a165-70867728950e").await;

    assert_eq!((unknown.status, unknown.code()), (404, "user-not-found"));
    for id in [&foreign.id, &without.id, &erased.id] {
        assert_eq!(get(&world, &admin, id).await, unknown, "{id}");
    }
    for malformed in ["x", "", "..", "0f8fad5b"] {
        let call = Call::new().bearer(&admin.jwt).path("userId", malformed).undocumented();
        assert_eq!(world.call::<UsersGet>(call).await, unknown, "{malformed}");
    }
}

#[tokio::test]
async fn it_costs_what_docs_costs_says() {
    let world = World::new().await;
    let root = world.person_with("root", Acl::everything()).await;
    let carol = world.person("carol").await;

    world.measure::<UsersGet>("", Call::new().bearer(&root.jwt).path("userId", &carol.id), 200, 1).await;
}

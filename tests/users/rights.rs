//! Who administers whom: one suite over the operations on users.

use latchkey::domain::Acl;
use latchkey::runtime::Start;
use serde_json::{Value, json};

use super::{acl, admin_of, member_of};
use crate::house::{Call, Person, World};
use crate::operations::{UsersCreate, UsersDelete, UsersGet, UsersInvite, UsersList, UsersUpdate};

/// The statuses of get, update and delete of a user with this ACL.
async fn reaches(world: &World, by: &Person, member: Value) -> [i64; 3] {
    let row = world.user_row(&format!("user-{}", uuid::Uuid::new_v4()), acl(member));
    world.insert(&row).await;
    let call = || Call::new().bearer(&by.jwt).path("userId", row.user_id.to_string());
    [
        world.call::<UsersGet>(call()).await.status,
        world.call::<UsersUpdate>(call().json(json!({ "lastName": "New" }))).await.status,
        world.call::<UsersDelete>(call()).await.status,
    ]
}

#[tokio::test]
async fn an_administrator_reaches_the_members_of_the_entity_and_changes_those_who_may_no_more() {
    let world = World::new().await;
    let admin = admin_of(&world, "admin", "acme").await;

    for (member, statuses) in [
        (member_of(&["acme"]), [200, 200, 204]),
        (member_of(&["globex"]), [404, 404, 404]),
        (json!([]), [404, 404, 404]),
        (json!([{ "scope": { "organizationId": ["acme"] }, "permissions": [] }]), [404, 404, 404]),
        (json!([{ "scope": { "organizationId": ["acme"], "planId": ["p"] }, "permissions": ["use-it"] }]), [404, 404, 404]),
        // Who may more is seen, and is not touched.
        (member_of(&["acme", "globex"]), [200, 403, 403]),
        (json!([{ "scope": { "organizationId": ["acme"] }, "permissions": ["other"] }]), [200, 403, 403]),
        (json!([{ "scope": {}, "permissions": ["*"] }]), [200, 403, 403]),
    ] {
        assert_eq!(reaches(&world, &admin, member.clone()).await, statuses, "{member}");
    }
}

#[tokio::test]
async fn a_permission_everywhere_reaches_everybody_and_changes_those_who_may_no_more() {
    let world = World::new().await;
    let root = world.person_with("root", Acl::everything()).await;
    let permissions = ["users-get", "users-update", "users-delete"];
    let helper = world.person_with("helper", acl(json!([{ "scope": {}, "permissions": permissions }]))).await;

    for (member, of_helper) in [
        (json!([]), [200, 200, 204]),
        (member_of(&["acme"]), [200, 403, 403]),
        (json!([{ "scope": {}, "permissions": ["*"] }]), [200, 403, 403]),
    ] {
        assert_eq!(reaches(&world, &root, member.clone()).await, [200, 200, 204], "{member}");
        assert_eq!(reaches(&world, &helper, member.clone()).await, of_helper, "{member}");
    }
}

async fn forbidden<O: Start>(world: &World, call: Call) {
    let call = call.path("userId", "0f8fad5b-d9cb-469f-a165-70867728950e");
    let reply = world.call::<O>(call).await;
    assert_eq!((reply.status, reply.code()), (403, "forbidden"), "{}", O::NAME);
}

#[tokio::test]
async fn one_permission_is_not_another_and_a_restricted_key_has_less() {
    let world = World::new().await;
    let all = ["users-list", "users-create", "users-get", "users-update", "users-delete", "users-invite"];
    let root = world.person_with("root", Acl::everything()).await;
    for own in all {
        let others: Vec<_> = all.into_iter().filter(|name| *name != own).collect();
        let lacking = world.person_with(&format!("lacks-{own}"), acl(json!([{ "scope": {}, "permissions": others }]))).await;
        let less = json!({ "name": "x", "acl": [{ "scope": {}, "permissions": others }] });
        let key = world.add_key(&root.jwt, less).await.text("token");
        for call in [Call::new().bearer(&lacking.jwt), Call::new().header("apikey", &key)] {
            match own {
                "users-list" => forbidden::<UsersList>(&world, call).await,
                "users-create" => forbidden::<UsersCreate>(&world, call.json(json!({ "username": "x" }))).await,
                "users-get" => forbidden::<UsersGet>(&world, call).await,
                "users-update" => forbidden::<UsersUpdate>(&world, call.json(json!({ "lastName": "x" }))).await,
                "users-invite" => forbidden::<UsersInvite>(&world, call).await,
                _ => forbidden::<UsersDelete>(&world, call).await,
            }
        }
    }
}

#[tokio::test]
async fn a_key_restricted_to_an_entity_reaches_its_members_only() {
    let world = World::new().await;
    let root = world.person_with("root", Acl::everything()).await;
    let carol = world.person_with("carol", acl(member_of(&["acme"]))).await;
    let dora = world.person_with("dora", acl(member_of(&["globex"]))).await;
    let less = json!({ "name": "x", "acl": [{ "scope": { "organizationId": ["acme"] }, "permissions": ["*"] }] });
    let key = world.add_key(&root.jwt, less).await.text("token");
    let get = async |id: &str| world.call::<UsersGet>(Call::new().header("apikey", &key).path("userId", id)).await.status;

    assert_eq!((get(&carol.id).await, get(&dora.id).await, get(&root.id).await), (200, 404, 200));
    let delete = Call::new().header("apikey", &key).path("userId", &root.id);
    assert_eq!(world.call::<UsersDelete>(delete).await.status, 403, "the key may less than its owner");
}

//! Who may touch whose entity token: the same for all five operations, which share the check.

use latchkey::domain::Acl;
use serde_json::json;

use crate::house::{Call, World, acl};
use crate::operations::{EntityTokenCreate, EntityTokenDelete, EntityTokenGet, EntityTokenRefresh, EntityTokenUpdate};

#[tokio::test]
async fn a_backend_acts_for_a_user_on_the_users_own_token() {
    let world = World::new().await;
    let backend = world.person("backend").await;
    let alice = world.member("alice").await;

    let call = alice.entity_call("acme", &alice.id).header("apikey", &backend.key);

    assert_eq!(world.call::<EntityTokenCreate>(call).await.status, 201);
}

#[tokio::test]
async fn another_users_token_needs_a_permission_for_that_entity_of_both() {
    let world = World::new().await;
    let admin =
        world.person_with("admin", acl(json!([{ "scope": { "organizationId": ["acme"] }, "permissions": ["entity-token-create"] }]))).await;
    let weak = world.member("weak").await;

    let allowed = world.call::<EntityTokenCreate>(admin.entity_call("acme", "carol")).await;
    assert_eq!(allowed.status, 201);
    for call in [
        admin.entity_call("other", "carol"),
        weak.entity_call("acme", "carol"),
        admin.entity_call("acme", "carol").header("apikey", &weak.key),
        weak.entity_call("acme", "carol").header("apikey", &admin.key),
    ] {
        let reply = world.call::<EntityTokenCreate>(call).await;
        assert_eq!((reply.status, reply.code()), (403, "forbidden"));
    }
    let other_operation = world.call::<EntityTokenGet>(admin.entity_call("acme", "carol")).await;
    assert_eq!(other_operation.status, 403);
}

#[tokio::test]
async fn a_key_that_was_given_less_can_do_less_even_for_its_owner() {
    let world = World::new().await;
    let alice = world.person_with("alice", Acl::everything()).await;
    let body = json!({ "name": "read-only", "acl": [{ "scope": { "organizationId": ["acme"] }, "permissions": ["entity-token-get"] }] });
    let key = world.add_key(&alice.jwt, body).await.text("token");
    world.call::<EntityTokenCreate>(alice.entity_call("acme", &alice.id)).await;

    let read = world.call::<EntityTokenGet>(alice.entity_call("acme", &alice.id).header("apikey", &key)).await;
    let made = world.call::<EntityTokenCreate>(alice.entity_call("acme", &alice.id).header("apikey", &key)).await;
    let elsewhere = world.call::<EntityTokenGet>(alice.entity_call("other", &alice.id).header("apikey", &key)).await;

    assert_eq!((read.status, made.status, elsewhere.status), (200, 403, 403));
}

#[tokio::test]
async fn userid_must_be_the_subject_of_token() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let bob = world.person("bob").await;

    let reply = world.call::<EntityTokenGet>(alice.entity_call("acme", &bob.id).header("userid", &bob.id)).await;

    assert_eq!((reply.status, reply.code()), (401, "invalid-credentials"));
    assert_eq!((&reply.body["success"], reply.body["error"].is_string()), (&json!(false), true));
}

#[tokio::test]
async fn each_of_the_three_credentials_is_needed() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let base = || Call::new().path("entityId", "acme").path("userId", &alice.id);

    for call in [
        base().undocumented(),
        base().header("apikey", &alice.key).header("userid", &alice.id).undocumented(),
        base().header("userid", &alice.id).header("token", &alice.jwt),
        base().header("apikey", &alice.key).header("token", &alice.jwt).undocumented(),
    ] {
        let reply = world.call::<EntityTokenGet>(call).await;
        assert_eq!((reply.status, reply.code()), (401, "missing-credentials"));
        assert_eq!(world.spy.take().actions, [""; 0]);
    }
}

#[tokio::test]
async fn a_disabled_owner_of_the_key_and_a_disabled_user_are_refused_at_once() {
    let world = World::new().await;
    let backend = world.person("backend").await;
    let alice = world.member("alice").await;
    let call = || alice.entity_call("acme", &alice.id).header("apikey", &backend.key);
    assert_eq!(world.call::<EntityTokenCreate>(call()).await.status, 201);

    world.set_user(&backend, "SET disabled_at = :v", 1).await;
    assert_eq!(world.call::<EntityTokenGet>(call()).await.status, 401);
    assert_eq!(world.call::<EntityTokenGet>(alice.entity_call("acme", &alice.id)).await.status, 200);

    world.set_user(&alice, "SET disabled_at = :v", 1).await;
    assert_eq!(world.call::<EntityTokenGet>(alice.entity_call("acme", &alice.id)).await.status, 401);
}

#[tokio::test]
async fn token_is_what_counts_and_authorization_only_where_it_is_absent() {
    let world = World::new().await;
    let alice = world.member("alice").await;
    let bob = world.person("bob").await;
    world.call::<EntityTokenCreate>(alice.entity_call("acme", &alice.id)).await;

    let stray = world.call::<EntityTokenGet>(alice.entity_call("acme", &alice.id).header("authorization", "Basic dXNlcjpwdw==")).await;
    let other = world.call::<EntityTokenGet>(alice.entity_call("acme", &alice.id).header("token", &bob.jwt).bearer(&alice.jwt)).await;
    let bearer = Call::new()
        .header("apikey", &alice.key)
        .header("userid", &alice.id)
        .bearer(&alice.jwt)
        .path("entityId", "acme")
        .path("userId", &alice.id)
        .undocumented();
    let only_bearer = world.call::<EntityTokenGet>(bearer).await;

    assert_eq!((stray.status, other.status, only_bearer.status), (200, 401, 200));
}

#[tokio::test]
async fn a_key_that_was_given_less_can_do_less_on_the_tokens_of_others_too() {
    let world = World::new().await;
    let admin = world.person_with("admin", Acl::everything()).await;
    let body = json!({ "name": "read-only", "acl": [{ "scope": { "organizationId": ["acme"] }, "permissions": ["entity-token-get"] }] });
    let key = world.add_key(&admin.jwt, body).await.text("token");
    world.call::<EntityTokenCreate>(admin.entity_call("acme", "carol")).await;

    let read = world.call::<EntityTokenGet>(admin.entity_call("acme", "carol").header("apikey", &key)).await;
    let made = world.call::<EntityTokenCreate>(admin.entity_call("acme", "carol").header("apikey", &key)).await;

    assert_eq!((read.status, made.status), (200, 403));
}

#[tokio::test]
async fn a_wrong_key_is_told_from_a_missing_one() {
    let world = World::new().await;
    let alice = world.person("alice").await;

    for wrong in ["lkapi_forged", "anything", "\u{fc}", alice.jwt.as_str()] {
        let reply = world.call::<EntityTokenGet>(alice.entity_call("acme", &alice.id).header("apikey", wrong)).await;
        assert_eq!((reply.status, reply.code()), (401, "invalid-credentials"), "{wrong}");
    }
    let empty = world.call::<EntityTokenGet>(alice.entity_call("acme", &alice.id).header("apikey", " ")).await;
    assert_eq!((empty.status, empty.code()), (401, "missing-credentials"));
}

#[tokio::test]
async fn each_operation_on_anothers_token_takes_the_permission_of_its_own_name() {
    let world = World::new().await;
    let admin = world.person_with("admin", Acl::everything()).await;

    for permitted in ["entity-token-get", "entity-token-create", "entity-token-update", "entity-token-refresh", "entity-token-delete"] {
        let body = json!({ "name": permitted, "acl": [{ "scope": { "organizationId": ["acme"] }, "permissions": [permitted] }] });
        let key = world.add_key(&admin.jwt, body).await.text("token");
        let call = || admin.entity_call("acme", "carol").header("apikey", &key);
        world.call::<EntityTokenCreate>(admin.entity_call("acme", "carol")).await;

        for (operation, status) in [
            ("entity-token-get", world.call::<EntityTokenGet>(call()).await.status),
            ("entity-token-create", world.call::<EntityTokenCreate>(call()).await.status),
            ("entity-token-update", world.call::<EntityTokenUpdate>(call()).await.status),
            ("entity-token-refresh", world.call::<EntityTokenRefresh>(call()).await.status),
            ("entity-token-delete", world.call::<EntityTokenDelete>(call()).await.status),
        ] {
            assert_eq!(status, if operation == permitted { 200 } else { 403 }, "{operation} with {permitted}");
        }
    }
}

#[tokio::test]
async fn a_wrong_token_is_not_made_good_by_authorization() {
    let world = World::new().await;
    let alice = world.person("alice").await;

    for wrong in ["wrong", "\u{fc}", &format!("{}x", alice.jwt)] {
        let call = alice.entity_call("acme", &alice.id).header("token", wrong).bearer(&alice.jwt);
        let reply = world.call::<EntityTokenGet>(call).await;
        assert_eq!((reply.status, reply.code()), (401, "invalid-credentials"), "{wrong}");
    }
}

//! `POST /authentication-tokens`

use latchkey::domain::{Acl, Timestamp};
use serde_json::{Value, json};

use crate::house::{Call, Mask, NOW, Reply, World};
use crate::operations::AuthenticationTokenCreate;

async fn create(world: &World, body: Value) -> Reply {
    world.call::<AuthenticationTokenCreate>(Call::new().json(body)).await
}

#[tokio::test]
async fn the_password_gives_a_token_for_oneself() {
    let world = World::new().await;
    let alice = world.person("alice").await;

    let reply = create(&world, json!({ "mode": "password", "username": "Alice", "password": alice.password })).await;

    assert_eq!(reply.status, 201);
    assert_eq!(reply.header("cache-control"), "no-store");
    assert_eq!(reply.header("location"), format!("/authentication-tokens/{}", reply.text("token")));
    assert_eq!(
        reply.masked(&[("/token", Mask::OneTimeToken), ("/_links/0/href", Mask::Path("/authentication-tokens/lkone_"))]),
        json!({
            "username": "alice", "customerId": alice.id, "token": "[OneTimeToken]", "otpRequired": false, "credentialId": alice.id,
            "expiredTime": "2030-03-17T18:16:40Z", "_links": [{ "rel": "self", "href": "[Path(\"/authentication-tokens/lkone_\")]" }],
        })
    );
}

#[tokio::test]
async fn a_backend_makes_a_token_for_any_customer() {
    let world = World::new().await;
    let backend = world.person_with("backend", Acl::everything()).await;

    let by_key = world.one_time_token(&backend.key, json!({ "customerId": "carol", "expiredTime": "2030-03-17T21:46:40+03:00" })).await;
    let call = Call::new().bearer(&backend.jwt).json(json!({ "mode": "passwordless", "customerId": backend.id }));
    let by_login = world.call::<AuthenticationTokenCreate>(call).await;

    assert_eq!((by_key.status, by_login.status), (201, 201));
    assert_eq!(
        (by_key.text("customerId"), by_key.text("username"), by_key.text("expiredTime")),
        ("carol".into(), "carol".into(), "2030-03-17T18:46:40Z".into())
    );
    assert_eq!(by_login.text("username"), "backend");
}

#[tokio::test]
async fn wrong_passwords_are_counted_together_with_those_at_login() {
    let world = World::with([("LOGIN_ATTEMPTS", "2")]).await;
    world.insert(&world.user_row("alice", Acl::default())).await;
    let guess = json!({ "mode": "password", "username": "alice", "password": "wrong" });

    let first = create(&world, guess.clone()).await;
    world.login("alice", "wrong").await;
    let third = create(&world, guess).await;

    assert_eq!((first.status, first.code()), (401, "incorrect-credentials"));
    assert_eq!((third.status, third.code()), (429, "throttled"));
}

#[tokio::test]
async fn an_expired_password_is_403_and_an_unknown_user_the_same_401() {
    let world = World::new().await;
    let mut row = world.user_row("alice", Acl::default());
    row.password_expires_at = Some(Timestamp::from_unix(NOW));
    world.insert(&row).await;
    let with = |username: &str, password: &str| json!({ "mode": "password", "username": username, "password": password });

    let expired = create(&world, with("alice", "alice's password")).await;
    let wrong = create(&world, with("alice", "wrong")).await;
    let unknown = create(&world, with("nobody", "wrong")).await;

    assert_eq!((expired.status, expired.code()), (403, "password-expired"));
    assert_eq!((wrong.status, wrong.code()), (401, "incorrect-credentials"));
    assert_eq!(unknown, wrong);
}

#[tokio::test]
async fn a_token_for_somebody_else_needs_a_credential_and_the_permission() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let body = json!({ "mode": "passwordless", "customerId": "carol" });

    let nobody = create(&world, body.clone()).await;
    let powerless = world.one_time_token(&alice.key, json!({ "customerId": "carol" })).await;

    assert_eq!((nobody.status, nobody.code()), (401, "missing-credentials"));
    assert_eq!((powerless.status, powerless.code()), (403, "forbidden"));
}

#[tokio::test]
async fn no_token_is_given_more_than_its_maker_has() {
    let world = World::new().await;
    let acl: Acl = serde_json::from_value(json!([{ "scope": {}, "permissions": ["authentication-token-create", "read"] }])).unwrap();
    let alice = world.person_with("alice", acl).await;
    let write = json!([{ "scope": {}, "permissions": ["write"] }]);
    let read = json!([{ "scope": { "organizationId": ["a"] }, "permissions": ["read"] }]);

    let more = world.one_time_token(&alice.key, json!({ "customerId": "carol", "acl": write })).await;
    let less = world.one_time_token(&alice.key, json!({ "customerId": "carol", "acl": read })).await;
    let password = |acl: &Value| json!({ "mode": "password", "username": "alice", "password": alice.password, "acl": acl });
    let more_by_password = create(&world, password(&write)).await;
    let less_by_password = create(&world, password(&read)).await;

    assert_eq!((more.status, more.code(), less.status), (403, "escalation", 201));
    assert_eq!((more_by_password.status, more_by_password.code(), less_by_password.status), (403, "escalation", 201));
}

#[tokio::test]
async fn wrong_fields_are_named() {
    let world = World::new().await;

    let wrong = async |body: &Value| world.call::<AuthenticationTokenCreate>(Call::new().json(body.clone()).undocumented()).await;
    let not_now = async |body: &Value| create(&world, body.clone()).await;

    for (body, fields) in [
        (json!({}), vec!["mode"]),
        (json!({ "mode": "telepathy" }), vec!["mode"]),
        (json!({ "mode": "" }), vec!["mode"]),
        (json!({ "mode": "password" }), vec!["username", "password"]),
        (json!({ "mode": "passwordless" }), vec!["customerId"]),
        (json!({ "mode": "passwordless", "customerId": "a/b" }), vec!["customerId"]),
        (json!({ "mode": "passwordless", "customerId": 7, "otpRequired": "yes" }), vec!["customerId", "otpRequired"]),
        (json!({ "mode": "passwordless", "customerId": "c", "customClaims": "gold" }), vec!["customClaims"]),
    ] {
        let reply = wrong(&body).await;
        assert_eq!((reply.status, reply.code()), (422, "invalid-fields"), "{body}");
        assert_eq!(reply.invalid_fields(), fields, "{body}");
    }
    for (body, field) in [
        (json!({ "mode": "passwordless", "customerId": "c", "expiredTime": "2020-01-01T00:00:00Z" }), "expiredTime"),
        (json!({ "mode": "passwordless", "customerId": "c", "expiredTime": "2199-01-01T00:00:00Z" }), "expiredTime"),
        (json!({ "mode": "passwordless", "customerId": "c", "customClaims": { "x": "y".repeat(5000) } }), "customClaims"),
    ] {
        let reply = not_now(&body).await;
        assert_eq!((reply.status, reply.code(), reply.invalid_fields()), (422, "invalid-fields", vec![field]), "{body}");
    }
}

#[tokio::test]
async fn a_php_clients_nulls_and_empty_arrays_are_taken() {
    let world = World::new().await;
    let backend = world.person_with("backend", Acl::everything()).await;
    let body = json!({
        "mode": "passwordless", "customerId": "carol", "otpRequired": null, "expiredTime": null, "customClaims": [], "acl": [{ "scope": [], "permissions": ["x"] }],
        "token": "ignored", "_links": [],
    });

    let call = Call::new().header("reb-apikey", &backend.key).json(body).undocumented();

    assert_eq!(world.call::<AuthenticationTokenCreate>(call).await.status, 201);
}

#[tokio::test]
async fn claims_of_ones_own_take_the_right_to_make_tokens_for_others() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let admin = world.person_with("admin", Acl::everything()).await;
    let with = |name: &str, password: &str, claims: Value| json!({ "mode": "password", "username": name, "password": password, "customClaims": claims });

    let refused = create(&world, with("alice", &alice.password, json!({ "admin": true }))).await;
    let empty = create(&world, with("alice", &alice.password, json!({}))).await;
    let allowed = create(&world, with("admin", &admin.password, json!({ "admin": true }))).await;

    assert_eq!((refused.status, refused.code()), (403, "escalation"));
    assert_eq!((empty.status, allowed.status), (201, 201));
}

#[tokio::test]
async fn a_right_password_with_too_large_a_wish_locks_nobody_out() {
    let world = World::with([("LOGIN_ATTEMPTS", "2")]).await;
    let alice = world.person("alice").await;
    let body =
        json!({ "mode": "password", "username": "alice", "password": alice.password, "acl": [{ "scope": {}, "permissions": ["*"] }] });

    for _ in 0..4 {
        assert_eq!(create(&world, body.clone()).await.status, 403);
    }
    assert_eq!(world.login("alice", &alice.password).await.status, 200);
}

#[tokio::test]
async fn the_right_to_make_tokens_in_one_organization_is_none_for_any_customer() {
    let world = World::new().await;
    let scope = json!([{ "scope": { "organizationId": ["acme"] }, "permissions": ["authentication-token-create"] }]);
    let alice = world.person_with("alice", serde_json::from_value(scope).unwrap()).await;

    let reply = world.one_time_token(&alice.key, json!({ "customerId": "carol" })).await;

    assert_eq!((reply.status, reply.code()), (403, "forbidden"));
}

#[tokio::test]
async fn a_key_hands_out_no_more_than_it_was_given() {
    let world = World::new().await;
    let alice = world.person_with("alice", Acl::everything()).await;
    let key = async |permissions: Value| {
        let body = json!({ "name": "x", "acl": [{ "scope": {}, "permissions": permissions }] });
        world.add_key(&alice.jwt, body).await.text("token")
    };
    let maker = key(json!(["authentication-token-create", "read"])).await;
    let reader = key(json!(["read"])).await;
    let with = |permission| json!({ "customerId": "carol", "acl": [{ "scope": {}, "permissions": [permission] }] });

    let less = world.one_time_token(&maker, with("read")).await;
    let more = world.one_time_token(&maker, with("write")).await;
    let none = world.one_time_token(&reader, with("read")).await;

    assert_eq!((less.status, more.code(), none.code()), (201, "escalation", "forbidden"));
}

#[tokio::test]
async fn the_credential_that_made_a_token_is_named_without_its_id() {
    let world = World::new().await;
    let backend = world.person_with("backend", Acl::everything()).await;
    let key_id = world.add_key(&backend.jwt, json!({ "name": "x" })).await;

    let by_key = world.one_time_token(&key_id.text("token"), json!({ "customerId": "carol" })).await;
    let call = Call::new().bearer(&backend.jwt).json(json!({ "mode": "passwordless", "customerId": "carol" }));
    let by_login = world.call::<AuthenticationTokenCreate>(call).await;

    let again = world.one_time_token(&key_id.text("token"), json!({ "customerId": "dave" })).await;

    assert_eq!(by_key.body["credentialId"], again.body["credentialId"]);
    assert_ne!(by_key.body["credentialId"], by_login.body["credentialId"]);
    // Whoever holds a token must not learn the ids from which, with a leaked ring, the key could be made.
    let shown = format!("{}{}", by_key.body, by_login.body);
    assert!(!shown.contains(&key_id.text("id")) && !shown.contains(&world.session_ids().await[0].to_string()));
}

#[tokio::test]
async fn it_costs_what_docs_costs_says() {
    let world = World::new().await;
    let alice = world.person_with("alice", Acl::everything()).await;
    let passwordless = json!({ "mode": "passwordless", "customerId": alice.id });
    let password = json!({ "mode": "password", "username": "alice", "password": alice.password });
    let by_key = || Call::new().header("reb-apikey", &alice.key).json(passwordless.clone());
    let once = || by_key().header("idempotency-key", "0f4b6d1c");

    world.measure::<AuthenticationTokenCreate>("password", Call::new().json(password), 201, 2).await;
    let by_login = Call::new().bearer(&alice.jwt).json(passwordless.clone());
    world.measure::<AuthenticationTokenCreate>("passwordless", by_login, 201, 2).await;
    world.measure::<AuthenticationTokenCreate>("with an API key", by_key(), 201, 2).await;
    world.measure::<AuthenticationTokenCreate>("with an Idempotency-Key", once(), 201, 2).await;
    world.measure::<AuthenticationTokenCreate>("repeated", once(), 201, 3).await;
}

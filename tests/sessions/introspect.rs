//! `POST /introspect` (RFC 7662)

use latchkey::domain::Acl;
use serde_json::{Value, json};

use super::get::carols;
use crate::house::{Call, NOW, Person, World};
use crate::operations::{
    AuthenticationTokenCreate, AuthenticationTokenExchange, AuthheaderDelete, EntityTokenCreate, EntityTokenRefresh, Introspect, UserLogout,
};

/// What introspection says of `token` to `caller`, by a form as the RFC has it.
async fn ask(world: &World, caller: &Person, token: &str) -> Value {
    let call = Call::new().header("content-type", "application/x-www-form-urlencoded").header("x-api-key", &caller.key);
    let reply = world.call::<Introspect>(call.body(format!("token_type_hint=access_token&token={token}"))).await;
    assert_eq!((reply.status, reply.header("cache-control")), (200, "no-store"), "{reply:?}");
    reply.body
}

#[tokio::test]
async fn each_kind_is_described() {
    let world = World::new().await;
    let (backend, session) = carols(&world).await;
    let entity = world.call::<EntityTokenCreate>(backend.entity_call("acme", "dave")).await.text("authenticationToken");
    let once = world.one_time_token(&backend.key, json!({ "customerId": "carol" })).await.text("token");
    let everything = json!([{ "scope": {}, "permissions": ["*"] }]);
    let iss = "https://auth.example.com";

    let login = ask(&world, &backend, &backend.jwt).await;
    assert_eq!(
        login,
        json!({
            "active": true, "token_type": "Bearer", "sub": backend.id, "username": "backend", "iss": iss, "aud": format!("{iss}#login"),
            "iat": NOW, "exp": NOW + 3600, "jti": login["jti"], "kind": "login", "issuedBy": backend.id,
            "acl": everything, "customClaims": {},
        })
    );
    assert_eq!(
        ask(&world, &backend, &session.text("token")).await,
        json!({
            "active": true, "token_type": "Bearer", "sub": "carol", "iss": iss, "aud": "https://api.example.com", "iat": NOW,
            "exp": NOW + 3600, "jti": session.text("id"), "kind": "session", "issuedBy": backend.id, "acl": [{ "scope": {}, "permissions": ["read"] }],
            "customClaims": { "tier": "gold" },
        })
    );
    assert_eq!(
        ask(&world, &backend, &backend.key).await,
        json!({
            "active": true, "sub": backend.id, "username": "backend", "iss": iss, "iat": NOW, "kind": "api-key", "issuedBy": backend.id,
            "acl": everything, "customClaims": {},
        })
    );
    assert_eq!(
        ask(&world, &backend, &entity).await,
        json!({
            "active": true, "sub": "dave", "iss": iss, "iat": NOW, "exp": NOW + 2_592_000, "kind": "entity-token",
            "issuedBy": backend.id, "entity": "acme", "acl": [], "customClaims": {},
        })
    );
    assert_eq!(
        ask(&world, &backend, &once).await,
        json!({
            "active": true, "sub": "carol", "iss": iss, "iat": NOW, "exp": NOW + 1800, "kind": "one-time-token", "issuedBy": backend.id,
            "acl": [], "customClaims": {},
        })
    );
    assert_eq!(world.call::<AuthenticationTokenExchange>(Call::new().path("token", once)).await.status, 201, "a look consumes nothing");
}

#[tokio::test]
async fn a_one_time_token_names_the_user_whom_it_is_for_and_never_a_customer_who_is_no_user() {
    let world = World::new().await;
    let backend = world.person_with("backend", Acl::everything()).await;
    let alice = world.person("alice").await;
    let of_alice = world.one_time_token(&backend.key, json!({ "customerId": alice.id })).await;
    let of_carol = world.one_time_token(&backend.key, json!({ "customerId": "carol" })).await;
    let by_password = json!({ "mode": "password", "username": "alice", "password": alice.password });
    let of_herself = world.call::<AuthenticationTokenCreate>(Call::new().json(by_password)).await;

    for (token, username, issuer) in
        [(of_alice, json!("alice"), &backend), (of_carol, Value::Null, &backend), (of_herself, json!("alice"), &alice)]
    {
        let said = ask(&world, &backend, &token.text("token")).await;
        assert_eq!((&said["username"], &said["issuedBy"]), (&username, &json!(issuer.id)));
    }
}

#[tokio::test]
async fn what_is_not_good_is_inactive_and_nothing_more() {
    let world = World::new().await;
    let (backend, session) = carols(&world).await;
    let alice = world.member("alice").await;
    let entity = world.call::<EntityTokenCreate>(alice.entity_call("acme", &alice.id)).await.text("authenticationToken");
    let jwt = session.text("token");

    for forged in ["x", "lkapi_x", "a.b.c", &format!("{}x", alice.key), &format!("{jwt}x"), &jwt[..jwt.len() - 2]] {
        world.spy.take();
        assert_eq!(ask(&world, &backend, forged).await, json!({ "active": false }), "{forged}");
        assert_eq!(world.spy.take().actions.len(), 1, "for the caller alone");
    }

    world.call::<EntityTokenRefresh>(alice.entity_call("acme", &alice.id)).await;
    assert_eq!(ask(&world, &backend, &entity).await, json!({ "active": false }), "replaced");
    world.call::<AuthheaderDelete>(Call::new().bearer(&alice.jwt).json(json!({ "text": alice.key }))).await;
    assert_eq!(ask(&world, &backend, &alice.key).await, json!({ "active": false }), "revoked");
    world.call::<UserLogout>(Call::new().bearer(&alice.jwt)).await;
    assert_eq!(ask(&world, &backend, &alice.jwt).await, json!({ "active": false }), "logged out");
    world.pass(3600);
    assert_eq!(ask(&world, &backend, &jwt).await, json!({ "active": false }), "expired");
}

#[tokio::test]
async fn everything_of_a_disabled_user_is_inactive_at_once() {
    let world = World::new().await;
    let backend = world.person_with("backend", Acl::everything()).await;
    let alice = world.person_with("alice", Acl::everything()).await;
    let entity = world.call::<EntityTokenCreate>(alice.entity_call("acme", &alice.id)).await.text("authenticationToken");
    let once = world.one_time_token(&alice.key, json!({ "customerId": "carol" })).await.text("token");
    let credentials = [&alice.jwt, &alice.key, &entity, &once];
    for credential in credentials {
        assert_eq!(ask(&world, &backend, credential).await["active"], true);
    }

    world.set_user(&alice, "SET disabled_at = :v", 1).await;

    for credential in credentials {
        assert_eq!(ask(&world, &backend, credential).await, json!({ "active": false }), "{credential}");
    }
}

#[tokio::test]
async fn a_deleted_api_key_ends_the_one_time_tokens_that_it_made() {
    let world = World::new().await;
    let backend = world.person_with("backend", Acl::everything()).await;
    let key = world.add_key(&backend.jwt, json!({ "name": "x" })).await.text("token");
    let token = world.one_time_token(&key, json!({ "customerId": "carol" })).await.text("token");
    let kept = world.one_time_token(&backend.key, json!({ "customerId": "carol" })).await.text("token");

    world.call::<AuthheaderDelete>(Call::new().bearer(&backend.jwt).json(json!({ "text": key }))).await;

    assert_eq!(ask(&world, &backend, &token).await, json!({ "active": false }));
    assert_eq!(world.call::<AuthenticationTokenExchange>(Call::new().path("token", token)).await.status, 404);
    assert_eq!(world.call::<AuthenticationTokenExchange>(Call::new().path("token", kept)).await.status, 201);
}

#[tokio::test]
async fn the_caller_needs_a_credential_and_a_restricted_key_the_permission() {
    let world = World::new().await;
    let alice = world.person_with("alice", Acl::everything()).await;
    let acl = |permission: &str| json!({ "name": "x", "acl": [{ "scope": {}, "permissions": [permission] }] });
    let [allowed, refused] = [
        world.add_key(&alice.jwt, acl("introspect")).await.text("token"),
        world.add_key(&alice.jwt, acl("session-get")).await.text("token"),
    ];
    let call = || Call::new().body("token=x");

    assert_eq!(world.call::<Introspect>(call()).await.code(), "missing-credentials");
    assert_eq!(world.call::<Introspect>(call().bearer("lkapi_x")).await.code(), "invalid-credentials");
    assert_eq!(world.call::<Introspect>(call().header("apikey", "lkapi_x")).await.code(), "invalid-credentials");
    assert_eq!(world.call::<Introspect>(call().header("apikey", refused)).await.code(), "forbidden");
    assert_eq!(world.call::<Introspect>(call().header("apikey", allowed)).await.body, json!({ "active": false }));
    assert_eq!(world.call::<Introspect>(call().bearer(&alice.jwt)).await.body, json!({ "active": false }));
}

#[tokio::test]
async fn a_json_object_is_read_as_such_even_if_it_is_called_a_form() {
    let world = World::new().await;
    let alice = world.person("alice").await;

    for media_type in ["application/json", "application/x-www-form-urlencoded"] {
        let call = Call::new().bearer(&alice.jwt).header("content-type", media_type).json(json!({ "token": alice.key }));
        assert_eq!(world.call::<Introspect>(call.undocumented()).await.body["active"], true, "{media_type}");
    }
}

#[tokio::test]
async fn a_form_without_a_token_or_with_two_is_refused() {
    let world = World::new().await;
    let alice = world.person("alice").await;

    let none = world.call::<Introspect>(Call::new().bearer(&alice.jwt).undocumented()).await;
    let two = world.call::<Introspect>(Call::new().bearer(&alice.jwt).body("token=a&token=b")).await;

    assert_eq!((none.status, none.invalid_fields()), (422, vec!["token"]));
    assert_eq!((two.status, two.code()), (400, "malformed-body"));
}

#[tokio::test]
async fn it_costs_what_docs_costs_says() {
    let world = World::new().await;
    let (backend, session) = carols(&world).await;
    let entity = world.call::<EntityTokenCreate>(backend.entity_call("acme", &backend.id)).await.text("authenticationToken");
    let once = world.one_time_token(&backend.key, json!({ "customerId": "carol" })).await.text("token");

    for (case, token) in [
        ("a login", backend.jwt.as_str()),
        ("a session", &session.text("token")),
        ("an API key", &backend.key),
        ("an entity token", &entity),
        ("a one-time token", &once),
        ("a forged one", "lkapi_x"),
    ] {
        let call = Call::new().header("content-type", "application/x-www-form-urlencoded").header("x-api-key", &backend.key);
        world.measure::<Introspect>(case, call.body(format!("token={token}")), 200, 1).await;
    }
}

//! `GET /sessions/{id}`

use latchkey::domain::{Acl, SessionId, Subject, UserId};
use serde_json::{Value, json};

use crate::house::{Call, Person, Reply, World};
use crate::operations::{AuthenticationTokenExchange, SessionDelete, SessionGet};

/// A backend and the session of its customer carol.
pub async fn carols(world: &World) -> (Person, Reply) {
    let backend = world.person_with("backend", Acl::everything()).await;
    let wish = json!({ "customerId": "carol", "acl": [{ "scope": {}, "permissions": ["read"] }], "customClaims": { "tier": "gold" } });
    let token = world.one_time_token(&backend.key, wish).await.text("token");
    (backend, world.call::<AuthenticationTokenExchange>(Call::new().path("token", token)).await)
}

async fn get(world: &World, id: &str, call: Call) -> Reply {
    world.call::<SessionGet>(call.path("id", id)).await
}

#[tokio::test]
async fn holder_and_issuer_see_the_session_without_its_jwt() {
    let world = World::new().await;
    let (backend, session) = carols(&world).await;
    let (id, mut shown) = (session.text("id"), session.body.clone());
    shown.as_object_mut().unwrap().remove("token");

    for call in [
        Call::new().bearer(&session.text("token")),
        Call::new().header("token", session.text("token")),
        Call::new().header("x-api-key", &backend.key),
        Call::new().bearer(&backend.jwt),
    ] {
        let reply = get(&world, &id, call).await;
        assert_eq!((reply.status, &reply.body), (200, &shown));
    }
}

#[tokio::test]
async fn a_login_sees_the_logins_of_its_user_and_a_key_does_not() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let id = world.session_ids().await[0].to_string();
    let second = world.login("alice", &alice.password).await.text("Token");

    let seen = get(&world, &id, Call::new().bearer(&second)).await;

    assert_eq!((seen.status, seen.text("type"), seen.text("customerId")), (200, "login".to_owned(), alice.id.clone()));
    assert_eq!(get(&world, &id, Call::new().header("x-api-key", &alice.key)).await.code(), "session-not-found");
}

#[tokio::test]
async fn a_login_reaches_no_session_that_another_made_for_its_user() {
    let world = World::new().await;
    let backend = world.person_with("backend", Acl::everything()).await;
    let alice = world.person("alice").await;
    let token = world.one_time_token(&backend.key, json!({ "customerId": alice.id })).await.text("token");
    let session = world.call::<AuthenticationTokenExchange>(Call::new().path("token", token)).await;
    let id = session.text("id");

    let seen = get(&world, &id, Call::new().bearer(&alice.jwt)).await;
    let ended = world.call::<SessionDelete>(Call::new().path("id", &id).bearer(&alice.jwt)).await;

    assert_eq!((seen.status, seen.code()), (404, "session-not-found"));
    assert_eq!(ended, seen);
    assert_eq!(get(&world, &id, Call::new().bearer(&session.text("token"))).await.status, 200, "its own JWT does");
    assert_eq!(get(&world, &id, Call::new().bearer(&backend.jwt)).await.status, 200, "its issuer does");
}

#[tokio::test]
async fn somebody_elses_an_unknown_and_a_malformed_id_are_the_same_404() {
    let world = World::new().await;
    let (_, session) = carols(&world).await;
    let other = world.person_with("other", Acl::everything()).await;

    let foreign = get(&world, &session.text("id"), Call::new().header("x-api-key", &other.key)).await;

    assert_eq!((foreign.status, foreign.code()), (404, "session-not-found"));
    for call in [Call::new().header("x-api-key", &other.key), Call::new().bearer(&session.text("token"))] {
        let unknown = SessionId::random(Subject::User(UserId::random())).to_string();
        assert_eq!(get(&world, &unknown, call.clone()).await, foreign);
        for malformed in ["x", "0f8fad5b-d9cb-469f-a165-70867728950e"] {
            assert_eq!(get(&world, malformed, call.clone().undocumented()).await, foreign);
        }
    }
}

#[tokio::test]
async fn nobody_a_wrong_credential_and_a_key_without_the_permission_are_told_apart() {
    let world = World::new().await;
    let (backend, session) = carols(&world).await;
    let less = json!({ "name": "x", "acl": [{ "scope": {}, "permissions": ["introspect"] }] });
    let restricted = world.add_key(&backend.jwt, less).await.text("token");
    let codes = async |call: Call| {
        let reply = get(&world, &session.text("id"), call).await;
        (reply.status, reply.code().to_owned())
    };

    assert_eq!(codes(Call::new()).await, (401, "missing-credentials".to_owned()));
    assert_eq!(codes(Call::new().bearer("x.y.z")).await, (401, "invalid-credentials".to_owned()));
    assert_eq!(codes(Call::new().header("apikey", "lkapi_x")).await, (401, "invalid-credentials".to_owned()));
    assert_eq!(codes(Call::new().header("apikey", restricted)).await, (403, "forbidden".to_owned()));
}

#[tokio::test]
async fn a_session_that_is_over_is_refused_at_once() {
    let world = World::new().await;
    let (backend, session) = carols(&world).await;

    world.pass(3600);

    assert_eq!(get(&world, &session.text("id"), Call::new().bearer(&session.text("token"))).await.status, 401);
    assert_eq!(get(&world, &session.text("id"), Call::new().header("apikey", &backend.key)).await.status, 404);
}

#[tokio::test]
async fn the_session_of_a_user_ends_with_a_changed_password_and_with_the_user() {
    for change in ["SET epoch = :v", "SET disabled_at = :v"] {
        let world = World::new().await;
        let backend = world.person_with("backend", Acl::everything()).await;
        let alice = world.person("alice").await;
        let token = world.one_time_token(&backend.key, json!({ "customerId": alice.id })).await.text("token");
        let session = world.call::<AuthenticationTokenExchange>(Call::new().path("token", token)).await;
        let own = || Call::new().bearer(&session.body["token"].as_str().map(str::to_owned).unwrap());
        assert_eq!(get(&world, &session.text("id"), own()).await.status, 200);

        world.set_user(&alice, change, 1).await;

        assert_eq!(get(&world, &session.text("id"), own()).await.status, 401, "{change}");
        assert_eq!(
            get(&world, &session.text("id"), Call::new().header("apikey", &backend.key)).await.body["title"],
            Value::from("Session not found")
        );
    }
}

#[tokio::test]
async fn it_costs_what_docs_costs_says() {
    let world = World::new().await;
    let (backend, session) = carols(&world).await;
    let call = || Call::new().path("id", session.text("id"));

    world.measure::<SessionGet>("its own", call().bearer(&session.text("token")), 200, 1).await;
    world.measure::<SessionGet>("by its issuer", call().header("x-api-key", &backend.key), 200, 1).await;
}

//! `DELETE /sessions/{id}`

use serde_json::json;

use super::get::carols;
use crate::house::{Call, Reply, World};
use crate::operations::{AuthenticationTokenExchange, SessionDelete, SessionGet, UserRenew};

async fn delete(world: &World, id: &str, call: Call) -> Reply {
    world.call::<SessionDelete>(call.path("id", id)).await
}

#[tokio::test]
async fn the_holder_and_the_issuer_end_a_session_at_once_and_once() {
    for by_issuer in [false, true] {
        let world = World::new().await;
        let (backend, session) = carols(&world).await;
        let (id, jwt) = (session.text("id"), session.text("token"));
        let call = || if by_issuer { Call::new().header("apikey", &backend.key) } else { Call::new().bearer(&jwt) };

        let reply = delete(&world, &id, call()).await;

        assert_eq!((reply.status, reply.header("cache-control")), (204, "no-store"));
        assert_eq!(world.call::<SessionGet>(Call::new().path("id", &id).bearer(&jwt)).await.status, 401, "the very next call");
        assert_eq!(delete(&world, &id, call()).await.status, if by_issuer { 404 } else { 401 });
        assert_eq!(world.sessions_of("carol").await, 0);
    }
}

#[tokio::test]
async fn a_user_ends_a_login_on_another_machine() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let id = world.session_ids().await[0].to_string();
    let second = world.login("alice", &alice.password).await.text("Token");

    assert_eq!(delete(&world, &id, Call::new().bearer(&second)).await.status, 204);

    assert_eq!(world.call::<UserRenew>(Call::new().bearer(&alice.jwt)).await.status, 401);
    assert_eq!(world.call::<UserRenew>(Call::new().bearer(&second)).await.status, 200);
}

#[tokio::test]
async fn somebody_elses_session_is_404_and_goes_on() {
    let world = World::new().await;
    let (_, session) = carols(&world).await;
    let other = world.person("other").await;

    let foreign = delete(&world, &session.text("id"), Call::new().bearer(&other.jwt)).await;

    assert_eq!((foreign.status, foreign.code()), (404, "session-not-found"));
    assert_eq!(world.sessions_of("carol").await, 1);
    assert_eq!(delete(&world, &session.text("id"), Call::new()).await.status, 401);
}

#[tokio::test]
async fn a_restricted_key_needs_the_permission() {
    let world = World::new().await;
    let (backend, session) = carols(&world).await;
    let less = json!({ "name": "x", "acl": [{ "scope": {}, "permissions": ["session-get"] }] });
    let restricted = world.add_key(&backend.jwt, less).await.text("token");

    let reply = delete(&world, &session.text("id"), Call::new().header("apikey", restricted)).await;

    assert_eq!((reply.status, reply.code()), (403, "forbidden"));
    assert_eq!(world.sessions_of("carol").await, 1);
}

#[tokio::test]
async fn a_lost_answer_is_told_deleted_too() {
    let world = World::new().await;
    let (_, session) = carols(&world).await;
    world.spy.lose_after(1);

    assert_eq!(delete(&world, &session.text("id"), Call::new().bearer(&session.text("token"))).await.status, 204);
}

#[tokio::test]
async fn it_costs_what_docs_costs_says() {
    let world = World::new().await;
    let (backend, session) = carols(&world).await;
    let call = Call::new().path("id", session.text("id")).bearer(&session.text("token"));
    world.measure::<SessionDelete>("its own", call, 204, 2).await;

    let token = world.one_time_token(&backend.key, json!({ "customerId": "carol" })).await.text("token");
    let id = world.call::<AuthenticationTokenExchange>(Call::new().path("token", token)).await.text("id");
    let call = Call::new().path("id", id).header("x-api-key", &backend.key);
    world.measure::<SessionDelete>("by its issuer", call, 204, 2).await;
}

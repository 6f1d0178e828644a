//! `DELETE /authentication-tokens/{token}`

use latchkey::domain::Acl;
use serde_json::{Value, json};

use crate::house::{Call, World};
use crate::operations::{AuthenticationTokenDelete, AuthenticationTokenExchange};

#[tokio::test]
async fn a_deleted_token_can_not_be_exchanged() {
    let world = World::new().await;
    let backend = world.person_with("backend", Acl::everything()).await;
    let token = world.one_time_token(&backend.key, json!({ "customerId": "carol" })).await.text("token");
    let call = || Call::new().path("token", &token);

    let deleted = world.call::<AuthenticationTokenDelete>(call()).await;
    let again = world.call::<AuthenticationTokenDelete>(call()).await;

    assert_eq!((deleted.status, deleted.body), (204, Value::Null));
    assert_eq!((again.status, again.code()), (404, "token-not-found"));
    assert_eq!(world.call::<AuthenticationTokenExchange>(call()).await, again);
    assert_eq!(world.sessions_of("carol").await, 0);
}

#[tokio::test]
async fn a_consumed_an_expired_and_a_forged_one_are_404() {
    let world = World::new().await;
    let backend = world.person_with("backend", Acl::everything()).await;
    let token = async || world.one_time_token(&backend.key, json!({ "customerId": "carol" })).await.text("token");
    let delete = async |token: &str| world.call::<AuthenticationTokenDelete>(Call::new().path("token", token)).await;
    let (consumed, expired) = (token().await, token().await);
    world.call::<AuthenticationTokenExchange>(Call::new().path("token", &consumed)).await;
    world.pass(1800);

    for token in [consumed.as_str(), &expired, "lkone_forged", &backend.key] {
        let reply = delete(token).await;
        assert_eq!((reply.status, reply.code()), (404, "token-not-found"), "{token}");
    }
    let empty = world.call::<AuthenticationTokenDelete>(Call::new().path("token", "").undocumented()).await;
    assert_eq!((empty.status, empty.code()), (404, "token-not-found"));
}

#[tokio::test]
async fn an_answer_without_a_body_is_kept_by_no_cache_either() {
    let world = World::new().await;
    let backend = world.person_with("backend", Acl::everything()).await;
    let token = world.one_time_token(&backend.key, json!({ "customerId": "carol" })).await.text("token");

    let reply = world.call::<AuthenticationTokenDelete>(Call::new().path("token", token)).await;

    assert_eq!((reply.status, reply.header("cache-control")), (204, "no-store"));
}

#[tokio::test]
async fn it_costs_what_docs_costs_says() {
    let world = World::new().await;
    let backend = world.person_with("backend", Acl::everything()).await;
    let token = world.one_time_token(&backend.key, json!({ "customerId": "carol" })).await.text("token");

    world.measure::<AuthenticationTokenDelete>("", Call::new().path("token", token), 204, 1).await;
}

//! `GET /authentication-tokens/{token}`

use latchkey::domain::Acl;
use serde_json::json;

use crate::house::{Call, World};
use crate::operations::{AuthenticationTokenCreate, AuthenticationTokenExchange, AuthenticationTokenVerify};

#[tokio::test]
async fn a_hundred_looks_at_a_token_leave_it_to_be_exchanged() {
    let world = World::new().await;
    let backend = world.person_with("backend", Acl::everything()).await;
    let made = world.one_time_token(&backend.key, json!({ "customerId": "carol" })).await;
    let call = || Call::new().path("token", made.text("token"));
    let before = world.rows("tokens").await;

    for _ in 0..100 {
        let reply = world.call::<AuthenticationTokenVerify>(call()).await;
        assert_eq!((reply.status, &reply.body), (200, &made.body));
        assert_eq!(reply.header("cache-control"), "no-store");
    }

    assert_eq!(world.rows("tokens").await, before);
    assert_eq!(world.call::<AuthenticationTokenExchange>(call()).await.status, 201);
}

#[tokio::test]
async fn consumed_expired_forged_and_a_disabled_users_are_the_same_404() {
    let world = World::new().await;
    let backend = world.person_with("backend", Acl::everything()).await;
    let mallory = world.person_with("mallory", Acl::everything()).await;
    let token = async |key: &str| world.one_time_token(key, json!({ "customerId": "carol" })).await.text("token");
    let verify = async |token: &str| world.call::<AuthenticationTokenVerify>(Call::new().path("token", token)).await;
    let (consumed, unused, mallorys) = (token(&backend.key).await, token(&backend.key).await, token(&mallory.key).await);
    world.call::<AuthenticationTokenExchange>(Call::new().path("token", &consumed)).await;
    world.set_user(&mallory, "SET disabled_at = :v", 1).await;

    let gone = verify(&consumed).await;
    assert_eq!((gone.status, gone.code()), (404, "token-not-found"));
    assert_eq!(verify(&mallorys).await, gone);
    assert_eq!(verify("lkone_forged").await, gone);
    assert_eq!(verify(&backend.key).await, gone);
    world.pass(1800);
    assert_eq!(verify(&unused).await, gone);
}

#[tokio::test]
async fn a_token_is_backed_by_its_maker_as_long_as_it_could_be_exchanged() {
    let world = World::new().await;
    let alice = world.person_with("alice", Acl::everything()).await;
    let deleted = world.person_with("deleted", Acl::everything()).await;
    let carol = json!({ "customerId": "carol" });
    let password = json!({ "mode": "password", "username": "alice", "password": alice.password });
    let by_password = world.call::<AuthenticationTokenCreate>(Call::new().json(password)).await.text("token");
    let passwordless = json!({ "mode": "passwordless", "customerId": "carol" });
    let by_login = world.call::<AuthenticationTokenCreate>(Call::new().bearer(&alice.jwt).json(passwordless)).await.text("token");
    let by_key = world.one_time_token(&alice.key, carol.clone()).await.text("token");
    let of_the_deleted = world.one_time_token(&deleted.key, carol).await.text("token");

    // The password changes, and an operator deletes a user.
    world.set_user(&alice, "SET epoch = :v", 1).await;
    world.delete_user(&deleted).await;

    for (token, verified, exchanged) in [(by_password, 404, 404), (by_login, 404, 404), (by_key, 200, 201), (of_the_deleted, 404, 404)] {
        assert_eq!(world.call::<AuthenticationTokenVerify>(Call::new().path("token", &token)).await.status, verified);
        assert_eq!(world.call::<AuthenticationTokenExchange>(Call::new().path("token", &token)).await.status, exchanged);
    }
}

#[tokio::test]
async fn it_costs_what_docs_costs_says() {
    let world = World::new().await;
    let backend = world.person_with("backend", Acl::everything()).await;
    let token = world.one_time_token(&backend.key, json!({ "customerId": "carol" })).await.text("token");

    world.measure::<AuthenticationTokenVerify>("", Call::new().path("token", token), 200, 1).await;
}

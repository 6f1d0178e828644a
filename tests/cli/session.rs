//! `latchkey session`.

use latchkey::domain::{Acl, SessionId, Subject};
use serde_json::json;

use crate::house::{Call, Person, World};
use crate::operations::{AuthenticationTokenExchange, UserRenew};

async fn renew(world: &World, jwt: &str) -> i64 {
    world.call::<UserRenew>(Call::new().bearer(jwt)).await.status
}

/// A session of `customer` that was made in the person's name.
async fn issue(world: &World, person: &Person, customer: &str) -> String {
    let token = world.one_time_token(&person.key, json!({ "customerId": customer })).await.text("token");
    let reply = world.call::<AuthenticationTokenExchange>(Call::new().path("token", token)).await;
    assert_eq!(reply.status, 201, "{:?}", reply.body);
    reply.text("id")
}

#[tokio::test]
async fn one_session_ends_and_the_others_go_on() {
    let world = World::new().await;
    let olga = world.operator();
    let carol = world.person("carol").await;
    let first = olga.run("session list --user carol --json").await.done().lines()[0]["id"].as_str().unwrap().to_owned();
    let other = world.login("carol", &carol.password).await.text("Token");

    let said = olga.run(&format!("session revoke --user carol {first} --json")).await.done().json();

    assert_eq!(said["revoked"], json!([first]));
    assert_eq!((renew(&world, &carol.jwt).await, renew(&world, &other).await), (401, 200));
    assert_eq!(olga.run(&format!("session revoke --user carol {first}")).await.code, 3);
    assert_eq!(
        olga.run(&format!("session revoke --user carol {}", SessionId::random(Subject::User(carol.id.parse().unwrap())))).await.code,
        3
    );
    assert_eq!(olga.acts(), ["session.revoke"]);
}

#[tokio::test]
async fn all_sessions_end_with_a_new_epoch() {
    let world = World::new().await;
    let olga = world.operator();
    let carol = world.person("carol").await;
    world.login("carol", &carol.password).await;

    let said = olga.run("session revoke --user carol --all --json").await.done().json();

    assert_eq!(said["revoked"].as_array().unwrap().len(), 2);
    assert_eq!(renew(&world, &carol.jwt).await, 401);
    assert_eq!(world.sessions_of(&carol.id).await, 0);
    assert_eq!(olga.run("user show carol --json").await.done().json()["epoch"], 1);
    assert_eq!(world.login("carol", &carol.password).await.status, 200);
    assert_eq!(olga.acts(), ["session.revoke-all"]);
}

#[tokio::test]
async fn sessions_that_were_made_in_a_user_s_name_are_listed_and_ended() {
    let world = World::new().await;
    let olga = world.operator();
    let carol = world.person_with("carol", Acl::everything()).await;
    let (one, two) = (issue(&world, &carol, "customer-1").await, issue(&world, &carol, "customer-2").await);

    let logins = olga.run("session list --user carol --json").await.done().lines();
    let listed = olga.run("session list --user carol --issued --json").await.done().lines();
    let subject = |id: &str| listed.iter().find(|session| session["id"] == id).unwrap()["subject"].clone();
    assert_eq!((logins.len(), listed.len()), (1, 3));
    assert_eq!((subject(&one), subject(&two)), (json!("customer-1"), json!("customer-2")));

    olga.run(&format!("session revoke --user carol --issued {one}")).await.done();
    assert_eq!((world.sessions_of("customer-1").await, world.sessions_of("customer-2").await), (0, 1));
    assert_eq!(olga.run(&format!("session revoke --user carol --issued {one}")).await.code, 3);

    let said = olga.run("session revoke --user carol --issued --all --json").await.done().json();
    assert_eq!(said["revoked"], json!([two]));
    assert_eq!(world.sessions_of("customer-2").await, 0);
    assert_eq!(renew(&world, &carol.jwt).await, 200, "the user's own login goes on");
}

#[tokio::test]
async fn what_has_expired_is_not_listed() {
    let world = World::new().await;
    let olga = world.operator();
    world.person("carol").await;

    world.pass(43_201);

    assert!(olga.run("session list --user carol --issued --json").await.done().lines().is_empty());
    assert!(olga.run("session list --user carol").await.done().err.contains("no live sessions"));
    assert_eq!(olga.run("session revoke --user carol").await.code, 2);
}

//! `POST /user/email`

mod confirm;

use aws_sdk_dynamodb::types::AttributeValue;
use latchkey::domain::{Acl, Timestamp};
use serde_json::json;

use crate::house::{Call, NOW, Person, Reply, World};
use crate::operations::{UserEmail, UserLogout};

fn call(person: &Person, email: &str, password: &str) -> Call {
    Call::new().bearer(&person.jwt).json(json!({ "email": email, "password": password }))
}

/// Asks for another address.
async fn ask(world: &World, person: &Person, email: &str) -> Reply {
    world.call::<UserEmail>(call(person, email, &person.password)).await
}

#[tokio::test]
async fn the_new_address_gets_a_link_and_nothing_changes_before_it_is_followed() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let before = world.rows("users").await;

    let reply = ask(&world, &alice, "new@example.com").await;

    assert_eq!(reply.body, json!({ "message": "If the address can receive mail, a mail is on its way" }));
    let mails = world.mails().await;
    assert_eq!(mails.len(), 1);
    assert!(mails[0].contains("To: <new@example.com>") && mails[0].contains("#email=lkeml_"), "{}", mails[0]);
    let is_user = |row: &&std::collections::HashMap<String, AttributeValue>| !row["pk"].as_s().unwrap().contains("attempts#");
    let after = world.rows("users").await;
    assert_eq!(after.iter().filter(is_user).collect::<Vec<_>>(), before.iter().filter(is_user).collect::<Vec<_>>());
}

#[tokio::test]
async fn nobody_learns_whose_an_address_is_and_nobody_is_mailed_a_link_that_cannot_work() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    world.insert(&world.user_row("bob", Acl::default())).await;

    let known = ask(&world, &alice, "bob@example.com").await;
    let known_traffic = world.spy.take();
    let unknown = ask(&world, &alice, "nobody@example.com").await;

    assert_eq!((known.status, &known), (202, &unknown));
    assert_eq!(known_traffic.actions, world.spy.take().actions);
    let mails = world.mails().await;
    assert!(mails.len() == 1 && mails[0].contains("To: <nobody@example.com>"), "{mails:?}");
    assert!(world.told().iter().any(|event| event["reason"] == "the address is another user's"));
}

#[tokio::test]
async fn it_takes_a_login_and_the_password() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let bob = world.person("bob").await;

    let wrong = world.call::<UserEmail>(call(&alice, "new@example.com", &bob.password)).await;
    let nobody = world.call::<UserEmail>(Call::new().json(json!({ "email": "new@example.com", "password": alice.password }))).await;
    world.call::<UserLogout>(Call::new().bearer(&bob.jwt)).await;
    let over = ask(&world, &bob, "new@example.com").await;
    world.set_user(&alice, "SET password_expires_at = :v", NOW).await;
    let expired = ask(&world, &alice, "new@example.com").await;

    assert_eq!((wrong.status, wrong.code()), (401, "incorrect-credentials"));
    assert_eq!((nobody.status, nobody.code()), (401, "missing-credentials"));
    assert_eq!((over.status, over.code()), (401, "invalid-credentials"));
    assert_eq!((expired.status, expired.code()), (403, "password-expired"));
    assert!(world.mails().await.is_empty());
}

#[tokio::test]
async fn a_user_asks_ten_times_an_hour() {
    let world = World::new().await;
    let alice = world.person("alice").await;

    for number in 0..10 {
        assert_eq!(ask(&world, &alice, &format!("new{number}@example.com")).await.status, 202);
    }
    let reply = ask(&world, &alice, "new@example.com").await;

    assert_eq!((reply.status, reply.code()), (429, "throttled"));
    world.pass(3600);
    let jwt = world.login("alice", &alice.password).await.text("Token");
    assert_eq!(ask(&world, &Person { jwt, ..alice }, "new@example.com").await.status, 202);
}

#[tokio::test]
async fn what_is_missing_or_no_address_is_named() {
    let world = World::new().await;
    let alice = world.person("alice").await;

    let reply = world.call::<UserEmail>(Call::new().bearer(&alice.jwt).json(json!({ "email": "x" })).undocumented()).await;

    assert_eq!((reply.status, reply.invalid_fields()), (422, vec!["email", "password"]));
}

#[tokio::test]
async fn a_disabled_user_gets_no_link_any_more() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    ask(&world, &alice, "new@example.com").await;

    world.set_user(&alice, "SET disabled_at = :v", Timestamp::from_unix(NOW).unix()).await;

    assert!(world.mails().await.is_empty());
}

#[tokio::test]
async fn it_costs_what_docs_costs_says() {
    let world = World::new().await;
    let alice = world.person("alice").await;

    world.measure::<UserEmail>("", call(&alice, "new@example.com", &alice.password), 202, 3).await;
}

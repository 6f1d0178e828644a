//! `POST /user/email/confirm`

use futures_util::future::join_all;
use latchkey::domain::Acl;
use serde_json::json;

use super::ask;
use crate::house::{Call, Door, Person, Reply, World, canceled};
use crate::operations::{UserEmailConfirm, UserPassword, UserRenew, UsersGet, UsersUpdate};

fn call(token: &str) -> Call {
    Call::new().json(json!({ "token": token }))
}

async fn confirm(world: &World, token: &str) -> Reply {
    world.call::<UserEmailConfirm>(call(token)).await
}

/// Alice, an administrator, and the token in the mail to `new@example.com`.
async fn asked(world: &World) -> (Person, Person, String) {
    let (root, alice) = (world.person_with("root", Acl::everything()).await, world.person("alice").await);
    assert_eq!(ask(world, &alice, "new@example.com").await.status, 202);
    let token = world.mailed_token("email").await;
    (root, alice, token)
}

#[tokio::test]
async fn the_address_takes_effect_the_former_one_is_told_and_all_sessions_are_over() {
    let world = World::new().await;
    let (root, alice, token) = asked(&world).await;
    let sent = world.sent().len();

    let reply = confirm(&world, &token).await;

    assert_eq!(reply.body, json!({ "message": "Success" }));
    assert_eq!(world.call::<UserRenew>(Call::new().bearer(&alice.jwt)).await.status, 401);
    let shown = world.call::<UsersGet>(Call::new().bearer(&root.jwt).path("userId", &alice.id)).await;
    assert_eq!((&shown.body["email"], &shown.body["emailVerified"]), (&json!("new@example.com"), &json!(true)));
    assert_eq!(world.login("NEW@example.com", &alice.password).await.text("Id"), alice.id);
    assert_eq!(world.login("alice@example.com", &alice.password).await.status, 401);
    let mails = world.mails().await;
    assert_eq!(mails.len(), sent + 1);
    assert!(mails[sent].contains("To: <alice@example.com>") && !mails[sent].contains("lkeml_"), "{}", mails[sent]);
    assert!(world.told().iter().any(|event| event["event"] == "email.changed" && event["subject"] == json!(alice.id)));
}

#[tokio::test]
async fn of_a_hundred_confirmations_of_one_link_one_succeeds() {
    let world = World::new().await;
    let (_, _, token) = asked(&world).await;
    let service = world.start::<UserEmailConfirm>().await;

    let replies = join_all((0..100).map(|_| service.reply(call(&token)))).await;

    assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 1);
    assert!(replies.iter().filter(|reply| reply.status != 200).all(|reply| (reply.status, reply.code()) == (404, "link-not-found")));
    let changed = world.rows("tokens").await.iter().filter(|row| row["sk"].as_s().unwrap().starts_with("email-changed#")).count();
    assert_eq!(changed, 1, "one notice");
}

#[tokio::test]
async fn of_a_hundred_who_want_one_address_one_gets_it_whole() {
    let world = World::new().await;
    let mut tokens = Vec::new();
    for number in 0..10 {
        let person = world.person(&format!("user{number}")).await;
        ask(&world, &person, "new@example.com").await;
        tokens.push(world.mailed_token("email").await);
        world.pass(61);
    }
    let service = world.start::<UserEmailConfirm>().await;

    let replies = join_all((0..100).map(|number| service.reply(call(&tokens[number % 10])))).await;

    assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 1);
    let rows = world.rows("users").await;
    let with_new = rows.iter().filter(|row| row.get("email").is_some_and(|email| email.as_s().unwrap() == "new@example.com")).count();
    assert_eq!(with_new, 2, "the rows of one user, under the name and under the id");
    let addresses = rows.iter().filter(|row| row["pk"].as_s().unwrap().starts_with("email#")).count();
    assert_eq!(addresses, 10, "each has one");
}

#[tokio::test]
async fn a_dead_link_is_one_answer_and_changes_nothing() {
    let world = World::new().await;
    let (root, alice, token) = asked(&world).await;
    let new = "maroon kettle on the third shelf";

    let forged = confirm(&world, "lkeml_1").await;
    assert_eq!(world.spy.take().actions, [""; 0]);
    // Somebody else proves the address first.
    let body = json!({ "username": "bob", "email": "new@example.com" });
    let bob = world.call::<crate::operations::UsersCreate>(Call::new().bearer(&root.jwt).json(body)).await.text("id");
    let taken = confirm(&world, &token).await;
    world.call::<UsersUpdate>(Call::new().bearer(&root.jwt).path("userId", &bob).json(json!({ "email": "" }))).await;
    let disable = |disabled: bool| Call::new().bearer(&root.jwt).path("userId", &alice.id).json(json!({ "disabled": disabled }));
    let change = json!({ "username": "alice", "old": alice.password, "new": new, "confirm": new });
    assert_eq!(world.call::<UserPassword>(Call::new().json(change)).await.status, 200);
    let before_a_new_password = confirm(&world, &token).await;
    world.call::<UsersUpdate>(disable(true)).await;
    let disabled = confirm(&world, &token).await;
    world.pass(86_400);
    let expired = confirm(&world, &token).await;

    assert_eq!((forged.status, forged.code()), (404, "link-not-found"));
    for reply in [taken, before_a_new_password, disabled, expired] {
        assert_eq!(reply, forged);
    }
    assert_eq!(world.login("new@example.com", new).await.status, 401);
    assert!(world.mails().await.iter().all(|mail| !mail.contains("Your e-mail address was changed")));
}

#[tokio::test]
async fn a_user_whom_others_keep_changing_is_told() {
    let world = World::new().await;
    let (_, _, token) = asked(&world).await;
    let changed = canceled(["None", "ConditionalCheckFailed", "None"]);
    world.spy.refuse_all("TransactWriteItems", 400, &changed);

    let reply = confirm(&world, &token).await;

    assert_eq!((reply.status, reply.code()), (409, "conflict"));
}

#[tokio::test]
async fn a_user_of_an_earlier_release_gets_an_address_too() {
    let world = World::new().await;
    let (_, alice, token) = asked(&world).await;
    world.unlist("alice").await;
    world.disown("alice@example.com").await;
    let sent = world.sent().len();

    assert_eq!(confirm(&world, &token).await.status, 200);

    assert_eq!(world.login("new@example.com", &alice.password).await.text("Id"), alice.id);
    assert_eq!(world.mails().await.len(), sent, "an address that took no effect gets no notice");
}

#[tokio::test]
async fn a_lost_answer_is_told_as_done() {
    let world = World::new().await;
    let (_, alice, token) = asked(&world).await;
    let service = world.start::<UserEmailConfirm>().await;
    world.spy.take();
    world.spy.lose_after(4);

    assert_eq!(service.reply(call(&token)).await.status, 200);
    assert_eq!(world.login("new@example.com", &alice.password).await.status, 200);
}

#[tokio::test]
async fn the_token_is_needed() {
    let world = World::new().await;

    let reply = world.call::<UserEmailConfirm>(Call::new().json(json!({})).undocumented()).await;

    assert_eq!((reply.status, reply.invalid_fields()), (422, vec!["token"]));
}

#[tokio::test]
async fn it_costs_what_docs_costs_says() {
    let world = World::new().await;
    let (_, _, token) = asked(&world).await;

    world.measure::<UserEmailConfirm>("", call(&token), 200, 4).await;
    world.measure::<UserEmailConfirm>("a used link", call(&token), 404, 1).await;
}

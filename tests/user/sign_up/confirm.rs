//! `POST /user/sign-up/confirm`

use std::collections::BTreeSet;

use futures_util::future::join_all;
use latchkey::domain::Acl;
use serde_json::{Value, json};

use super::PASSWORD;
use crate::house::{Call, Door, Hashes, Mask, Reply, World};
use crate::operations::{UserRenew, UserSignUpConfirm, UsersDelete};

fn call(token: &str, more: Value) -> Call {
    let mut body = json!({ "token": token, "password": PASSWORD });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    Call::new().json(body)
}

async fn confirm(world: &World, token: &str, more: Value) -> Reply {
    world.call::<UserSignUpConfirm>(call(token, more)).await
}

/// The rows of users, of names and of addresses.
async fn accounts(world: &World) -> [usize; 3] {
    let rows = world.rows("users").await;
    ["id#", "name#", "email#"].map(|prefix| rows.iter().filter(|row| row["pk"].as_s().unwrap().starts_with(prefix)).count())
}

#[tokio::test]
async fn the_reader_of_the_mail_gets_an_account_and_is_logged_in() {
    let world = World::new().await;
    let token = world.sign_up_token("Carol@example.com").await;

    let reply = confirm(&world, &token, json!({ "firstName": "Carol" })).await;

    assert_eq!(
        reply.masked(&[("/Id", Mask::Uuid), ("/Token", Mask::Jwt)]),
        json!({
            "Id": "[Uuid]", "Created": "2030-03-17T17:46:40Z", "Username": "Carol@example.com", "Email": "Carol@example.com",
            "Firstname": "Carol", "Lastname": null, "Token": "[Jwt]", "PasswordExpiration": null,
        })
    );
    assert_eq!(world.call::<UserRenew>(Call::new().bearer(&reply.text("Token"))).await.status, 200);
    assert_eq!(world.login("carol@EXAMPLE.com", PASSWORD).await.text("Id"), reply.text("Id"));
    let rows = world.rows("users").await;
    let row = rows.iter().find(|row| row["pk"].as_s().unwrap().starts_with("id#")).unwrap();
    assert_eq!((row["email_verified"].as_bool(), row["acl"].as_s().unwrap().as_str()), (Ok(&true), "[]"));
    assert!(world.told().iter().any(|event| event["event"] == "user.signed-up" && event["subject"] == reply.body["Id"]));
}

#[tokio::test]
async fn somebody_who_signs_up_with_a_victims_address_first_has_nothing() {
    let world = World::new().await;
    let mallory = "mallory waits for the third train";
    // A password at the request is not even looked at.
    let early =
        Call::new().json(json!({ "email": "victim@example.com", "password": mallory, "username": "victim" })).perhaps_undocumented();
    assert_eq!(world.call::<crate::operations::UserSignUp>(early).await.status, 202);

    let token = world.mailed_token("sign-up").await;
    let reply = confirm(&world, &token, json!({})).await;

    assert_eq!(reply.status, 201);
    for name in ["victim@example.com", "victim"] {
        assert_eq!(world.login(name, mallory).await.status, 401);
    }
    assert_eq!(world.login("victim@example.com", PASSWORD).await.status, 200);
    assert_eq!(world.sessions_of(&reply.text("Id")).await, 2, "that of the confirmation, and this one");
}

/// U+FB01 is compared as the two letters that it joins, so this address would be the name of somebody with another one.
#[tokio::test]
async fn an_address_that_would_be_the_name_of_another_needs_a_name_beside_it() {
    let world = World::new().await;
    let request = Call::new().json(json!({ "email": "\u{fb01}@example.com" })).perhaps_undocumented();
    assert_eq!(world.call::<crate::operations::UserSignUp>(request).await.status, 202);
    let token = world.mailed_token("sign-up").await;

    let reply = confirm(&world, &token, json!({})).await;

    assert_eq!((reply.status, reply.invalid_fields()), (422, vec!["username"]));
    assert_eq!(accounts(&world).await, [0, 0, 0]);
}

#[tokio::test]
async fn a_hundred_confirmations_of_one_sign_up_make_one_account() {
    let world = World::new().await;
    let token = world.sign_up_token("carol@example.com").await;
    let service = world.start::<UserSignUpConfirm>().await;

    let replies = join_all((0..100).map(|number| service.reply(call(&token, json!({ "username": format!("carol{}", number % 3) }))))).await;

    let made: Vec<_> = replies.iter().filter(|reply| reply.status == 201).collect();
    assert_eq!(made.len(), 1, "{replies:?}");
    assert!(replies.iter().filter(|reply| reply.status != 201).all(|reply| (reply.status, reply.code()) == (404, "link-not-found")));
    assert_eq!(accounts(&world).await, [1, 1, 1]);
    assert_eq!(world.rows("sessions").await.len(), 1);
    assert_eq!(world.login("carol@example.com", PASSWORD).await.text("Id"), made[0].text("Id"));
}

#[tokio::test]
async fn a_hundred_confirmations_that_want_one_name_make_one_account() {
    let world = World::with([("MAIL_REQUESTS_PER_ADDRESS", "100")]).await;
    let (one, other) = (world.sign_up_token("one@example.com").await, world.sign_up_token("other@example.com").await);
    let service = world.start::<UserSignUpConfirm>().await;

    let replies = join_all((0..100).map(|number| {
        let token = if number % 2 == 0 { &one } else { &other };
        service.reply(call(token, json!({ "username": if number % 3 == 0 { "Carol" } else { "carol" } })))
    }));
    let replies = replies.await;

    assert_eq!(replies.iter().filter(|reply| reply.status == 201).count(), 1);
    let refused: BTreeSet<_> =
        replies.iter().filter(|reply| reply.status != 201).map(|reply| (reply.status, reply.code().to_owned())).collect();
    let [dead, taken] = [(404, "link-not-found".to_owned()), (409, "username-taken".to_owned())];
    assert_eq!(refused, [dead, taken].into());
    assert_eq!(accounts(&world).await, [1, 1, 1]);
    // The link of whoever came too late is still good for another name.
    let late: Vec<_> = join_all([&one, &other].map(|token| service.reply(call(token, json!({ "username": "dora" }))))).await;
    assert_eq!(late.iter().map(|reply| reply.status).collect::<BTreeSet<_>>(), [201, 404].into());
}

#[tokio::test]
async fn a_link_is_dead_once_used_expired_or_forged_and_tells_no_more() {
    let world = World::new().await;
    let token = world.sign_up_token("carol@example.com").await;
    world.pass(61);
    let late = world.sign_up_token("dora@example.com").await;
    assert_eq!(confirm(&world, &token, json!({})).await.status, 201);

    let hashes = Hashes::count();
    let used = confirm(&world, &token, json!({ "username": "other" })).await;
    assert_eq!(world.spy.take().actions, ["GetItem"]);
    world.pass(86_400);
    let expired = confirm(&world, &late, json!({})).await;
    let forged = confirm(&world, "lksgn_1", json!({})).await;
    let none = confirm(&world, "", json!({})).await;

    assert_eq!(world.spy.take().actions, [""; 0]);
    assert_eq!((used.status, used.code(), hashes.so_far()), (404, "link-not-found", 0));
    for reply in [&expired, &forged, &none] {
        assert_eq!(*reply, used);
    }
    assert_eq!(accounts(&world).await, [1, 1, 1]);
}

#[tokio::test]
async fn the_name_is_checked_and_cannot_be_somebody_elses_address() {
    let world = World::new().await;
    world.person("alice").await;
    let token = world.sign_up_token("carol@example.com").await;

    for name in ["bob@example.com", "x@y", "bob\u{ff20}example.com", "", "a\nb"] {
        let reply = confirm(&world, &token, json!({ "username": name })).await;
        assert_eq!((reply.status, reply.invalid_fields()), (422, vec!["username"]), "{name}");
    }
    let taken = confirm(&world, &token, json!({ "username": "ALICE" })).await;
    assert_eq!((taken.status, taken.code()), (409, "username-taken"));
    assert_eq!(confirm(&world, &token, json!({ "username": "CAROL@example.com" })).await.status, 201);
}

#[tokio::test]
async fn a_password_of_ones_own_names_and_a_weak_one_are_refused() {
    let world = World::new().await;
    let token = world.sign_up_token("rumpelstilzchen@example.com").await;

    for (password, more) in
        [("password", json!({})), ("rumpelstilzchen1", json!({})), ("Brunnhilde99", json!({ "firstName": "Brunnhilde" }))]
    {
        let mut more = more;
        more["password"] = password.into();
        let reply = confirm(&world, &token, more).await;
        assert_eq!((reply.status, reply.invalid_fields()), (422, vec!["password"]), "{password}");
    }
    assert_eq!(accounts(&world).await, [0, 0, 0]);
}

#[tokio::test]
async fn an_address_that_became_somebody_elses_meanwhile_is_a_dead_link() {
    let world = World::new().await;
    let root = world.person_with("root", Acl::everything()).await;
    let token = world.sign_up_token("carol@example.com").await;
    let body = json!({ "username": "other", "email": "Carol@example.com" });
    let other = world.call::<crate::operations::UsersCreate>(Call::new().bearer(&root.jwt).json(body)).await;

    let dead = confirm(&world, &token, json!({})).await;
    world.call::<UsersDelete>(Call::new().bearer(&root.jwt).path("userId", other.text("id"))).await;
    let alive = confirm(&world, &token, json!({})).await;

    assert_eq!((dead.status, dead.code(), alive.status), (404, "link-not-found", 201));
}

#[tokio::test]
async fn a_lost_answer_makes_one_account() {
    let world = World::new().await;
    let token = world.sign_up_token("carol@example.com").await;
    let service = world.start::<UserSignUpConfirm>().await;
    world.spy.take();
    world.spy.lose_after(1);

    assert_eq!(service.reply(call(&token, json!({}))).await.status, 201);

    assert_eq!(world.spy.take().actions, ["GetItem", "TransactWriteItems", "TransactWriteItems"]);
    assert_eq!(accounts(&world).await, [1, 1, 1]);
}

#[tokio::test]
async fn it_costs_what_docs_costs_says() {
    let world = World::new().await;
    let token = world.sign_up_token("carol@example.com").await;

    world.measure::<UserSignUpConfirm>("", call(&token, json!({})), 201, 2).await;
    world.measure::<UserSignUpConfirm>("a used link", call(&token, json!({})), 404, 1).await;
}

//! `POST /user/forgot-password`

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::future::join_all;
use latchkey::domain::Acl;
use serde_json::json;

use crate::house::{Call, Door, NOW, Reply, World};
use crate::operations::UserForgotPassword;

pub fn call(name: &str) -> Call {
    Call::new().json(json!({ "username": name }))
}

pub async fn forgot(world: &World, name: &str) -> Reply {
    world.call::<UserForgotPassword>(call(name)).await
}

/// The token of the link in a mail.
pub fn token_in(mail: &str) -> String {
    let (_, rest) = mail.split_once("lkrst_").unwrap_or_else(|| panic!("no link in {mail}"));
    format!("lkrst_{}", rest.chars().take_while(char::is_ascii_alphanumeric).collect::<String>())
}

/// The token of the newest link that was mailed; whoever asks for several lets a minute pass between them.
pub async fn newest_link(world: &World) -> String {
    // A reset is told by a mail of its own.
    token_in(world.mails().await.iter().rev().find(|mail| mail.contains("lkrst_")).unwrap())
}

#[tokio::test]
async fn whoever_forgot_a_password_is_mailed_a_link() {
    let world = World::new().await;
    world.person("alice").await;

    let reply = forgot(&world, " ALICE ").await;

    assert_eq!((reply.status, reply.header("cache-control")), (202, "no-store"));
    let text = "If this is a user with an e-mail address, a link that sets a new password is on its way to it.";
    assert_eq!(reply.body, json!({ "message": text }));
    let mails = world.mails().await;
    assert_eq!(mails.len(), 1);
    assert!(mails[0].contains("To: <alice@example.com>") && mails[0].contains("#reset=lkrst_"), "{}", mails[0]);
}

#[tokio::test]
async fn nobody_learns_from_the_answer_or_the_work_who_has_an_account() {
    let world = World::new().await;
    world.person("alice").await;
    let dora = world.person("dora").await;
    world.set_user(&dora, "SET disabled_at = :v", NOW).await;
    world.insert(&latchkey::store::UserRow { email: None, ..world.user_row("mute", Acl::default()) }).await;
    let service = world.start::<UserForgotPassword>().await;
    world.spy.take();
    let first = service.reply(call("nobody")).await;
    let work = world.spy.take();
    assert_eq!((work.actions.clone(), work.units), (vec!["UpdateItem".to_owned()], (0.0, 1.0)));

    // Of alice's the second and third are not mailed: her mailbox has just got one.
    for name in ["alice", "ALICE", "alice", "dora", "mute", "nobody@example.com", "n"] {
        let reply = service.reply(call(name)).await;

        assert_eq!(reply, first, "{name}");
        assert_eq!(world.spy.take(), work, "{name}");
    }
    assert_eq!(world.mails().await.len(), 1, "one of all of these was to be mailed");
}

#[tokio::test]
async fn a_client_gets_its_requests_of_an_hour_whoever_they_are_about() {
    let world = World::new().await;
    world.person("alice").await;
    let service = Arc::new(world.start::<UserForgotPassword>().await);

    let replies = join_all((0..50).map(|number| {
        let service = service.clone();
        async move { service.reply(call(&format!("user{number}")).from("192.0.2.66")).await }
    }))
    .await;

    let count = |status: i64| replies.iter().filter(|reply| reply.status == status).count();
    assert_eq!((count(202), count(429)), (20, 30));
    let (known, unknown) = (service.reply(call("alice").from("192.0.2.66")).await, service.reply(call("nobody").from("192.0.2.66")).await);
    assert_eq!((known.code(), known.header("retry-after")), ("throttled", (3600 - NOW % 3600).to_string().as_str()));
    assert_eq!(known, unknown);
    assert_eq!(service.reply(call("alice").from("198.51.100.7")).await.status, 202, "another address goes on");
    world.pass(3600);
    assert_eq!(service.reply(call("alice").from("192.0.2.66")).await.status, 202, "the next hour");
}

#[tokio::test]
async fn a_name_that_nobody_can_have_is_refused_before_anything_is_asked_for() {
    let world = World::new().await;
    let service = world.start::<UserForgotPassword>().await;
    world.spy.take();

    for body in [
        json!({}),
        json!({ "username": "" }),
        json!({ "username": " " }),
        json!({ "username": "x".repeat(257) }),
        json!({ "username": "a\nb" }),
        json!({ "username": "a\u{fffd}" }),
        json!({ "username": 1 }),
    ] {
        let reply = service.reply(Call::new().json(body.clone()).perhaps_undocumented()).await;
        assert_eq!((reply.status, reply.code(), reply.invalid_fields()), (422, "invalid-fields", vec!["username"]), "{body}");
    }
    assert_eq!(world.spy.take().actions, [""; 0]);
}

#[tokio::test]
async fn a_lost_answer_is_one_request_and_one_mail() {
    let world = World::new().await;
    world.person("alice").await;
    let service = world.start::<UserForgotPassword>().await;
    world.spy.lose_after(0);

    let reply = service.reply(call("alice")).await;

    assert_eq!(reply.status, 202);
    let mails = world.mails().await;
    // DynamoDB has no record of a write that changes nothing; this engine has, and both were handed over at once.
    assert!(!mails.is_empty() && mails.iter().all(|mail| *mail == mails[0]), "{mails:?}");
    let row = world.rows("tokens").await.into_iter().find(|row| row["pk"].as_s().unwrap().starts_with("outbox#")).unwrap();
    assert_eq!(row["attempt_ids"].as_ss().unwrap().len(), 1, "it counts once");
}

#[tokio::test]
async fn it_is_told_with_the_hash_of_the_name_alone() {
    let world = World::with([("MAIL_REQUESTS_PER_ADDRESS", "1")]).await;

    forgot(&world, "a password in the wrong field").await;
    forgot(&world, "a password in the wrong field").await;

    let told = world.told();
    let names: Vec<_> = told.iter().map(|event| event["event"].as_str().unwrap()).collect();
    assert_eq!(names, ["password.reset-asked", "password.reset-throttled"]);
    assert!(told.iter().all(|event| event["name_hash"].is_string() && event["source_ip"] == "127.0.0.1"), "{told:?}");
    assert!(!format!("{told:?}").contains("wrong field"), "{told:?}");
}

#[tokio::test]
async fn it_costs_what_docs_costs_says() {
    let world = World::new().await;

    world.measure::<UserForgotPassword>("", call("alice"), 202, 1).await;
}

/// How many mails a flood of requests makes, and what it costs. Nothing is asserted but that all were answered.
#[tokio::test]
#[ignore = "a report: `cargo test --workspace --test api -- --ignored --nocapture flood_of_requests`"]
async fn a_flood_of_requests_for_mails() {
    const REQUESTS: usize = 10_000;
    const USERS: usize = 100;
    for (is_one_user, is_one_client) in [(true, true), (true, false), (false, true), (false, false)] {
        let world = World::new().await;
        for number in 0..USERS {
            world.insert(&world.user_row(&format!("user{number}"), Acl::default())).await;
        }
        let service = world.start::<UserForgotPassword>().await;
        world.spy.take();
        let mut statuses = BTreeMap::new();
        for number in 0..REQUESTS {
            let name = if is_one_user { "user0".to_owned() } else { format!("user{}", number % USERS) };
            let client = if is_one_client { "192.0.2.66".to_owned() } else { format!("10.0.{}.{}", number / 256, number % 256) };
            *statuses.entry(service.call_unjudged(&call(&name).from(client.as_str())).await).or_insert(0_usize) += 1;
        }
        let asked = world.spy.take().units;
        let mails = world.mails().await.len();
        let mailed = world.spy.take().units;
        assert_eq!(statuses.values().sum::<usize>(), REQUESTS);
        println!(
            "{REQUESTS} requests for {} from {}: {statuses:?}, {mails} mails; the requests took {} write units, and on AWS one each for those that were refused; the mailer {} read and {} write units",
            if is_one_user { "one user" } else { "100 users" },
            if is_one_client { "one client" } else { "10,000 clients" },
            asked.1,
            mailed.0,
            mailed.1,
        );
    }
}

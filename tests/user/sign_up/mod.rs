//! `POST /user/sign-up`

mod confirm;

use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::future::join_all;
use latchkey::domain::{Acl, EmailAddress, Timestamp};
use serde_json::json;

use crate::house::{Call, Door, NOW, Reply, World};
use crate::operations::UserSignUp;

pub const PASSWORD: &str = "maroon kettle on the third shelf";

impl World {
    /// Asks for an account.
    pub async fn sign_up(&self, email: &str) -> Reply {
        self.call::<UserSignUp>(Call::new().json(json!({ "email": email }))).await
    }

    /// The token in the newest mail, which `action` is about.
    pub async fn mailed_token(&self, action: &str) -> String {
        let mails = self.mails().await;
        let link = format!("https://app.example.com/account#{action}=");
        // A notice may be newer.
        let (_, rest) = mails.iter().rev().find_map(|mail| mail.split_once(&link)).unwrap_or_else(|| panic!("no link in {mails:?}"));
        rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect()
    }

    /// Asks for an account and reads the mail.
    pub async fn sign_up_token(&self, email: &str) -> String {
        assert_eq!(self.sign_up(email).await.status, 202);
        self.mailed_token("sign-up").await
    }
}

#[tokio::test]
async fn a_mail_with_a_link_goes_to_the_address_and_nothing_exists_before_it_is_followed() {
    let world = World::new().await;

    let reply = world.sign_up("carol@example.com").await;

    assert_eq!(
        (reply.header("cache-control"), &reply.body),
        ("no-store", &json!({ "message": "If the address can receive mail, a mail is on its way" }))
    );
    assert!(world.rows("users").await.is_empty() && world.rows("sessions").await.is_empty());
    let mails = world.mails().await;
    assert_eq!(mails.len(), 1);
    assert!(mails[0].contains("To: <carol@example.com>") && mails[0].contains("#sign-up=lksgn_"), "{}", mails[0]);
}

#[tokio::test]
async fn whoever_has_the_address_it_is_the_same_answer_from_the_same_request() {
    let world = World::new().await;
    world.insert(&world.user_row("alice", Acl::default())).await;
    let mut disabled = world.user_row("disabled", Acl::default());
    disabled.disabled_at = Some(Timestamp::from_unix(NOW));
    world.insert(&disabled).await;
    let full: EmailAddress = "full@example.com".parse().unwrap();
    for _ in 0..11 {
        world.sign_up(full.as_str()).await;
        world.pass(61);
    }
    world.mails().await;
    world.pass(3600);
    let service = world.start::<UserSignUp>().await;

    let mut seen = Vec::new();
    for (number, email) in
        ["nobody@example.com", "alice@example.com", "ALICE@EXAMPLE.com", "disabled@example.com", "full@example.com"].iter().enumerate()
    {
        world.spy.take();
        // Each from an address of its own, so that the row is new.
        let call = Call::new().json(json!({ "email": email })).from(format!("192.0.2.{number}").as_str());
        let reply = service.reply(call).await;
        let traffic = world.spy.take();
        assert_eq!(traffic.units, (0.0, 1.0), "{email}");
        seen.push((reply, traffic.actions));
    }

    assert_eq!(seen[0].1, ["UpdateItem"]);
    assert!(seen.iter().all(|one| *one == seen[0]), "{seen:?}");
}

#[tokio::test]
async fn whoever_has_an_account_is_told_by_mail_alone_and_gets_no_link() {
    let world = World::new().await;
    world.insert(&world.user_row("alice", Acl::default())).await;
    let named = latchkey::store::UserRow { email: None, ..world.user_row("bob@example.com", Acl::default()) };
    world.insert(&named).await;

    for email in ["Alice@example.com", "bob@example.com"] {
        world.sign_up(email).await;
        let mail = world.mails().await.pop().unwrap();
        assert!(!mail.contains("lksgn_") && mail.contains("https://app.example.com/account"), "{mail}");
        world.pass(61);
    }
}

#[tokio::test]
async fn a_client_asks_twenty_times_an_hour_and_another_one_goes_on() {
    let world = World::with([("MAIL_REQUESTS_PER_ADDRESS", "20")]).await;
    let service = world.start::<UserSignUp>().await;
    let call = |number: usize| Call::new().json(json!({ "email": format!("user{number}@example.com") }));

    let replies = join_all((0..100).map(|number| service.reply(call(number)))).await;

    let refused: Vec<_> = replies.iter().filter(|reply| reply.status == 429).collect();
    assert_eq!((replies.iter().filter(|reply| reply.status == 202).count(), refused.len()), (20, 80));
    assert_eq!(refused[0].code(), "throttled");
    assert!(
        world.told().iter().any(|event| event["event"] == "mail.dropped" && event["mail"] == "sign-up" && event["reason"] == "throttled")
    );
    assert_eq!(service.reply(call(100).from("192.0.2.200")).await.status, 202);
    world.pass(3600);
    assert_eq!(service.reply(call(101)).await.status, 202);
}

#[tokio::test]
async fn what_is_no_address_is_told_and_asks_for_nothing() {
    let world = World::new().await;

    for body in [json!({}), json!({ "email": "" }), json!({ "email": "carol" }), json!({ "email": "a@b.c, d@e.f" })] {
        let reply = world.call::<UserSignUp>(Call::new().json(body.clone()).perhaps_undocumented()).await;
        assert_eq!((reply.status, reply.invalid_fields()), (422, vec!["email"]), "{body}");
    }
    assert!(world.rows("tokens").await.is_empty());
}

#[tokio::test]
async fn a_lost_answer_counts_once() {
    let world = World::new().await;
    let service = world.start::<UserSignUp>().await;
    world.spy.lose_after(0);

    assert_eq!(service.reply(Call::new().json(json!({ "email": "carol@example.com" }))).await.status, 202);

    let row = world.rows("tokens").await.remove(0);
    assert!(matches!(&row["attempt_ids"], AttributeValue::Ss(ids) if ids.len() == 1), "{row:?}");
}

#[tokio::test]
async fn it_costs_what_docs_costs_says() {
    let world = World::new().await;

    world.measure::<UserSignUp>("", Call::new().json(json!({ "email": "carol@example.com" })), 202, 1).await;
}

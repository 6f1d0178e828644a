//! How many mails an address gets, whoever asks for them.

use latchkey::domain::{ClientAddress, EmailAddress, Locator, MailRequest, MailSubject};
use latchkey::store::{OutboxEntry, OutboxError, Throttle};

use super::{event, now};
use crate::house::World;

fn sign_up(address: &str) -> MailSubject {
    MailSubject::SignUp { address: address.parse::<EmailAddress>().unwrap() }
}

#[tokio::test]
async fn an_address_gets_one_mail_a_minute_and_ten_a_day_of_a_kind() {
    let world = World::new().await;

    let mut sent = Vec::new();
    for _ in 0..12 {
        for _ in 0..3 {
            world.ask(sign_up("carol@example.com")).await;
        }
        sent.push(world.mails().await.len());
        world.pass(60);
    }

    assert_eq!(sent, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10, 10]);
    let throttled = world.told_briefly().into_iter().filter(|told| *told == event("mail.dropped", "throttled")).count();
    assert_eq!(throttled, 26);
    world.pass(86_400);
    world.ask(sign_up("carol@example.com")).await;
    assert_eq!(world.mails().await.len(), 11);
}

#[tokio::test]
async fn another_spelling_is_the_same_address_and_another_kind_has_a_count_of_its_own() {
    let world = World::with([("MAILS_PER_DAY", "1")]).await;
    let alice = world.user("alice").await;

    for about in [
        sign_up("alice@example.com"),
        sign_up("ALICE@Example.COM"),
        MailSubject::ResetPassword { username: "alice".into() },
        MailSubject::ResetPassword { username: "ALICE".into() },
        MailSubject::ApiKeyAdded { user: alice.user_id, name: "a key".into() },
        MailSubject::ApiKeyAdded { user: alice.user_id, name: "a key".into() },
    ] {
        world.ask(about).await;
    }

    assert_eq!(world.mails().await.len(), 3);
}

#[tokio::test]
async fn whoever_asks_in_anothers_name_keeps_nobody_from_a_good_link() {
    let world = World::new().await;
    world.user("alice").await;

    let (mut sent, mut newest) = (0, 0);
    for minute in 0..180 {
        world.ask(MailSubject::ResetPassword { username: "alice".into() }).await;
        let mails = world.mails().await.len();
        if mails > sent {
            (sent, newest) = (mails, minute);
        }
        assert!(minute - newest < 30, "the newest link is dead in minute {minute}");
        world.pass(60);
    }

    assert!((12..=14).contains(&sent), "two in each half hour: {sent}");
}

#[tokio::test]
async fn a_notice_waits_for_no_other() {
    let world = World::new().await;
    let alice = world.user("alice").await;

    for _ in 0..3 {
        world.ask(MailSubject::ApiKeyAdded { user: alice.user_id, name: "a key".into() }).await;
    }

    assert_eq!(world.mails().await.len(), 3);
}

#[tokio::test]
async fn a_claim_that_is_repeated_takes_no_mail_from_a_later_request() {
    let world = World::new().await;
    world.ask(sign_up("carol@example.com")).await;
    let first = world.records().remove(0);
    world.hand_over(&first).await;
    world.pass(60);
    world.ask(sign_up("carol@example.com")).await;

    world.hand_over(&first).await;

    assert_eq!(world.mails().await.len(), 2);
    world.hand_over(&first).await;
    world.pass(59);
    world.ask(sign_up("carol@example.com")).await;
    assert_eq!(world.mails().await.len(), 2, "the interval counts from the second mail");
}

/// What a public operation does for each request: one write, counted by where the request comes from.
async fn flood(world: &World, requests: usize, client: impl Fn(usize) -> String, address: impl Fn(usize) -> String) -> usize {
    let throttle = Throttle { attempts: 20, window_seconds: 3600 };
    let mut refused = 0;
    for number in 0..requests {
        let place = Locator::of_address(&ClientAddress::of(Some(&client(number))));
        let entry = OutboxEntry::counted(place, MailRequest::new(sign_up(&address(number)), now(world)), throttle);
        match world.put(entry).await {
            Ok(()) => {}
            Err(OutboxError::Throttled { .. }) => refused += 1,
            Err(error) => panic!("{error}"),
        }
    }
    refused
}

#[tokio::test]
async fn a_flood_from_one_client_stops_at_the_write_and_one_at_an_address_at_the_mailer() {
    let one = |what: &'static str| move |_: usize| what.to_owned();
    let client = |number: usize| format!("192.0.2.{number}");
    let address = |number: usize| format!("user{number}@example.com");

    let world = World::new().await;
    let refused = flood(&world, 200, one("192.0.2.1"), address).await;
    assert_eq!((refused, world.mails().await.len()), (180, 20), "one client, many addresses");

    let world = World::new().await;
    let refused = flood(&world, 200, client, one("carol@example.com")).await;
    assert_eq!((refused, world.mails().await.len()), (0, 1), "many clients, one address");

    let world = World::new().await;
    let refused = flood(&world, 200, one("192.0.2.1"), one("carol@example.com")).await;
    assert_eq!((refused, world.mails().await.len()), (180, 1), "one client, one address");
}

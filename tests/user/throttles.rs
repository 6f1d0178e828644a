//! How many passwords can be tried: from one address, and in a row.

use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::future::join_all;
use latchkey::domain::{Acl, Timestamp};
use latchkey::http::Operation;
use latchkey::runtime::{ConfigError, Service};
use latchkey::store::MOST_FAILURES;
use latchkey_local::template::{Limit, routes};
use serde_json::{Value, json};

use crate::house::measured_costs::write_down;
use crate::house::{Call, Door, Hashes, NOW, Reply, World, template};
use crate::operations::{AuthenticationTokenCreate, UserLogin, UserPassword};

const MALLORY: &str = "192.0.2.66";
const OFFICE: &str = "198.51.100.7";
const NEW: &str = "maroon kettle on the third shelf";

fn guess(name: &str, password: &str) -> Call {
    Call::new().json(json!({ "username": name, "password": password }))
}

fn guess_for_token(name: &str, password: &str) -> Call {
    Call::new().json(json!({ "mode": "password", "username": name, "password": password }))
}

fn change(name: &str, old: &str) -> Call {
    Call::new().json(json!({ "username": name, "old": old, "new": NEW, "confirm": NEW }))
}

/// The same guess at each of the three operations.
async fn everywhere(world: &World, name: &str, password: &str, address: &str) -> [Reply; 3] {
    [
        world.call::<UserLogin>(guess(name, password).from(address)).await,
        world.call::<AuthenticationTokenCreate>(guess_for_token(name, password).from(address)).await,
        world.call::<UserPassword>(change(name, password).from(address)).await,
    ]
}

fn count(replies: &[Reply], status: i64) -> usize {
    replies.iter().filter(|reply| reply.status == status).count()
}

impl World {
    /// Alice, with the permission to change nothing but her password.
    pub async fn alice(&self) {
        self.insert(&self.user_row("alice", Acl::default())).await;
    }

    /// Has alice's password been wrong `count` times in a row.
    pub async fn set_failures(&self, count: u32) {
        let ids = AttributeValue::Ss((0..count).map(|number| format!("wrong-{number}")).collect());
        let update = self.dynamodb.update_item().table_name("latchkey-users").key("pk", AttributeValue::S("name#alice".to_owned()));
        let update = update.update_expression("SET failed_attempt_ids = :ids").expression_attribute_values(":ids", ids);
        update.send().await.unwrap();
    }

    /// How often alice's password was wrong in a row.
    pub async fn failures(&self) -> usize {
        let rows = self.rows("users").await;
        let row = rows.iter().find(|row| row["pk"].as_s().unwrap() == "name#alice").unwrap();
        row.get("failed_attempt_ids").map_or(0, |ids| ids.as_ss().unwrap().len())
    }

    /// How many events of this name there were since the last time that somebody asked.
    fn times_told(&self, event: &str) -> usize {
        let events = self.setup.events.take();
        events.iter().map(|line| serde_json::from_str::<Value>(line).unwrap()).filter(|line| line["event"] == event).count()
    }
}

#[tokio::test]
async fn two_hundred_parallel_guesses_from_one_address_get_its_attempts_under_whatever_names() {
    let world = World::with([("ADDRESS_ATTEMPTS", "20")]).await;
    let service = Arc::new(world.start::<UserLogin>().await);

    let hashes = Hashes::count();
    let replies = join_all((0..200).map(|number| {
        let service = service.clone();
        async move { service.reply(guess(&format!("nobody-{number}"), "garbage").from(MALLORY)).await }
    }))
    .await;

    assert_eq!((count(&replies, 401), count(&replies, 429), hashes.so_far()), (20, 180, 20));
    let throttled = replies.iter().find(|reply| reply.status == 429).unwrap();
    assert_eq!((throttled.code(), throttled.header("retry-after")), ("throttled", (900 - NOW % 900).to_string().as_str()));
    assert_eq!(service.reply(guess("nobody", "garbage").from(OFFICE)).await.status, 401, "another address goes on");
    world.pass(900);
    assert_eq!(service.reply(guess("nobody", "garbage").from(MALLORY)).await.status, 401, "the next window");
}

#[tokio::test]
async fn the_three_operations_that_take_a_password_count_together() {
    let world = World::with([("ADDRESS_ATTEMPTS", "10")]).await;
    for number in 0..3 {
        let replies = everywhere(&world, &format!("nobody-{number}"), "wrong", MALLORY).await;
        assert_eq!(replies.map(|reply| reply.status), [401; 3]);
    }
    world.login("nobody", "wrong").await;
    assert_eq!(world.call::<UserLogin>(guess("nobody", "wrong").from(MALLORY)).await.status, 401, "the tenth");

    let replies = everywhere(&world, "nobody", "wrong", MALLORY).await;

    for reply in replies {
        assert_eq!((reply.status, reply.code()), (429, "throttled"));
    }
}

#[tokio::test]
async fn an_address_without_attempts_takes_none_from_the_names_owner_and_costs_one_write() {
    let world = World::with([("ADDRESS_ATTEMPTS", "10")]).await;
    world.alice().await;
    let [first, second] = [world.start::<UserLogin>().await, world.start::<UserLogin>().await];
    for number in 0..10 {
        first.reply(guess(&format!("nobody-{number}"), "garbage").from(MALLORY)).await;
    }

    // One process has seen that the address is refused, the other has not.
    for service in [&first, &second] {
        for _ in 0..20 {
            assert_eq!(service.reply(guess("alice", "alice's password").from(MALLORY)).await.status, 429);
        }
    }
    world.spy.take();
    second.reply(guess("alice", "alice's password").from(MALLORY)).await;
    let refused = world.spy.take();

    assert_eq!(refused.rounds, [["GetItem", "UpdateItem"]]);
    for _ in 0..9 {
        assert_eq!(first.reply(guess("alice", "wrong").from(OFFICE)).await.status, 401);
    }
    assert_eq!(first.reply(guess("alice", "alice's password").from(OFFICE)).await.status, 200, "the tenth of ten");
}

#[tokio::test]
async fn a_flood_from_one_address_costs_a_hash_for_each_attempt_and_then_one_write_a_request() {
    let world = World::new().await;
    let service = world.start::<UserLogin>().await;
    world.spy.take();

    let hashes = Hashes::count();
    for number in 0..300 {
        service.reply(guess(&format!("nobody-{number}"), "garbage").from(MALLORY)).await;
    }

    let actions = world.spy.take().actions;
    let requests = |of: &str| actions.iter().filter(|action| *action == of).count();
    assert_eq!((hashes.so_far(), world.mails().await.len()), (100, 0));
    // Three for each that was hashed; two more for the first that was refused, beside which the name was counted.
    assert_eq!((requests("UpdateItem"), requests("GetItem"), actions.len()), (3 * 100 + 200 + 2, 300, 802));
}

#[tokio::test]
async fn right_passwords_shut_no_office_out() {
    let world = World::with([("ADDRESS_ATTEMPTS", "10")]).await;
    let names: Vec<_> = (0..10).map(|number| format!("person-{number}")).collect();
    for name in &names {
        world.insert(&world.user_row(name, Acl::default())).await;
    }

    for name in names.iter().chain(&names).chain(&names) {
        assert_eq!(world.call::<UserLogin>(guess(name, &format!("{name}'s password")).from(OFFICE)).await.status, 200);
    }
    // Half of the attempts are left for wrong ones.
    let mut wrong = Vec::new();
    for name in names.iter().take(6) {
        wrong.push(world.call::<UserLogin>(guess(name, "mistyped").from(OFFICE)).await.status);
    }
    assert_eq!(wrong, [401, 401, 401, 401, 401, 429]);
}

#[tokio::test]
async fn a_right_password_gives_back_its_own_attempt_and_no_other() {
    let world = World::with([("ADDRESS_ATTEMPTS", "10")]).await;
    world.alice().await;
    let own = async || world.call::<UserLogin>(guess("alice", "alice's password").from(MALLORY)).await.status;
    for number in 0..9 {
        world.call::<UserLogin>(guess(&format!("nobody-{number}"), "garbage").from(MALLORY)).await;
    }

    let last = [own().await, own().await];
    let guessed = world.call::<UserLogin>(guess("nobody", "garbage").from(MALLORY)).await.status;

    assert_eq!((last, guessed, own().await), ([200, 200], 401, 429));
}

#[tokio::test]
async fn an_ipv6_network_is_one_address_and_no_address_is_another() {
    let world = World::with([("ADDRESS_ATTEMPTS", "10")]).await;
    let last = async |addresses: [Option<&'static str>; 11]| {
        let mut status = 0;
        for (number, address) in addresses.into_iter().enumerate() {
            status = world.call::<UserLogin>(guess(&format!("nobody-{number}"), "garbage").from(address)).await.status;
        }
        status
    };

    let hosts = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "a", "b"].map(|host| Some(format!("2001:db8:1:2:{host}::1").leak() as &str));
    assert_eq!(last(hosts).await, 429);
    assert_eq!(last([Some("2001:db8:1:3::1"); 11]).await, 429);
    assert_eq!(world.call::<UserLogin>(guess("nobody", "garbage").from("2001:db8:1:4::1")).await.status, 401);
    let mut nowhere = [None; 11];
    (nowhere[0], nowhere[1]) = (Some("no address"), Some(""));
    assert_eq!(last(nowhere).await, 429, "who has no address shares one");
}

#[tokio::test]
async fn no_row_has_an_address() {
    let world = World::new().await;

    world.call::<UserLogin>(guess("nobody", "garbage").from(MALLORY)).await;

    assert!(!format!("{:?}", world.rows("users").await).contains(MALLORY));
}

#[tokio::test]
async fn a_flood_of_passwords_holds_up_no_backend() {
    let world = World::with([("ADDRESS_ATTEMPTS", "10")]).await;
    let alice = world.person_with("alice", Acl::everything()).await;
    for number in 0..12 {
        world.call::<AuthenticationTokenCreate>(guess_for_token(&format!("nobody-{number}"), "garbage")).await;
    }
    assert_eq!(world.call::<AuthenticationTokenCreate>(guess_for_token("nobody", "garbage")).await.status, 429);

    assert_eq!(world.one_time_token(&alice.key, json!({ "customerId": "carol" })).await.status, 201, "from the same address");

    let limit = |path: &str| routes(template()).unwrap().into_iter().find(|route| route.path == path).unwrap().limit.unwrap();
    let Limit { rate, .. } = limit("/authentication-tokens");
    assert_eq!(limit("/authentication-tokens"), limit("/introspect"), "no throttle of its own");
    assert!(rate > 200 && limit("/user/login").rate > 200, "room beside 200 requests a second of garbage");
}

#[tokio::test]
async fn a_hundred_wrong_passwords_in_a_row_disable_the_password_until_it_is_unlocked() {
    let world = World::new().await;
    world.alice().await;
    // Ten of each window, from whatever address, at whatever operation.
    for number in 0..99_u8 {
        let address = format!("198.51.100.{number}");
        let status = match number % 3 {
            0 => world.call::<UserLogin>(guess("alice", "wrong").from(address.as_str())).await.status,
            1 => world.call::<AuthenticationTokenCreate>(guess_for_token("alice", "wrong").from(address.as_str())).await.status,
            _ => world.call::<UserPassword>(change("alice", "wrong").from(address.as_str())).await.status,
        };
        assert_eq!(status, 401, "{number}");
        world.pass(if number % 10 == 9 { 900 } else { 0 });
    }
    assert_eq!((world.failures().await, world.times_told("login.disabled")), (99, 0));
    let wrong = world.login("alice", "wrong").await;
    assert_eq!((world.failures().await, world.times_told("login.disabled")), (100, 1));
    world.pass(900);

    let right = everywhere(&world, "alice", "alice's password", OFFICE).await;
    let unknown = everywhere(&world, "nobody", "whatever", OFFICE).await;

    assert_eq!(right, unknown, "nobody is told");
    assert_eq!((right[0].code(), &right[0]), ("incorrect-credentials", &wrong));
    assert_eq!((world.failures().await, world.times_told("login.disabled")), (100, 0));

    let olga = world.operator();
    olga.run("user unlock alice").await.done();
    assert_eq!(world.login("alice", "alice's password").await.status, 200);
    assert_eq!(world.failures().await, 0);
}

#[tokio::test]
async fn a_right_password_forgets_the_wrong_ones_before_it() {
    for status in [200, 403] {
        let world = World::new().await;
        let mut row = world.user_row("alice", Acl::default());
        row.password_expires_at = (status == 403).then_some(Timestamp::from_unix(NOW));
        world.insert(&row).await;
        for failures in [1, 79, 80, 99] {
            world.set_failures(failures).await;

            assert_eq!(world.login("alice", "alice's password").await.status, status);

            assert_eq!(world.failures().await, 0, "{failures}");
            world.pass(900);
        }
    }
}

#[tokio::test]
async fn a_changed_password_has_no_wrong_ones_before_it() {
    let world = World::new().await;
    world.alice().await;
    world.set_failures(99).await;

    assert_eq!(world.call::<UserPassword>(change("alice", "alice's password")).await.status, 200);

    assert_eq!(world.failures().await, 0);
    world.set_failures(MOST_FAILURES).await;
    let olga = world.operator();
    olga.piping("purple-kettle-19\n").run("user passwd alice --password-stdin").await.done();
    assert_eq!(world.login("alice", "purple-kettle-19").await.status, 200, "an operator's new password is enabled");
}

#[tokio::test]
async fn two_hundred_parallel_wrong_passwords_after_ninety_nine_do_not_go_over() {
    let world = World::with([("LOGIN_ATTEMPTS", "100"), ("ADDRESS_ATTEMPTS", "1000")]).await;
    world.alice().await;
    world.set_failures(99).await;
    let service = Arc::new(world.start::<UserLogin>().await);

    let replies = join_all((0..200).map(|number: u32| {
        let service = service.clone();
        async move { service.reply(guess("alice", &number.to_string())).await }
    }))
    .await;

    assert_eq!((count(&replies, 401), count(&replies, 429)), (100, 100));
    assert_eq!((world.failures().await, world.times_told("login.disabled")), (100, 1));
}

#[tokio::test]
async fn of_the_passwords_after_ninety_nine_wrong_ones_a_single_one_is_looked_at() {
    let world = World::with([("LOGIN_ATTEMPTS", "100"), ("ADDRESS_ATTEMPTS", "1000")]).await;
    world.alice().await;
    let service = Arc::new(world.start::<UserLogin>().await);
    for round in 0..10 {
        world.set_failures(99).await;
        world.times_told("login.disabled");

        // The right one among wrong ones, each time at another place.
        let replies = join_all((0..10).map(|number| {
            let service = service.clone();
            let password = if number == round { "alice's password" } else { "wrong" };
            async move { service.reply(guess("alice", password)).await }
        }))
        .await;

        // It got the last place and made room for the others, or came too late.
        let (succeeded, disabled) = (count(&replies, 200), world.times_told("login.disabled"));
        assert_eq!(succeeded + count(&replies, 401), 10);
        assert!(succeeded + disabled == 1, "{succeeded} {disabled}");
        assert_eq!(disabled == 1, world.failures().await == 100);
        world.pass(900);
    }
}

#[tokio::test]
async fn an_unknown_name_costs_the_requests_of_a_known_one() {
    for attempts in ["10", "100"] {
        let world = World::with([("LOGIN_ATTEMPTS", attempts)]).await;
        world.alice().await;
        for failures in [0, 50, 79, 80, 100] {
            if failures > 0 {
                world.set_failures(failures).await;
            }
            world.login("alice", "wrong").await;
            let known = world.spy.take();
            world.login("nobody", "wrong").await;
            let unknown = world.spy.take();

            assert_eq!(known.rounds, unknown.rounds, "{failures}");
            world.pass(900);
        }
    }
}

#[tokio::test]
async fn the_limits_contradict_neither_each_other_nor_the_hundred() {
    let refused = async |attempts: &str, from_address: &str| {
        let world = World::with([("LOGIN_ATTEMPTS", attempts), ("ADDRESS_ATTEMPTS", from_address)]).await;
        match Service::<UserLogin>::start(&world.setup).await {
            Ok(_) => None,
            Err(ConfigError::Invalid { name, .. }) => Some(name),
            Err(error) => panic!("{error}"),
        }
    };

    assert_eq!(refused("100", "100").await, None);
    assert_eq!(refused("101", "1000").await, Some("LOGIN_ATTEMPTS"));
    assert_eq!(refused("51", "50").await, Some("LOGIN_ATTEMPTS"), "an address would have used up its own before");
    assert_eq!(refused("1", "9").await, Some("ADDRESS_ATTEMPTS"));
}

#[tokio::test]
async fn it_costs_what_docs_costs_says() {
    let world = World::with([("ADDRESS_ATTEMPTS", "10")]).await;
    world.alice().await;
    world.measure::<UserLogin>("a wrong password", guess("alice", "wrong"), 401, 2).await;
    world.measure::<UserLogin>("after a wrong password", guess("alice", "alice's password"), 200, 2).await;
    world.set_failures(99).await;
    world.measure::<UserLogin>("the hundredth wrong password in a row", guess("alice", "wrong"), 401, 2).await;

    let service = world.start::<UserLogin>().await;
    while service.reply(guess("nobody", "wrong").from(MALLORY)).await.status != 429 {}
    for address in [OFFICE, MALLORY] {
        // Under a name without attempts; from an address without.
        world.spy.take();
        assert_eq!(service.reply(guess("nobody", "wrong").from(address)).await.status, 429);
        let case = if address == OFFICE { "throttled by the name" } else { "throttled by the address" };
        write_down(UserLogin::NAME, case, &world.spy.take());
    }
}

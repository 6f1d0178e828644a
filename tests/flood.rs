//! One address floods the routes that take a password, behind a gateway with the template's limits. Everybody else goes on.
//!
//! Ignored unless asked for, because it starts the local stack: `make test` asks for a short one, `make test-flood` for a minute.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use crate::house::contract::Fit;
use crate::stack::http::Client;
use crate::stack::mail;
use crate::stack::running::Stack;
use crate::stack::site::{Demo, Site};

/// Requests of garbage a second.
const RATE: u32 = 200;

/// How many of them wait for an answer at most: a machine that is too slow gets fewer, and says so.
const AT_ONCE: usize = 100;

/// Where they come from. All of 127.0.0.0/8 is this machine, on Linux.
const ATTACKER: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 66));

/// How often somebody else logs in and a backend makes a token.
const OTHERS_EVERY: Duration = Duration::from_millis(500);

/// The demo user's.
const DEMO_ADDRESS: &str = "demo@example.com";

/// The default of ADDRESS_ATTEMPTS.
const ADDRESS_ATTEMPTS: usize = 100;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "starts the local stack: `make test` and `make test-flood` run it"]
async fn one_address_that_floods_the_password_routes_stops_nobody_else() {
    let seconds = std::env::var_os("LATCHKEY_FLOOD_SECONDS").map_or(60, |text| text.to_str().unwrap().parse().unwrap());
    let mut stack = Stack::start_with(&["--limits"]).await;
    let demo = stack.demo().await;
    // The notice of the key that this has added: a mail of its own, which may come later than the answer.
    mail::to(&stack, DEMO_ADDRESS).await;
    let mails_before = mails(&stack);

    let (flood, others) = tokio::join!(flood(&stack, Duration::from_secs(seconds)), others(&stack, &demo, Duration::from_secs(seconds)));

    let count = |status: u16, by: By| flood.answers.get(&(status, by)).copied().unwrap_or_default();
    let total: usize = flood.answers.values().sum();
    let (hashed, refused) = (count(401, By::Function), count(429, By::Function));
    let mails = mails(&stack) - mails_before;
    println!(
        "{total} requests of garbage from one address in {} s ({} a second): {hashed} hashes, {mails} mails, {} write units; \
         the functions refused {refused}, the gateway {}; meanwhile {others} logins and as many tokens from another address",
        flood.took.as_secs(),
        total / usize::try_from(flood.took.as_secs().max(1)).unwrap(),
        // As `it_costs_what_docs_costs_says` and its neighbours measure: a wrong password, and an attempt that is refused.
        3 * hashed + refused,
        count(429, By::Gateway),
    );
    assert_eq!(hashed + refused + count(429, By::Gateway), total, "{:?}", flood.answers);
    // Two windows may meet within the flood, and each has its own cap. A process may lose one that it begins beside a refusal.
    assert!((1..=2 * ADDRESS_ATTEMPTS).contains(&hashed), "{hashed}");
    assert_eq!(mails, 0);
    stack.interrupt();
}

/// Who answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum By {
    Function,
    Gateway,
}

struct Flood {
    answers: BTreeMap<(u16, By), usize>,
    took: Duration,
}

/// Wrong passwords under names that nobody has, half of them at each of the two routes that everybody may call.
async fn flood(site: &Site, duration: Duration) -> Flood {
    let client = Client::from_address(&site.url, ATTACKER).that(Fit::Documented);
    let places = Arc::new(Semaphore::new(AT_ONCE));
    let mut ticks = interval(Duration::from_secs(1) / RATE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let (start, mut sent) = (Instant::now(), JoinSet::new());
    for number in 0_u64.. {
        ticks.tick().await;
        if start.elapsed() >= duration {
            break;
        }
        let place = places.clone().acquire_owned().await.unwrap();
        let client = client.clone();
        sent.spawn(async move {
            let _place = place;
            let (username, password) = (format!("nobody-{number}"), "garbage");
            let reply = if number % 2 == 0 {
                client.post("/user/login", &[], json!({ "username": username, "password": password })).await
            } else {
                let body = json!({ "mode": "password", "username": username, "password": password });
                client.post("/authentication-tokens", &[], body).await
            };
            let by = if reply.body.get("type").is_some() { By::Function } else { By::Gateway };
            (reply.status, by)
        });
    }
    let mut answers = BTreeMap::new();
    while let Some(answer) = sent.join_next().await {
        *answers.entry(answer.unwrap()).or_default() += 1;
    }
    Flood { answers, took: start.elapsed() }
}

/// The demo user logs in and a backend makes tokens without a password, again and again; how often.
async fn others(site: &Site, demo: &Demo, duration: Duration) -> usize {
    let (start, mut ticks, mut rounds) = (Instant::now(), interval(OTHERS_EVERY), 0);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while start.elapsed() < duration {
        ticks.tick().await;
        let credentials = json!({ "username": site.username, "password": site.password });
        let login = site.http.post("/user/login", &[], credentials).await;
        assert_eq!(login.status, 200, "login {rounds}: {login:?}");
        let token = site.one_time_token(&demo.key, "carol").await;
        assert_eq!(token.status, 201, "token {rounds}: {token:?}");
        rounds += 1;
    }
    assert!(rounds > 0);
    rounds
}

fn mails(site: &Site) -> usize {
    std::fs::read_dir(site.folder.join(".local/mail")).map_or(0, Iterator::count)
}

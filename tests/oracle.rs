//! Whether the time of an answer tells who has an account: a rank test over interleaved calls. A report, since a clock is no judge: the
//! requests and the bytes are compared by the operations' own tests.

use std::time::{Duration, Instant};

use latchkey::runtime::Start;
use serde_json::json;

use crate::house::{Call, Door, NOW, World};
use crate::operations::{UserForgotPassword, UserSignUp};
use crate::user::forgot_password;

/// Calls of each sort, and in each pair.
const CALLS: usize = 400;

/// The probability that a call of `ones` takes longer than one of `others`: 0.5 where nothing tells them apart (Mann and Whitney's U).
fn auc(ones: &[Duration], others: &[Duration]) -> f64 {
    let pairs = ones.iter().flat_map(|one| others.iter().map(move |other| one.cmp(other)));
    let halves = pairs.map(|order| match order {
        std::cmp::Ordering::Greater => 2,
        std::cmp::Ordering::Equal => 1,
        std::cmp::Ordering::Less => 0,
    });
    f64::from(halves.sum::<u32>()) / 2.0 / (ones.len() * others.len()) as f64
}

/// Who is asked about: names and addresses of one length.
const KNOWN: &str = "alice@example.com";
const UNKNOWN: &str = "nobod@example.com";
const DISABLED: &str = "dora1@example.com";
const THROTTLED: &str = "flood@example.com";

/// A world in which these are known, disabled and throttled.
async fn world() -> World {
    let world = World::with([("MAIL_REQUESTS_PER_ADDRESS", "100"), ("MAILS_PER_DAY", "1")]).await;
    for name in ["alice", "flood"] {
        world.person(name).await;
    }
    let dora = world.person("dora1").await;
    world.set_user(&dora, "SET disabled_at = :v", NOW).await;
    world
}

/// Compares the times of calls about one who is known with those about each of the others.
async fn report<O: Start>(world: &World, what: &str, call: impl Fn(&str) -> Call) {
    let service = world.start::<O>().await;
    // Their mailbox takes no more today.
    for number in 0..3 {
        service.call_unjudged(&call(THROTTLED).from(format!("192.0.2.{number}").as_str())).await;
        world.mails().await;
        world.pass(61);
    }
    for (net, other) in [UNKNOWN, DISABLED, THROTTLED].into_iter().enumerate() {
        let (mut known, mut others) = (Vec::new(), Vec::new());
        for number in 0..CALLS {
            // As many bytes, from as many clients, and each the first as often as the second.
            let mut pair = [(KNOWN, &mut known), (other, &mut others)];
            if number % 2 == 1 {
                pair.reverse();
            }
            for (place, (name, times)) in pair.into_iter().enumerate() {
                let call = call(name).from(format!("10.{}.{}.{}", net * 2 + place, number / 256, number % 256).as_str());
                let begun = Instant::now();
                let status = service.call_unjudged(&call).await;
                times.push(begun.elapsed());
                assert_eq!(status, 202);
            }
        }
        known.sort();
        others.sort();
        println!(
            "{what}: {CALLS} calls each; median of {KNOWN} {:?}, of {other} {:?}; AUC {:.3}",
            known[CALLS / 2],
            others[CALLS / 2],
            auc(&known, &others),
        );
    }
}

#[tokio::test]
#[ignore = "a report: `cargo test --workspace --test api -- --ignored --nocapture oracle::`"]
async fn the_time_of_a_forgotten_password() {
    report::<UserForgotPassword>(&world().await, "forgotten password", forgot_password::call).await;
}

#[tokio::test]
#[ignore = "a report: `cargo test --workspace --test api -- --ignored --nocapture oracle::`"]
async fn the_time_of_a_sign_up() {
    report::<UserSignUp>(&world().await, "sign-up", |email| Call::new().json(json!({ "email": email }))).await;
}

#[test]
fn the_rank_test_tells_what_differs_from_what_does_not() {
    let times = |millis: [u64; 4]| millis.map(Duration::from_millis);

    assert!((auc(&times([1, 2, 3, 4]), &times([1, 2, 3, 4])) - 0.5).abs() < 1e-9);
    assert!((auc(&times([5, 6, 7, 8]), &times([1, 2, 3, 4])) - 1.0).abs() < 1e-9);
    assert!(auc(&times([1, 2, 3, 4]), &times([5, 6, 7, 8])).abs() < 1e-9);
}

//! Whether the time of an answer tells who has an account: a rank test over interleaved calls. A report, since a clock is no judge: the
//! requests and the bytes are compared by the operations' own tests.

use std::time::{Duration, Instant};

use crate::house::{Door, World};
use crate::operations::UserForgotPassword;
use crate::user::forgot_password;

/// Calls of each sort.
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

#[tokio::test]
#[ignore = "a report: `cargo test -p latchkey-tests -- --ignored --nocapture oracle::`"]
async fn the_time_of_a_forgotten_password() {
    let world = World::with([("MAIL_REQUESTS_PER_ADDRESS", "100")]).await;
    world.person("alice").await;
    let service = world.start::<UserForgotPassword>().await;
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for number in 0..CALLS {
        // As many bytes, from as many clients, and each the first as often as the second.
        let mut pair = [("alice", &mut known), ("nobod", &mut unknown)];
        if number % 2 == 1 {
            pair.reverse();
        }
        for (place, (name, times)) in pair.into_iter().enumerate() {
            let call = forgot_password::call(name).from(format!("10.{place}.{}.{}", number / 256, number % 256).as_str());
            let begun = Instant::now();
            let status = service.call_unjudged(&call).await;
            times.push(begun.elapsed());
            assert_eq!(status, 202);
        }
    }
    known.sort();
    unknown.sort();
    println!(
        "forgotten password: {CALLS} calls each; median of a known name {:?}, of an unknown one {:?}; AUC {:.3}",
        known[CALLS / 2],
        unknown[CALLS / 2],
        auc(&known, &unknown),
    );
}

#[test]
fn the_rank_test_tells_what_differs_from_what_does_not() {
    let times = |millis: [u64; 4]| millis.map(Duration::from_millis);

    assert!((auc(&times([1, 2, 3, 4]), &times([1, 2, 3, 4])) - 0.5).abs() < 1e-9);
    assert!((auc(&times([5, 6, 7, 8]), &times([1, 2, 3, 4])) - 1.0).abs() < 1e-9);
    assert!(auc(&times([1, 2, 3, 4]), &times([5, 6, 7, 8])).abs() < 1e-9);
}

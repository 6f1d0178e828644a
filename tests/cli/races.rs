//! Two operators at one user: the second one acts after the first has read and before the first writes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;

use super::Operator;
use super::wire::wire;
use crate::house::World;

/// An operator before each of whose first `times` writes somebody else types `words`.
async fn overtaken(world: &World, times: usize, words: &'static str) -> Operator {
    let other = Arc::new(world.operator());
    let left = Arc::new(AtomicUsize::new(times));
    let passes = move |action: String| {
        let (other, left) = (other.clone(), left.clone());
        async move {
            let overtakes =
                action == "TransactWriteItems" && left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1)).is_ok();
            if overtakes {
                for words in words.split(" && ") {
                    other.run(words).await.done();
                }
            }
            true
        }
    };
    // The file is written last by the one whose way it tells.
    let directory = world.folder.join("overtaken");
    std::fs::create_dir_all(directory.join(".local")).unwrap();
    let text = std::fs::read_to_string(world.folder.join(".local/stack.json")).unwrap();
    let mut stack: serde_json::Value = serde_json::from_str(&text).unwrap();
    stack["dynamodb"] = json!(wire(world, passes).await);
    std::fs::write(directory.join(".local/stack.json"), stack.to_string()).unwrap();
    Operator { directory, ..world.operator() }
}

#[tokio::test]
async fn whoever_was_overtaken_reads_again_and_both_changes_stay() {
    for (words, others, acl, epoch, disabled) in [
        ("user disable carol", "user grant carol --admin", 1, 1, true),
        ("user grant carol --admin", "user disable carol", 1, 1, true),
        ("user grant carol --acl []", "user grant carol --admin", 0, 0, false),
        ("user passwd carol --generate", "user disable carol", 0, 2, true),
        ("session revoke --user carol --all", "user passwd carol --generate", 0, 2, false),
    ] {
        let world = World::new().await;
        world.person("carol").await;
        let olga = overtaken(&world, 1, others).await;

        olga.run(words).await.done();

        let carol = world.operator().run("user show carol --json").await.done().json();
        let found = (carol["acl"].as_array().unwrap().len(), &carol["epoch"], carol["disabled_at"].is_string());
        assert_eq!(found, (acl, &json!(epoch), disabled), "{words} after {others}");
    }
}

#[tokio::test]
async fn whoever_is_overtaken_again_and_again_changes_nothing_and_is_told() {
    let world = World::new().await;
    world.person("carol").await;
    let olga = overtaken(&world, usize::MAX, "session revoke --user carol --all").await;

    for words in ["user grant carol --admin", "user disable carol", "user passwd carol --generate"] {
        let said = olga.run(words).await;
        assert_eq!(said.code, 4, "{words}: {said:?}");
        assert!(!said.out.contains("assword"), "no password is told that was not stored");
    }
    let carol = world.operator().run("user show carol --json").await.done().json();
    assert_eq!((&carol["acl"], &carol["disabled_at"], &carol["epoch"]), (&json!([]), &json!(null), &json!(15)));
    assert!(olga.acts().is_empty());
}

#[tokio::test]
async fn a_user_who_is_erased_meanwhile_is_not_made_again() {
    for words in ["user disable carol", "user passwd carol --generate", "user grant carol --admin", "session revoke --user carol --all"] {
        let world = World::new().await;
        world.person("carol").await;
        let olga = overtaken(&world, 1, "forget carol --erase --yes").await;

        assert_eq!(olga.run(words).await.code, 3, "{words}");
        assert!(world.rows("users").await.iter().all(|row| !row["pk"].as_s().unwrap().contains("carol")), "{words}");
    }
}

#[tokio::test]
async fn what_was_meant_for_one_person_is_not_done_to_the_next_of_that_name() {
    for words in ["user disable carol", "user passwd carol --generate", "user grant carol --admin", "session revoke --user carol --all"] {
        let world = World::new().await;
        world.person("carol").await;
        let olga = overtaken(&world, 1, "forget carol --erase --yes && user add carol --generate").await;

        assert_eq!(olga.run(words).await.code, 3, "{words}");
        let next = world.operator().run("user show carol --json").await.done().json();
        assert_eq!((&next["epoch"], &next["acl"], &next["disabled_at"]), (&json!(0), &json!([]), &json!(null)), "{words}");
    }
}

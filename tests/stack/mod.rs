//! The real binaries over HTTP: one local stack, started as `make run` starts it, and everything that a stranger would do to it.
//!
//! Ignored unless asked for, because it needs `cargo lambda`, Node, Python and a few minutes: `make test` asks.

mod authorizer;
mod clients;
mod crash;
mod http;
mod idempotency;
mod malformed;
mod people;
mod revocation;
mod rotation;
mod running;
mod storms;

use std::process::Command;

use crate::house::root;
use running::Stack;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "starts the local stack: `make test` runs it"]
async fn the_real_binaries_keep_the_contract() {
    let mut stack = Stack::start().await;

    step("the README's tour");
    the_tour_answers_as_it_should(&stack);
    step("the vendors' own clients");
    clients::the_vendors_clients_pass(&stack);
    step("a second stack's route behind the authorizer");
    authorizer::another_api_trusts_it(&stack).await;
    step("bad requests of every kind");
    malformed::every_bad_request_gets_a_4xx(&stack).await;
    step("500 exchanges of one token");
    storms::of_five_hundred_exchanges_one_succeeds(&stack).await;
    step("500 refreshes of one token");
    storms::five_hundred_refreshes_make_one_successor(&stack).await;
    step("200 wrong passwords");
    storms::two_hundred_guesses_get_ten_tries(&stack).await;
    step("100 exchanges cut off and repeated");
    idempotency::a_repeated_exchange_gets_the_session_that_it_began(&stack).await;
    idempotency::without_a_key_there_is_at_most_one_session(&stack).await;
    step("rotation of the keys under load");
    rotation::nothing_fails_while_keys_are_rotated(&stack).await;
    step("SIGKILL under load");
    crash::what_was_acknowledged_survives(&mut stack).await;
    step("Ctrl-C");
    stack.interrupt();
}

/// Tells where a run is, and where it failed.
fn step(name: &str) {
    println!("── {name}");
}

fn the_tour_answers_as_it_should(stack: &Stack) {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let tour = latchkey_local::tour::tour(&readme, &stack.url).unwrap();
    let output = Command::new("bash").args(["-euo", "pipefail", "-c", &tour]).current_dir(stack.folder()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));

    let text = String::from_utf8(output.stdout).unwrap();
    let answers: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect();
    let [list, made, refreshed, patched, got, deleted, session, again, with_otp, good, over, revoked, refused] = answers.as_slice() else {
        panic!("{text}")
    };
    assert_eq!(list[0]["name"], "production");
    assert_ne!(made["authenticationToken"], refreshed["authenticationToken"]);
    assert_eq!((&patched["flags"][0], &patched["expiry"]), (&"beta".into(), &"2099-01-01T00:00:00Z".into()));
    assert_eq!(got, patched);
    assert_eq!(deleted["success"], true);
    assert_eq!((&session["customerId"], &session["acl"][0]["permissions"][0]), (&"carol".into(), &"read-invoices".into()));
    assert_eq!(again["status"], 404);
    assert_eq!(with_otp["type"], "customer");
    assert_eq!((&good["active"], &good["jti"]), (&true.into(), &with_otp["id"]));
    assert_eq!(over, &serde_json::json!({ "active": false }));
    assert_eq!(revoked["message"], "Success");
    assert_eq!(refused["status"], 401);
}

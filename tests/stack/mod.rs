//! The real binaries over HTTP: one local stack, started as `make run` starts it, and everything that a stranger would do to it.
//!
//! Ignored unless asked for, because it needs Node, Python and a few minutes: `make test` asks.

mod accounts;
pub mod authorizer;
pub mod clients;
mod closed_origin;
mod crash;
pub mod http;
mod idempotency;
pub mod mail;
pub mod malformed;
pub mod people;
mod processes;
pub mod python;
mod reference;
mod revocation;
mod rotation;
pub mod running;
pub mod rust;
pub mod site;
pub mod storms;
pub mod tour;
mod watch;

use running::Stack;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "starts the local stack: `make test` runs it"]
async fn the_real_binaries_keep_the_contract() {
    let mut stack = Stack::start().await;

    step("the tour");
    tour::answers(&stack).await;
    step("the tour in an editor");
    tour::in_an_editor(&stack).await;
    step("the vendors' own clients");
    clients::the_vendors_clients_pass(&stack).await;
    step("the clients of this project");
    clients::our_own_clients_pass(&stack).await;
    step("the reference in a browser");
    reference::can_be_tried_in_a_browser(&stack);
    step("a second stack's route behind the authorizer");
    authorizer::another_api_trusts_it(&stack).await;
    step("bad requests of every kind");
    malformed::every_bad_request_gets_a_4xx(&stack, malformed::Gateway { wrong_method: 405, has_sample: true }).await;
    step("500 exchanges of one token");
    storms::of_many_exchanges_one_succeeds(&stack, 500).await;
    step("500 refreshes of one token");
    storms::many_refreshes_make_one_successor(&stack, 500).await;
    step("200 wrong passwords");
    storms::many_guesses_get_ten_tries(&stack, 200).await;
    step("100 exchanges cut off and repeated");
    idempotency::a_repeated_exchange_gets_the_session_that_it_began(&stack).await;
    idempotency::without_a_key_there_is_at_most_one_session(&stack).await;
    step("rotation of the keys under load");
    rotation::nothing_fails_while_keys_are_rotated(&stack).await;
    step("a function's process that dies");
    processes::one_that_dies_is_replaced(&stack).await;
    step("SIGKILL, and what is left running");
    processes::none_outlives_a_stack_that_is_killed(&mut stack).await;
    step("SIGKILL before the mails");
    mail::what_was_acknowledged_is_mailed(&mut stack).await;
    step("SIGKILL under load");
    crash::what_was_acknowledged_survives(&mut stack).await;
    step("a closed origin");
    closed_origin::every_function_refuses_what_comes_directly(&mut stack).await;
    step("Ctrl-C");
    stack.interrupt();
}

/// Tells where a run is, and where it failed.
pub fn step(name: &str) {
    println!("── {name}");
}

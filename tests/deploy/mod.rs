//! A real `make deploy` to an AWS on this machine, and everything that must hold of what is there then.
//!
//! Ignored unless asked for, because it needs `cargo lambda`, `sam`, Node, Python and some minutes: `make test-deploy` asks.

pub mod aws;
pub mod deployed;
mod flow;
mod mails;
mod people;
mod removal;
mod restore;
mod rights;
mod routes;
mod secrecy;
mod updates;
mod upgrade;

use serde_json::json;

use crate::stack::running::Stack;
use crate::stack::site::Site;
use crate::stack::{clients, malformed, step, storms, tour};
use deployed::Deployed;
use flow::Walk;
use rights::Rights;

/// Callers at once. `tests/stack` has 500; here each is a process that starts, and they all ask one thread of Python, which makes them wait
/// for longer than a function waits for its database.
const STORM: usize = 32;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "deploys to an AWS on this machine: `make test-deploy` runs it"]
async fn what_is_deployed_keeps_the_contract() {
    step("the first deploy");
    let mut deployed = Deployed::first();
    let mut rights = Rights::default();
    rights.observe(&deployed);

    step("the tour, here and there");
    the_tour_answers_alike(&deployed).await;
    step("every operation");
    every_operation_answers(&deployed, true).await;
    rights.observe(&deployed);
    step("accounts from their beginning to their end");
    people::every_operation_of_people_answers(&deployed).await;
    rights.observe(&deployed);
    step("the vendors' own clients");
    clients::the_vendors_clients_pass(&deployed).await;
    let jwts = clients::Jwts::at(&deployed).await;
    clients::others_verify(&deployed, &[jwts]);
    step("bad requests of every kind");
    malformed::every_bad_request_gets_a_4xx(&deployed, malformed::Gateway { wrong_method: 404, has_sample: false }).await;
    step("storms");
    storms::of_many_exchanges_one_succeeds(&deployed, STORM).await;
    storms::many_refreshes_make_one_successor(&deployed, STORM).await;
    storms::many_guesses_get_ten_tries(&deployed, STORM).await;
    step("updates under requests");
    updates::an_update_loses_nothing(&mut deployed).await;
    step("other parameters");
    updates::parameters_show(&mut deployed).await;
    step("every operation, with every line that can be logged");
    every_operation_answers(&deployed, false).await;
    people::an_unlisted_users_password_expires(&deployed).await;
    step("the daily measure of the keys");
    the_age_of_the_keys_is_measured(&deployed);
    step("a bounce that SES reports");
    a_bounce_blocks_its_address(&deployed).await;
    step("rights");
    rights.observe(&deployed);
    rights.are_what_the_roles_allow(&deployed);
    step("secrets");
    secrecy::nothing_says_a_secret(&deployed);
    step("a restore");
    restore::what_is_gone_comes_back_and_what_has_ended_does_not(&deployed).await;
    step("the stack's removal");
    removal::tables_keys_and_audit_log_outlive_the_stack(&deployed).await;
}

async fn every_operation_answers(site: &Site, has_grace: bool) {
    let member = site.member().await;
    let mut walk = Walk::new(site, &member, has_grace);
    walk.walk().await.unwrap_or_else(|odd| panic!("{odd}"));
    println!("{} answers, each as the contract says", walk.answers);
}

/// What the schedule invokes once a day, which is a day too long for a test.
fn the_age_of_the_keys_is_measured(deployed: &Deployed) {
    let event = json!({ "version": "0", "source": "aws.events", "detail-type": "Scheduled Event", "detail": {} });
    let invocation = json!({ "FunctionName": deployed.functions["Keys"], "Payload": event.to_string() });
    let answer = deployed.aws.call("lambda", "invoke", invocation);
    assert_eq!(answer.get("FunctionError"), None, "{answer}");
    let lines = deployed.audit_log();
    for set in ["signing", "token"] {
        let measures = |line: &&str| line.contains("\"KeyAgeDays\":0") && line.contains(&format!("\"KeySet\":\"{set}\""));
        assert_eq!(lines.lines().filter(measures).count(), 1, "{set}: {lines}");
    }
}

/// What EventBridge hands to the mailer; the SES here reports nothing.
async fn a_bounce_blocks_its_address(deployed: &Deployed) {
    let bounce = json!({ "bounceType": "Permanent", "bouncedRecipients": [{ "emailAddress": "nobody@example.com" }] });
    let event = json!({ "source": "aws.ses", "detail-type": "Email Bounced", "detail": { "eventType": "Bounce", "bounce": bounce } });
    let invocation = json!({ "FunctionName": deployed.functions["Mailer"], "Payload": event.to_string() });
    let answer = deployed.aws.call("lambda", "invoke", invocation);
    assert_eq!(answer.get("FunctionError"), None, "{answer}");
    let lines = deployed.audit_log();
    assert_eq!(lines.matches("\"event\":\"mail.bounced\"").count(), 1, "{lines}");
}

async fn the_tour_answers_alike(deployed: &Site) {
    let there: Vec<_> = tour::answers(deployed).await.iter().map(|answer| deployed.mask(answer)).collect();
    let mut stack = Stack::start().await;
    let here: Vec<_> = tour::answers(&stack).await.iter().map(|answer| stack.mask(answer)).collect();
    stack.interrupt();
    assert_eq!(there, here);
    println!("{} answers, alike but for ids, tokens, times and the issuer", here.len());
}

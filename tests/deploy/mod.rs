//! A real `make deploy` to an AWS on this machine, and everything that must hold of what is there then.
//!
//! Ignored unless asked for, because it needs `cargo lambda`, `sam`, Node, Python and some minutes: `make test-deploy` asks.

mod aws;
mod deployed;
mod mails;
mod routes;

use crate::stack::running::Stack;
use crate::stack::site::Site;
use crate::stack::{clients, malformed, step, storms, tour};
use deployed::Deployed;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "deploys to an AWS on this machine: `make test-deploy` runs it"]
async fn what_is_deployed_keeps_the_contract() {
    step("the first deploy");
    let mut deployed = Deployed::first();

    step("the README's tour, here and there");
    the_tour_answers_alike(&deployed).await;
    step("the vendors' own clients");
    clients::the_vendors_clients_pass(&deployed);
    step("bad requests of every kind");
    malformed::every_bad_request_gets_a_4xx(&deployed, malformed::Gateway { wrong_method: 404, has_sample: false }).await;
    step("500 exchanges of one token");
    storms::of_five_hundred_exchanges_one_succeeds(&deployed).await;
    step("a second deploy");
    deployed.deploy("LogLevel=debug");
}

async fn the_tour_answers_alike(deployed: &Site) {
    let there: Vec<_> = tour::answers(deployed).iter().map(|answer| deployed.mask(answer)).collect();
    let mut stack = Stack::start().await;
    let here: Vec<_> = tour::answers(&stack).iter().map(|answer| stack.mask(answer)).collect();
    stack.interrupt();
    assert_eq!(there, here);
    println!("{} answers, alike but for ids, tokens, times and the issuer", here.len());
}

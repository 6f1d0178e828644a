//! What AWS runs, in containers by `sam local`: every function with its event, and the API with the tour.
//!
//! Ignored unless asked for, because it needs Docker, `sam` and what `make build` builds: `make test-sam-local` asks.

mod container;
mod invoke;
mod start_api;

use container::ContainerHost;

use crate::stack::{step, tour};
use start_api::Api;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "starts containers: `make test-sam-local` runs it"]
async fn sam_runs_what_is_deployed() {
    let host = ContainerHost::prepare().await;

    step("every function with its event");
    invoke::every_function_answers_its_event(&host);
    step("the tour through sam local start-api");
    let api = Api::start(&host).await;
    println!("{} answers as they should be", tour::answers(&api).await.len());
}

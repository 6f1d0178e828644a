//! A function's processes, with the example `function`.

#![cfg(test)]

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use latchkey_runtime_api::{Failure, Host, InvokeError, Output, Pool, Program};
use serde_json::{Value, json};

const LONG: Duration = Duration::from_secs(60);

/// Cargo builds examples for tests, and puts them beside the folder of the tests.
fn program(name: &str) -> Program {
    let test = std::env::current_exe().unwrap();
    let path: PathBuf = test.ancestors().nth(2).unwrap().join("examples/function");
    Program::new(name, path).output(Output::Discard)
}

fn pool(processes: usize, within: Duration) -> Arc<Pool> {
    Arc::new(Pool::new(Host::new().unwrap(), program("first"), processes, within))
}

async fn told(pool: &Arc<Pool>, what: &str) -> Result<Value, InvokeError> {
    let answer = pool.invoke(json!({ "do": what }).to_string()).await?;
    Ok(serde_json::from_slice(&answer).unwrap())
}

#[tokio::test]
async fn a_process_that_has_ended_is_replaced() {
    let pool = pool(1, LONG);

    let exited = told(&pool, "exit").await;
    let next = told(&pool, "answer").await;

    assert!(matches!(exited, Err(InvokeError::Failed(Failure::Ended(_)))), "{exited:?}");
    assert!(next.is_ok(), "{next:?}");
}

#[tokio::test]
async fn a_process_that_ends_between_two_events_costs_none_of_them() {
    let pool = pool(1, LONG);
    let first = told(&pool, "answer").await.unwrap();
    let id = i32::try_from(first["process"].as_u64().unwrap()).unwrap();

    rustix::process::kill_process(rustix::process::Pid::from_raw(id).unwrap(), rustix::process::Signal::KILL).unwrap();
    while rustix::process::test_kill_process(rustix::process::Pid::from_raw(id).unwrap()).is_ok() {
        tokio::task::yield_now().await;
    }
    let next = told(&pool, "answer").await.unwrap();

    assert_ne!(first["process"], next["process"]);
}

#[tokio::test]
async fn a_process_that_is_too_slow_is_replaced() {
    let pool = pool(1, Duration::from_secs(5));

    let slow = told(&pool, "hang").await;
    let next = told(&pool, "answer").await;

    assert_eq!(slow, Err(Failure::TimedOut.into()));
    assert!(next.is_ok(), "{next:?}");
}

#[tokio::test]
async fn an_error_leaves_the_process_in_its_place() {
    let pool = pool(1, LONG);
    let first = told(&pool, "answer").await.unwrap();

    let failed = told(&pool, "fail").await;
    let next = told(&pool, "answer").await.unwrap();

    assert!(matches!(failed, Err(InvokeError::Failed(Failure::Function(_)))), "{failed:?}");
    assert_eq!(first["process"], next["process"]);
}

#[tokio::test]
async fn many_parallel_events_are_answered_by_as_many_processes_as_may_be() {
    let pool = pool(2, LONG);

    let answers = join_all((0..300).map(|_| told(&pool, "answer"))).await;

    let mut processes: Vec<_> = answers.into_iter().map(|answer| answer.unwrap()["process"].as_u64().unwrap()).collect();
    processes.sort_unstable();
    processes.dedup();
    assert_eq!(processes.len(), 2);
}

#[tokio::test]
async fn later_events_go_to_the_program_that_replaces_another() {
    let pool = pool(2, LONG);
    let first = told(&pool, "answer").await.unwrap();

    pool.replace(program("second"));
    let next = told(&pool, "answer").await.unwrap();

    assert!(first["arn"].as_str().unwrap().ends_with(":first"));
    assert!(next["arn"].as_str().unwrap().ends_with(":second"));
}

#[tokio::test]
async fn a_process_at_work_finishes_for_the_program_that_was_replaced() {
    let pool = pool(2, LONG);
    told(&pool, "answer").await.unwrap();
    let (working, other) = (pool.clone(), pool.clone());
    let slow = tokio::spawn(async move { told(&working, "answer").await.unwrap() });
    tokio::task::yield_now().await;

    other.replace(program("second"));

    assert!(slow.await.is_ok());
    assert!(told(&pool, "answer").await.unwrap()["arn"].as_str().unwrap().ends_with(":second"));
}

#[tokio::test]
async fn a_function_that_does_not_start_says_why() {
    let program = program("first").environment([("FAILS_TO_START", "and says why")]);
    let pool = Arc::new(Pool::new(Host::new().unwrap(), program, 1, LONG));

    let answer = told(&pool, "answer").await;

    assert_eq!(answer, Err(InvokeError::NotStarted("Config: ISSUER is not set".to_owned())));
}

#[tokio::test]
async fn a_binary_that_is_not_there_is_an_error_of_the_event() {
    let pool = Arc::new(Pool::new(Host::new().unwrap(), Program::new("none", "/no/such/binary"), 1, LONG));

    assert!(matches!(told(&pool, "answer").await, Err(InvokeError::NotStarted(_))));
}

//! The host with a real process: the example `function`, which is built on `lambda_runtime`.

#![cfg(test)]

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use latchkey_runtime_api::{Failure, Host, Output, Process, Program};
use rustix::process::{Pid, test_kill_process};
use serde_json::{Value, json};

const LONG: Duration = Duration::from_secs(60);

/// Cargo builds examples for tests, and puts them beside the folder of the tests.
fn program() -> Program {
    let test = std::env::current_exe().unwrap();
    let path: PathBuf = test.ancestors().nth(2).unwrap().join("examples/function");
    Program::new("function", path).output(Output::Discard)
}

async fn started() -> Process {
    let process = Host::new().unwrap().start(&program()).await.unwrap();
    process.ready().await.unwrap();
    process
}

async fn told(process: &Process, what: &str) -> Result<Value, Failure> {
    let answer = process.invoke(json!({ "do": what }).to_string(), LONG).await?;
    Ok(serde_json::from_slice(&answer).unwrap())
}

fn lives(id: i32) -> bool {
    test_kill_process(Pid::from_raw(id).unwrap()).is_ok()
}

#[tokio::test]
async fn a_function_gets_events_and_gives_answers() {
    let process = started().await;

    let first = told(&process, "answer").await.unwrap();
    let second = told(&process, "answer").await.unwrap();

    assert_eq!(first["event"], json!({ "do": "answer" }));
    assert_eq!(first["arn"], "arn:aws:lambda:local:000000000000:function:function");
    assert_ne!(first["id"], second["id"]);
    let left = Duration::from_millis(first["deadline"].as_u64().unwrap()) - since_1970();
    assert!(left <= LONG && left > LONG / 2, "{left:?}");
}

#[expect(clippy::disallowed_methods, reason = "a deadline is in the machine's own time")]
fn since_1970() -> Duration {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap()
}

#[tokio::test]
async fn an_error_in_a_call_leaves_the_process_alive() {
    let process = started().await;

    let failed = told(&process, "fail").await;
    let next = told(&process, "answer").await;

    assert!(matches!(failed, Err(Failure::Function(error)) if error.message == "it was told to"));
    assert!(next.is_ok());
}

#[tokio::test]
async fn each_line_of_a_process_is_handed_on() {
    let (lines, mut written) = tokio::sync::mpsc::unbounded_channel();
    let take = move |line: &str| lines.send(line.to_owned()).unwrap();
    let program = program().environment([("FAILS_TO_START", "at all")]).output(Output::Lines(Arc::new(take)));

    let process = Host::new().unwrap().start(&program).await.unwrap();
    process.ready().await.unwrap_err();

    assert_eq!(written.recv().await.unwrap(), r#"Error: "it was told not to""#);
}

#[tokio::test]
async fn the_end_of_a_host_is_the_end_of_its_processes() {
    let host = Host::new().unwrap();
    let process = host.start(&program()).await.unwrap();
    process.ready().await.unwrap();

    host.end();

    assert!(!process.ended().await.unwrap().success());
    assert!(host.start(&program()).await.is_err(), "none starts after the end");
}

async fn failed_to_start(how: &str) -> Failure {
    let process = Host::new().unwrap().start(&program().environment([("FAILS_TO_START", how)])).await.unwrap();
    process.ready().await.unwrap_err()
}

#[tokio::test]
async fn a_process_that_ends_before_it_is_ready_is_told() {
    let failure = failed_to_start("silently").await;

    assert!(matches!(failure, Failure::Ended(status) if status.code() == Some(1)), "{failure:?}");
}

#[tokio::test]
async fn a_reported_error_of_the_start_is_told() {
    let failure = failed_to_start("and says why").await;

    assert_eq!(failure.to_string(), "Config: ISSUER is not set");
}

#[tokio::test]
async fn a_process_that_exits_fails_its_call_and_every_later_one() {
    let process = started().await;

    let exited = told(&process, "exit").await;
    let later = told(&process, "answer").await;

    assert!(matches!(exited, Err(Failure::Ended(status)) if status.code() == Some(3)), "{exited:?}");
    assert!(matches!(later, Err(Failure::Ended(_))), "{later:?}");
}

#[tokio::test]
async fn a_process_that_is_too_slow_is_killed() {
    let process = started().await;

    let slow = process.invoke(r#"{"do": "hang"}"#, Duration::from_millis(50)).await;

    assert_eq!(slow, Err(Failure::TimedOut));
    assert!(!process.ended().await.unwrap().success());
}

#[tokio::test]
async fn an_answer_that_is_too_long_is_an_error() {
    let process = started().await;

    assert_eq!(told(&process, "shout").await, Err(Failure::TooLong));
    assert!(told(&process, "answer").await.is_ok());
}

#[tokio::test]
async fn parallel_events_are_answered_one_after_the_other() {
    let process = started().await;

    let (one, two, three) = tokio::join!(told(&process, "one"), told(&process, "two"), told(&process, "three"));

    let events = [one, two, three].map(|answer| answer.unwrap()["event"]["do"].clone());
    assert_eq!(events, ["one", "two", "three"]);
}

#[tokio::test]
async fn a_caller_that_goes_leaves_the_call_to_its_end() {
    let process = started().await;

    // Polled once, which sends it on its way, and dropped.
    let left = Box::pin(told(&process, "answer")).now_or_never();
    let next = told(&process, "answer").await;

    assert!(left.is_none());
    assert!(next.is_ok());
}

#[tokio::test]
async fn a_process_ends_with_its_value() {
    let process = started().await;
    let id = process.id();

    process.stop().await;

    assert!(!lives(id));
}

#[tokio::test]
async fn a_binary_that_is_not_there_is_an_error() {
    assert!(Host::new().unwrap().start(&Program::new("none", "/no/such/binary")).await.is_err());
}

/// What the host of the next test is: this test binary again.
#[tokio::test]
#[ignore = "started by the_processes_of_a_killed_host_are_killed"]
async fn host_to_be_killed() {
    let process = started().await;
    println!("\nprocess {}", process.id());
    let _ = told(&process, "hang").await;
}

#[test]
fn the_processes_of_a_killed_host_are_killed() {
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};

    let mut host = Command::new(std::env::current_exe().unwrap());
    host.args(["--ignored", "--exact", "host_to_be_killed", "--nocapture"]).stdout(Stdio::piped());
    let mut host = host.spawn().unwrap();
    let lines = BufReader::new(host.stdout.take().unwrap()).lines();
    let id = lines.map(Result::unwrap).find_map(|line| line.strip_prefix("process ").map(str::to_owned)).unwrap();
    let id = id.parse().unwrap();
    assert!(lives(id));

    host.kill().unwrap();
    host.wait().unwrap();

    while lives(id) {
        std::thread::yield_now();
    }
}

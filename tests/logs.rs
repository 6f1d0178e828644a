//! What a request leaves in the log: one line, which says all that operations.md looks for.

use std::io::Write;
use std::sync::{Arc, Mutex};

use latchkey::domain::Acl;
use latchkey::runtime::log_lines;
use serde_json::{Value, json};
use tracing::subscriber::{DefaultGuard, set_default};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;

use crate::house::{Call, Door, World};
use crate::operations::{AuthheaderDelete, Introspect, SessionGet, UserLogin};

/// More than this no line of a usual request has. CloudWatch bills 26 bytes more for each.
const LINE_BYTES: usize = 300;

/// The lines that this thread writes.
struct Lines {
    written: Arc<Mutex<Vec<u8>>>,
    _guard: DefaultGuard,
}

#[derive(Clone)]
struct Writer(Arc<Mutex<Vec<u8>>>);

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Lines {
    fn of_this_thread() -> Self {
        let written = Arc::<Mutex<Vec<u8>>>::default();
        let writer = Writer(written.clone());
        let subscriber = tracing_subscriber::registry().with(log_lines(LevelFilter::INFO, move || writer.clone()));
        Self { written, _guard: set_default(subscriber) }
    }

    fn take(&self) -> Vec<Value> {
        let text = String::from_utf8(std::mem::take(&mut *self.written.lock().unwrap())).unwrap();
        assert!(text.lines().all(|line| line.len() <= LINE_BYTES), "{text}");
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

#[tokio::test]
async fn a_request_leaves_one_line() {
    let world = World::new().await;
    let alice = world.person_with("alice", Acl::everything()).await;
    let (login, introspect) = (world.start::<UserLogin>().await, world.start::<Introspect>().await);
    let password = json!({ "username": "alice", "password": alice.password });
    let asked = || Call::new().header("apikey", &alice.key).body(format!("token={}", alice.key));
    // The first line of a process says more; see below.
    login.reply(Call::new().json(password.clone())).await;
    introspect.reply(asked()).await;
    let lines = Lines::of_this_thread();

    login.reply(Call::new().json(password)).await;
    introspect.reply(asked()).await;

    let [login, introspect] = lines.take().try_into().unwrap();
    for (line, operation) in [(login, "user-login"), (introspect, "introspect")] {
        assert_eq!((&line["message"], &line["status"], &line["level"]), (&json!("answered"), &json!(200), &json!("INFO")));
        assert_eq!(line["span"]["operation"], operation);
        assert!(line["milliseconds"].is_u64() && line["span"]["request_id"].is_string() && line["timestamp"].is_string(), "{line}");
        assert!(line["span"].get("init_ms").is_none(), "{line}");
    }
}

#[tokio::test]
async fn a_refusal_leaves_one_line_too() {
    let world = World::new().await;
    let alice = world.person_with("alice", Acl::everything()).await;
    let lines = Lines::of_this_thread();

    world.call::<SessionGet>(Call::new().header("apikey", &alice.key).path("id", "1".repeat(40))).await;

    let [line] = lines.take().try_into().unwrap();
    assert_eq!((&line["message"], &line["status"], &line["code"]), (&json!("refused"), &json!(404), &json!("session-not-found")));
}

#[tokio::test]
async fn credentials_that_are_refused_leave_their_reason_in_the_same_line() {
    let world = World::new().await;
    let alice = world.person_with("alice", Acl::everything()).await;
    let delete = Call::new().bearer(&alice.jwt).json(json!({ "text": alice.key }));
    assert_eq!(world.call::<AuthheaderDelete>(delete).await.status, 200);
    let lines = Lines::of_this_thread();

    let forged = Call::new().header("apikey", "lkapi_x").body("token=x");
    let revoked = Call::new().header("apikey", &alice.key).body("token=x");
    for (call, reason) in [(forged, "no valid API key"), (revoked, "the API key is revoked")] {
        world.call::<Introspect>(call).await;

        let [line] = lines.take().try_into().unwrap();
        assert_eq!((&line["status"], &line["span"]["reason"]), (&json!(401), &json!(reason)));
    }
}

#[tokio::test]
async fn the_first_line_of_a_process_says_what_its_start_took() {
    let world = World::new().await;
    let introspect = world.start::<Introspect>().await;
    let lines = Lines::of_this_thread();

    introspect.reply(Call::new().body("token=x")).await;
    introspect.reply(Call::new().body("token=x")).await;

    let started: Vec<_> = lines.take().iter().map(|line| line["span"]["init_ms"].is_u64() && line["span"]["memory_mb"].is_u64()).collect();
    assert_eq!(started, [true, false]);
}

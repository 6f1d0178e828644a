//! The four routes of the Runtime API, for one process.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http_body_util::BodyExt;
use tokio::sync::{mpsc, oneshot, watch};

use crate::failure::{Failure, FunctionError};

/// Lambda's bound of a synchronous answer.
const ANSWER_BYTES: usize = 6 * 1024 * 1024;

/// Where an invocation's outcome goes.
type Answer = oneshot::Sender<Result<Bytes, Failure>>;

/// An event on its way to the function.
#[derive(Debug)]
pub struct Invocation {
    pub id: String,
    pub event: Bytes,
    pub within: Duration,
    pub answer: Answer,
}

/// How far a process is.
#[derive(Clone, Debug)]
pub enum Phase {
    /// It has not asked for an event yet.
    Starting,
    /// It waits for its next event, since this instant.
    Idle(Instant),
    /// It has an event.
    Busy,
    /// It has reported that it cannot start.
    Failed(FunctionError),
}

/// What the routes share with the [`Process`](crate::Process).
#[derive(Debug)]
pub struct Api {
    arn: String,
    events: tokio::sync::Mutex<mpsc::Receiver<Invocation>>,
    under_way: Mutex<Option<(String, Answer)>>,
    phase: watch::Sender<Phase>,
}

impl Api {
    /// The API of a function that is called `arn`, with the events of `events`.
    pub fn new(arn: String, events: mpsc::Receiver<Invocation>) -> Arc<Self> {
        let (phase, _) = watch::channel(Phase::Starting);
        Arc::new(Self { arn, events: tokio::sync::Mutex::new(events), under_way: Mutex::new(None), phase })
    }

    /// How far the process is.
    pub fn phase(&self) -> watch::Receiver<Phase> {
        self.phase.subscribe()
    }

    /// The routes.
    pub fn router(self: &Arc<Self>) -> Router {
        Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
            .route("/2018-06-01/runtime/init/error", post(init_error))
            .with_state(Arc::clone(self))
    }

    /// Ends the invocation `id`; false if that is not the one under way.
    fn end(&self, id: &str, outcome: Result<Bytes, Failure>) -> bool {
        let ended = self.under_way.lock().unwrap_or_else(PoisonError::into_inner).take_if(|(current, _)| current == id);
        let Some((_, answer)) = ended else { return false };
        // Nobody waits any more where the time is over.
        let _ = answer.send(outcome);
        true
    }
}

async fn next(State(api): State<Arc<Api>>) -> Response {
    api.phase.send_replace(Phase::Idle(Instant::now()));
    let Some(Invocation { id, event, within, answer }) = api.events.lock().await.recv().await else {
        return StatusCode::GONE.into_response();
    };
    api.phase.send_replace(Phase::Busy);
    *api.under_way.lock().unwrap_or_else(PoisonError::into_inner) = Some((id.clone(), answer));
    let headers = [
        ("content-type", "application/json".to_owned()),
        ("lambda-runtime-aws-request-id", id),
        ("lambda-runtime-deadline-ms", deadline(within)),
        ("lambda-runtime-invoked-function-arn", api.arn.clone()),
        ("lambda-runtime-trace-id", "Root=1-00000000-000000000000000000000000;Sampled=0".to_owned()),
    ];
    (headers, event).into_response()
}

/// Milliseconds since 1970.
#[expect(clippy::disallowed_methods, reason = "a function compares it with the machine's own clock")]
fn deadline(within: Duration) -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    (since + within).as_millis().to_string()
}

async fn response(State(api): State<Arc<Api>>, Path(id): Path<String>, request: Request) -> Response {
    match whole(request.into_body()).await {
        Ok(Some(body)) => acknowledge(api.end(&id, Ok(body))),
        Ok(None) => {
            api.end(&id, Err(Failure::TooLong));
            refuse(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge")
        }
        // The process is gone, or will be.
        Err(_) => refuse(StatusCode::BAD_REQUEST, "InvalidRequest"),
    }
}

/// The body; `None` if it is longer than an answer may be. It is received to its end all the same: a process that is cut
/// off while it sends takes that for a failure of the Runtime API, and may end.
async fn whole(mut body: Body) -> Result<Option<Bytes>, axum::Error> {
    let mut received = Vec::new();
    let mut length = 0;
    while let Some(frame) = body.frame().await.transpose()? {
        let chunk = frame.into_data().unwrap_or_default();
        length += chunk.len();
        if length <= ANSWER_BYTES {
            received.extend_from_slice(&chunk);
        }
    }
    Ok((length <= ANSWER_BYTES).then(|| received.into()))
}

async fn error(State(api): State<Arc<Api>>, Path(id): Path<String>, body: Bytes) -> Response {
    acknowledge(api.end(&id, Err(FunctionError::parse(&body).into())))
}

async fn init_error(State(api): State<Arc<Api>>, body: Bytes) -> Response {
    api.phase.send_replace(Phase::Failed(FunctionError::parse(&body)));
    acknowledge(true)
}

fn acknowledge(is_known: bool) -> Response {
    if is_known {
        return (StatusCode::ACCEPTED, [("content-type", "application/json")], r#"{"status":"OK"}"#).into_response();
    }
    refuse(StatusCode::BAD_REQUEST, "InvalidRequestID")
}

fn refuse(status: StatusCode, kind: &str) -> Response {
    (status, [("content-type", "application/json")], format!(r#"{{"errorType":"{kind}"}}"#)).into_response()
}

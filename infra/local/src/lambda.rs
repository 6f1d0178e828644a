//! Invokes functions through `cargo lambda watch`, as API Gateway invokes them through Lambda. Imports nothing of ours.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{Request, header};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::sync::Semaphore;
use tokio::time::{interval, timeout};

/// How long API Gateway waits for a function.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// How long Lambda lets a function run at most. By then a process that died with a request has lost it for good.
const RUN_WITHIN: Duration = Duration::from_secs(900);

/// Time between two attempts to connect.
const CONNECT_EVERY: Duration = Duration::from_millis(100);

/// Requests to one function that are under way or queued in `cargo lambda watch`.
///
/// Its queues hold 100 each, and at the 101st it waits for room while holding the lock that the functions need to take
/// from the queue: all functions stop, for good (version 1.9.2; 300 parallel requests got no answer). The rest wait here.
const QUEUED_AT_MOST: usize = 64;

/// The functions behind an invoke address.
#[derive(Debug)]
pub struct Lambda {
    client: Client<HttpConnector, Full<Bytes>>,
    address: SocketAddr,
    places: HashMap<String, Arc<Semaphore>>,
}

/// Why a function gave no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// It answered with an error, as for a panic or an unreadable event.
    Failed(String),
    /// It gave no answer in time.
    TimedOut,
    /// The connection broke.
    Unreachable(String),
}

impl Lambda {
    /// The functions of `operations` at `address`.
    pub fn new<'o>(address: SocketAddr, operations: impl IntoIterator<Item = &'o str>) -> Self {
        let place = |operation: &str| (operation.to_owned(), Arc::new(Semaphore::new(QUEUED_AT_MOST)));
        Self { client: Client::builder(TokioExecutor::new()).build_http(), address, places: operations.into_iter().map(place).collect() }
    }

    /// The answer of `operation` to `event`.
    ///
    /// While nobody listens it waits. A caller that stops waiting stops nothing: as in Lambda, a function that has begun runs
    /// to its end.
    ///
    /// # Errors
    /// If the function fails, is too slow or goes away.
    pub async fn invoke(&self, operation: &str, event: Vec<u8>) -> Result<Bytes, Failure> {
        let unreachable = |cause: &dyn std::fmt::Display| Failure::Unreachable(cause.to_string());
        let places = self.places.get(operation).ok_or_else(|| unreachable(&"no such function"))?;
        let places = Arc::clone(places);
        let url = format!("http://{}/2015-03-31/functions/{operation}/invocations", self.address);
        let request = Request::post(url).header(header::CONTENT_TYPE, "application/json").body(Full::from(event));
        let request = request.map_err(|error| unreachable(&error))?;
        let client = self.client.clone();

        let run = async move {
            let place = places.acquire_owned().await.map_err(|error| unreachable(&error))?;
            // In a task of its own, since `cargo lambda watch` answers 500 to a function whose caller has gone, and the
            // place is taken until the function is done.
            let call = tokio::spawn(async move {
                let _place = place;
                timeout(RUN_WITHIN, send(client, request)).await.unwrap_or(Err(Failure::TimedOut))
            });
            call.await.map_err(|error| unreachable(&error))?
        };
        timeout(ANSWER_WITHIN, run).await.unwrap_or(Err(Failure::TimedOut))
    }
}

async fn send(client: Client<HttpConnector, Full<Bytes>>, request: Request<Full<Bytes>>) -> Result<Bytes, Failure> {
    let unreachable = |error: &dyn std::error::Error| Failure::Unreachable(error.to_string());
    let mut ticks = interval(CONNECT_EVERY);
    let response = loop {
        ticks.tick().await;
        match client.request(request.clone()).await {
            // Nothing was sent. The functions are being started again.
            Err(error) if error.is_connect() => {}
            other => break other.map_err(|error| unreachable(&error))?,
        }
    };
    let failed = !response.status().is_success() || response.headers().contains_key("x-amz-function-error");
    let body = response.into_body().collect().await.map_err(|error| unreachable(&error))?.to_bytes();
    if failed {
        return Err(Failure::Failed(String::from_utf8_lossy(&body).into_owned()));
    }
    Ok(body)
}

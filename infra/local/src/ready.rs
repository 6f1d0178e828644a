//! Whether the functions answer. Imports [`crate::lambda`], [`crate::template`].

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Result, bail};
use axum::body::Bytes;
use axum::http::{Request, header};
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::task::JoinSet;
use tokio::time::{interval, timeout};

use crate::lambda::Lambda;
use crate::template::Route;

/// Time for the first answer of all: the functions are built, but start one after the other, since cargo locks.
const ANSWER_WITHIN: Duration = Duration::from_secs(120);

/// Time between two attempts.
const TRY_EVERY: Duration = Duration::from_millis(300);

/// Returns when every operation of `routes` has answered through the gateway at `url`.
///
/// Each operation gets a request that it must refuse and that costs it nothing: half a JSON text, or no credentials. Behind an
/// authorizer it is that which refuses, and the operation itself starts later, at its first request.
///
/// # Errors
/// Names the operations that gave no answer in time.
pub async fn wait(routes: &[Route], url: &str) -> Result<()> {
    let client = Client::builder(TokioExecutor::new()).build_http();
    let mut missing: BTreeMap<&str, &Route> = routes.iter().map(|route| (route.operation.as_str(), route)).collect();
    let mut probes = JoinSet::new();
    let all = async {
        for route in missing.values() {
            probes.spawn(probe(client.clone(), (*route).clone(), format!("{url}{}", example(&route.path))));
        }
        while let Some(Ok(answered)) = probes.join_next().await {
            missing.remove(answered.as_str());
        }
    };
    let _ = timeout(ANSWER_WITHIN, all).await;
    if missing.is_empty() {
        return Ok(());
    }
    let missing: Vec<_> = missing.into_keys().collect();
    bail!("No answer from {}. Why is in the lines above.", missing.join(", "))
}

/// Returns when each of `functions`, which streams invoke, has answered an event without records: the first mail then waits for no start.
///
/// # Errors
/// Names the function that gave no answer in time.
pub async fn wait_for<'f>(lambda: &Lambda, functions: impl Iterator<Item = &'f str>) -> Result<()> {
    for function in functions {
        let answered = async {
            let mut ticks = interval(TRY_EVERY);
            loop {
                ticks.tick().await;
                if lambda.invoke(function, br#"{"Records":[]}"#.to_vec()).await.is_ok() {
                    return;
                }
            }
        };
        if timeout(ANSWER_WITHIN, answered).await.is_err() {
            bail!("No answer from {function}. Why is in the lines above.");
        }
    }
    Ok(())
}

async fn probe(client: Client<HttpConnector, Full<Bytes>>, route: Route, url: String) -> String {
    let Route { method, operation, authorizer, .. } = route;
    let mut ticks = interval(TRY_EVERY);
    loop {
        ticks.tick().await;
        let body = if method == "GET" || method == "DELETE" { Full::default() } else { Full::from("{") };
        let mut request = Request::builder().method(method.as_str()).uri(&url).header(header::CONTENT_TYPE, "application/json");
        for name in authorizer.iter().flat_map(|authorizer| &authorizer.headers) {
            request = request.header(name, "-");
        }
        let Ok(request) = request.body(body) else { continue };
        if let Ok(response) = client.request(request).await
            && !response.status().is_server_error()
        {
            return operation;
        }
    }
}

/// `path` with `-` for each parameter.
fn example(path: &str) -> String {
    let segments = path.split('/').map(|segment| if segment.starts_with('{') { "-" } else { segment });
    segments.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::example;

    #[test]
    fn a_probe_fills_the_parameters_in() {
        assert_eq!(example("/entities/{entityId}/users/{userId}/x"), "/entities/-/users/-/x");
    }
}

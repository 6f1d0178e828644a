//! A proxy on loopback between a site and programs that are not ours, which holds every exchange against the contract.

use std::sync::{Arc, Mutex};

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use http::{StatusCode, header};

use super::http::Client;
use crate::house::contract::{Fit, contract};
use crate::house::serve;

/// A proxy that watches.
pub struct Watch {
    pub url: String,
    faults: Arc<Mutex<Vec<String>>>,
}

impl Watch {
    /// Stands before `url`; `fit` is what is known of the requests.
    pub async fn over(url: &str, fit: Fit) -> Self {
        let (client, faults) = (Client::new(url), Arc::<Mutex<Vec<String>>>::default());
        let found = faults.clone();
        let handler = move |request: Request| {
            let (client, faults) = (client.clone(), found.clone());
            async move { pass_on(&client, request, fit, &faults).await }
        };
        Self { url: serve(any(handler)).await, faults }
    }

    /// Fails if an exchange was not as the contract says.
    pub fn finish(self) {
        let faults = self.faults.lock().unwrap();
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }
}

async fn pass_on(client: &Client, request: Request, fit: Fit, faults: &Mutex<Vec<String>>) -> Response {
    let (mut parts, body) = request.into_parts();
    parts.headers.remove(header::HOST);
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let sent = http::Request::from_parts(parts, body);
    let Some(received) = client.exchange(&sent).await else { return StatusCode::BAD_GATEWAY.into_response() };
    if let Err(fault) = contract().judge_over_http(&sent, fit, &received) {
        faults.lock().unwrap().push(fault);
    }
    let (mut parts, body): (_, Bytes) = received.into_parts();
    for name in [header::CONTENT_LENGTH, header::TRANSFER_ENCODING, header::CONNECTION] {
        parts.headers.remove(name);
    }
    Response::from_parts(parts, Body::from(body))
}

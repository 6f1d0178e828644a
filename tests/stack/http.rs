//! A plain HTTP client, which holds every exchange against the contract.

use std::net::IpAddr;

use axum::body::Bytes;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

use crate::house::contract::{Fit, contract};

/// A client of one address; a clone shares the connections.
#[derive(Clone)]
pub struct Client {
    url: String,
    fit: Fit,
    /// Whether the contract judges the answers.
    is_judged: bool,
    client: hyper_util::client::legacy::Client<HttpConnector, Full<Bytes>>,
}

/// An answer.
#[derive(Debug)]
pub struct Response {
    pub status: u16,
    pub headers: http::HeaderMap,
    pub body: Value,
}

impl Client {
    pub fn new(url: &str) -> Self {
        let client = hyper_util::client::legacy::Client::builder(TokioExecutor::new()).build_http();
        Self { url: url.to_owned(), fit: Fit::default(), is_judged: true, client }
    }

    /// The same, whose requests come from `address`, which this machine must have.
    pub fn from_address(url: &str, address: IpAddr) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_local_address(Some(address));
        let client = hyper_util::client::legacy::Client::builder(TokioExecutor::new()).build(connector);
        Self { client, ..Self::new(url) }
    }

    /// A client of an earlier release, whose contract was another one.
    pub fn of_a_former_release(url: &str) -> Self {
        Self { is_judged: false, ..Self::new(url) }
    }

    /// The same client for requests of which the test says so.
    pub fn that(&self, fit: Fit) -> Self {
        Self { fit, ..self.clone() }
    }

    pub async fn post(&self, path: &str, headers: &[(&str, &str)], body: Value) -> Response {
        self.send("POST", path, headers, body.to_string()).await.unwrap()
    }

    /// `None` where no answer came: the connection broke.
    pub async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Option<Response> {
        let mut request = http::Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, http::HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        let sent = request.body(body.into()).unwrap();
        let received = self.exchange(&sent).await?;
        if self.is_judged {
            contract().judge_over_http(&sent, self.fit, &received).unwrap_or_else(|fault| panic!("{fault}"));
        }
        let (parts, body) = received.into_parts();
        let body = serde_json::from_slice(&body).unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&body).into_owned()));
        Some(Response { status: parts.status.as_u16(), headers: parts.headers, body })
    }

    /// What is answered to `sent`, whose address is the path alone; nothing judges it.
    pub async fn exchange(&self, sent: &http::Request<Bytes>) -> Option<http::Response<Bytes>> {
        let mut request = sent.clone().map(Full::new);
        *request.uri_mut() = format!("{}{}", self.url, sent.uri().path_and_query()?).parse().ok()?;
        let response = self.client.request(request).await.ok()?;
        let (parts, body) = response.into_parts();
        Some(http::Response::from_parts(parts, body.collect().await.ok()?.to_bytes()))
    }
}

impl Response {
    pub fn text(&self, name: &str) -> String {
        self.body[name].as_str().unwrap_or_else(|| panic!("no {name} in {self:?}")).to_owned()
    }
}

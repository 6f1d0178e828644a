//! The gateway's events and answers (HTTP API, payload 2.0).
//!
//! The event is read here and not by `lambda_http`'s adapter, because that builds a URI from the decoded path and panics on a
//! space in it, and refuses the whole event for one header that is no ASCII: both are the caller's to send.

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName, HeaderValue};
use lambda_http::Body;
use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpResponse;
use serde::Deserialize;
use serde_json::Value;

use crate::audit::Trail;
use crate::domain::Timestamp;
use crate::http::{Answer, Request, SECURITY_HEADERS};

/// What Lambda answers to the gateway.
pub type GatewayAnswer = ApiGatewayV2httpResponse;

/// The parts of an event that an operation can see.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GatewayEvent {
    #[serde(default)]
    route_key: String,
    #[serde(default)]
    headers: Option<HashMap<String, String>>,
    #[serde(default)]
    path_parameters: Option<HashMap<String, String>>,
    // Not `queryStringParameters`, in which the gateway joins the values of one name by commas.
    #[serde(default)]
    raw_query_string: Option<String>,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
    request_context: RequestContext,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RequestContext {
    request_id: String,
    #[serde(default)]
    http: Http,
    #[serde(default)]
    authorizer: Authorizer,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Http {
    #[serde(default)]
    source_ip: Option<String>,
}

#[derive(Default, Deserialize)]
struct Authorizer {
    #[serde(default)]
    lambda: Option<Value>,
}

impl GatewayEvent {
    /// The request of this event, at the instant `now`.
    pub(super) fn into_request(self, now: Timestamp) -> Request {
        let body = self.body.unwrap_or_default().into_bytes();
        // What is no base64 is left as it is: it then is no JSON either.
        let body = if self.is_base64_encoded { STANDARD.decode(&body).unwrap_or(body) } else { body };
        Request {
            id: self.request_context.request_id,
            now,
            route_key: self.route_key,
            path_parameters: self.path_parameters.unwrap_or_default(),
            query: self.raw_query_string.unwrap_or_default(),
            headers: headers(self.headers.unwrap_or_default()),
            body,
            source_ip: self.request_context.http.source_ip,
            authorizer: self.request_context.authorizer.lambda,
            trail: Trail::default(),
        }
    }
}

/// Values that are no ASCII are kept as bytes: present, and no credential.
fn headers(pairs: HashMap<String, String>) -> HeaderMap {
    let parse = |(name, value): (String, String)| Some((HeaderName::try_from(name).ok()?, HeaderValue::from_bytes(value.as_bytes()).ok()?));
    pairs.into_iter().filter_map(parse).collect()
}

impl Answer {
    /// The answer as the gateway takes it.
    pub(super) fn into_gateway(self) -> GatewayAnswer {
        let text = |(name, value): (&'static str, String)| Some((HeaderName::from_static(name), HeaderValue::try_from(value).ok()?));
        let mut answer = GatewayAnswer::default();
        answer.status_code = self.status.into();
        answer.headers = self.headers.into_iter().filter_map(text).collect();
        for (name, value) in SECURITY_HEADERS {
            answer.headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        answer.body = Some(Body::Text(self.body));
        answer
    }
}

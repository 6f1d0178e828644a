//! The HTTP API: what API Gateway is to the functions, in front of `cargo lambda watch`. Imports [`crate::lambda`], [`crate::template`].
//!
//! It answers as an HTTP API with payload format 2.0 does, and stricter than `cargo lambda watch`'s own front, which answers
//! 500 to a body or a header that is not UTF-8 and leaves path parameters encoded. In one thing it differs from AWS on
//! purpose: a known path with a wrong method is 405 here and 404 there. A route with a Lambda authorizer has it here, too, and
//! its limit if one asks for it ([`Gateway::limited_by`]).

mod answer;
mod authorizer;
mod event;
mod limiter;
mod refusal;
mod routing;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::HeaderValue;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use axum::serve::ListenerExt;
use http_body_util::BodyExt;
use latchkey::http::SECURITY_HEADERS;
use tokio::net::TcpListener;
use uuid::Uuid;

use crate::console::say;
use crate::lambda::{Failure, Lambda};
use crate::template::Route;

pub use event::Arrival;
pub use limiter::Limiter;
pub use refusal::Refusal;
pub use routing::{Match, Routing};

/// Bytes of request line and headers that API Gateway takes.
pub const HEAD_LIMIT: usize = 10_240;

/// Bytes of body that API Gateway takes.
pub const BODY_LIMIT: usize = 10_000_000;

/// Routes in front of functions.
#[derive(Debug)]
pub struct Gateway {
    routing: Routing,
    lambda: Arc<Lambda>,
    /// What the functions see as `Host`, whatever the client said: in AWS no other name reaches them either.
    authority: String,
    /// What holds the routes to their limits, if anything does.
    limiter: Option<Limiter>,
}

impl Gateway {
    /// `routes` in front of `lambda`, known to the functions as `authority` (`127.0.0.1:9000`).
    #[must_use]
    pub fn new(routes: Vec<Route>, lambda: Arc<Lambda>, authority: String) -> Self {
        Self { routing: Routing::new(routes), lambda, authority, limiter: None }
    }

    /// The same, which holds each route to its limit.
    #[must_use]
    pub fn limited_by(self, limiter: Limiter) -> Self {
        Self { limiter: Some(limiter), ..self }
    }

    async fn pass_on(&self, id: &str, source: IpAddr, request: Request) -> Result<Response, Refusal> {
        let (parts, body) = request.into_parts();
        if head_size(&parts) > HEAD_LIMIT {
            return Err(Refusal::HeadTooLarge);
        }
        let (route, parameters) = match self.routing.find(parts.method.as_str(), parts.uri.path()) {
            Match::Route(route, parameters) => (route, parameters),
            Match::OtherMethods(allowed) => return Err(Refusal::MethodNotAllowed(allowed)),
            Match::Nothing => return Err(Refusal::NotFound),
        };
        if self.limiter.as_ref().is_some_and(|limiter| !limiter.admits(route)) {
            return Err(Refusal::TooManyRequests);
        }
        let body = read(body).await?;
        let arrival = Arrival { id, source, authority: &self.authority, parts: &parts, body: &body };
        let mut event = event::event(route, parameters, &arrival);
        if let Some(authorizer) = &route.authorizer {
            self.authorize(authorizer, &mut event).await?;
        }

        let answered = self.lambda.invoke(&route.operation, event.to_string().into_bytes()).await;
        match answered.map(|payload| answer::response(&payload)) {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(cause)) => {
                say(format!("{} gave an answer that API Gateway would not take ({cause}); request {id}", route.operation));
                Err(Refusal::Failed)
            }
            Err(failure) => {
                say(format!("{} gave no answer ({failure:?}); request {id}", route.operation));
                Err(if matches!(failure, Failure::Failed(_)) { Refusal::Failed } else { Refusal::Unavailable })
            }
        }
    }
}

/// The gateway as an axum application, which needs to be served with the client's address as [`ConnectInfo`].
pub fn app(gateway: Gateway) -> Router {
    Router::new().fallback(handle).with_state(Arc::new(gateway))
}

/// Serves `gateway` on `listener`; returns only if that fails.
///
/// # Errors
/// If the listener fails.
pub async fn serve(listener: TcpListener, gateway: Gateway) -> io::Result<()> {
    // An answer is one small write, which must not wait for the client's delayed acknowledgement of the one before.
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    axum::serve(listener, app(gateway).into_make_service_with_connect_info::<SocketAddr>()).await
}

async fn handle(State(gateway): State<Arc<Gateway>>, ConnectInfo(client): ConnectInfo<SocketAddr>, request: Request) -> Response {
    let id = Uuid::new_v4().to_string();
    let mut response = gateway.pass_on(&id, client.ip(), request).await.unwrap_or_else(Refusal::into_response);
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert("apigw-requestid", id);
    }
    for (name, value) in SECURITY_HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// The bytes of the request line and the headers as they came, with their separators.
fn head_size(parts: &Parts) -> usize {
    let uri = parts.uri.path_and_query().map_or(1, |path| path.as_str().len());
    let line = parts.method.as_str().len() + uri + " ".len() + " HTTP/1.1\r\n".len();
    let headers = parts.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len());
    line + headers.sum::<usize>()
}

/// The whole of `body`.
///
/// A body over the limit is read some way further, since a client that is still sending does not look for an answer.
async fn read(mut body: Body) -> Result<Bytes, Refusal> {
    let mut kept = Vec::new();
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        let Ok(chunk) = frame.map_err(|_| Refusal::BadRequest)?.into_data() else { continue };
        length += chunk.len();
        if length > 4 * BODY_LIMIT {
            break;
        }
        if length <= BODY_LIMIT {
            kept.extend_from_slice(&chunk);
        }
    }
    if length > BODY_LIMIT { Err(Refusal::BodyTooLarge) } else { Ok(kept.into()) }
}

#[cfg(test)]
mod tests {
    use axum::extract::Path;
    use axum::http::{StatusCode, header};
    use axum::routing::post;
    use http_body_util::Full;
    use hyper_util::client::legacy::Client;
    use hyper_util::rt::TokioExecutor;
    use serde_json::{Value, json};

    use super::*;
    use crate::template::Limit;

    /// A gateway before functions that answer with the event they got, or fail if they are called `broken`.
    async fn stack() -> SocketAddr {
        let functions = post(|Path(operation): Path<String>, body: Bytes| async move {
            let echo = json!({ "statusCode": 200, "body": String::from_utf8_lossy(&body) });
            let status = if operation == "broken" { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::OK };
            (status, echo.to_string())
        });
        let functions = Router::new().route("/2015-03-31/functions/{operation}/invocations", functions);
        let route = |method: &str, path: &str, operation: &str| Route {
            path: path.into(),
            method: method.into(),
            operation: operation.into(),
            authorizer: None,
            limit: None,
        };
        serving(vec![route("POST", "/echo/{x}", "echo"), route("POST", "/broken", "broken")], functions, ["echo", "broken"]).await
    }

    /// A gateway with these routes before these functions.
    pub(super) async fn serving(routes: Vec<Route>, functions: Router, operations: [&str; 2]) -> SocketAddr {
        limited(routes, functions, operations, None).await
    }

    /// The same, held to the routes' limits.
    async fn limited<const N: usize>(routes: Vec<Route>, functions: Router, operations: [&str; N], limiter: Option<Limiter>) -> SocketAddr {
        let [lambda, gateway] = [listener().await, listener().await];
        let (lambda_address, address) = (lambda.local_addr().unwrap(), gateway.local_addr().unwrap());
        tokio::spawn(async { axum::serve(lambda, functions).await });
        let gateway_of =
            Gateway { limiter, ..Gateway::new(routes, Arc::new(Lambda::new(lambda_address, operations)), address.to_string()) };
        tokio::spawn(serve(gateway, gateway_of));
        address
    }

    async fn listener() -> TcpListener {
        TcpListener::bind("127.0.0.1:0").await.unwrap()
    }

    async fn sent(method: &str, path: &str, headers: &[(&str, &[u8])], body: Vec<u8>) -> (StatusCode, Option<String>, Value) {
        sent_to(stack().await, method, path, headers, body).await
    }

    pub(super) async fn sent_to(
        address: SocketAddr,
        method: &str,
        path: &str,
        headers: &[(&str, &[u8])],
        body: Vec<u8>,
    ) -> (StatusCode, Option<String>, Value) {
        let mut request = axum::http::Request::builder().method(method).uri(format!("http://{address}{path}"));
        for (name, value) in headers {
            request = request.header(*name, HeaderValue::from_bytes(value).unwrap());
        }
        let client = Client::builder(TokioExecutor::new()).build_http();
        let response = client.request(request.body(Full::<Bytes>::from(body)).unwrap()).await.unwrap();
        assert!(response.headers().contains_key("apigw-requestid"));
        assert!(SECURITY_HEADERS.iter().all(|(name, value)| response.headers()[*name] == **value));
        let (status, allow) = (response.status(), response.headers().get(header::ALLOW).map(|allow| allow.to_str().unwrap().to_owned()));
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, allow, serde_json::from_slice(&body).unwrap())
    }

    pub(super) fn message(text: &str) -> Value {
        json!({ "message": text })
    }

    #[tokio::test]
    async fn bytes_of_every_kind_reach_the_function() {
        let (status, _, event) = sent("POST", "/echo/a%2Fb%FF", &[("x-a", b"\xff"), ("x-a", b"2")], b"\xff".to_vec()).await;

        assert_eq!(status, StatusCode::OK);
        assert_eq!((&event["body"], &event["isBase64Encoded"]), (&json!("/w=="), &json!(true)));
        assert_eq!((&event["pathParameters"]["x"], &event["headers"]["x-a"]), (&json!("a/b\u{fffd}"), &json!("\u{fffd},2")));
    }

    #[tokio::test]
    async fn an_unknown_route_is_404_and_a_wrong_method_405() {
        assert_eq!(sent("POST", "/nothing", &[], vec![]).await, (StatusCode::NOT_FOUND, None, message("Not Found")));
        assert_eq!(
            sent("GET", "/broken", &[], vec![]).await,
            (StatusCode::METHOD_NOT_ALLOWED, Some("POST".into()), message("Method Not Allowed"))
        );
    }

    #[tokio::test]
    async fn a_route_above_its_limit_is_429() {
        let functions = Router::new().fallback(|| async { json!({ "statusCode": 200, "body": "{}" }).to_string() });
        let route =
            |path: &str, limit| Route { path: path.into(), method: "POST".into(), operation: "echo".into(), authorizer: None, limit };
        let routes = vec![route("/limited", Some(Limit { rate: 1, burst: 0 })), route("/free", None)];
        let limiter = Limiter::new(&routes);
        let address = limited(routes, functions, ["echo"], Some(limiter)).await;

        let limited = sent_to(address, "POST", "/limited", &[], vec![]).await;

        assert_eq!(limited, (StatusCode::TOO_MANY_REQUESTS, None, message("Too Many Requests")));
        assert_eq!(sent_to(address, "POST", "/free", &[], vec![]).await.0, StatusCode::OK);
    }

    #[tokio::test]
    async fn a_function_that_fails_is_500_without_its_words() {
        assert_eq!(sent("POST", "/broken", &[], vec![]).await, (StatusCode::INTERNAL_SERVER_ERROR, None, message("Internal Server Error")));
    }

    #[tokio::test]
    async fn head_and_body_have_their_limits() {
        let [long, short] = [vec![b'a'; HEAD_LIMIT], vec![b'a'; HEAD_LIMIT - 200]];

        let too_long = sent("POST", "/echo/x", &[("x-a", &long)], vec![]).await;
        let too_much = sent("POST", "/echo/x", &[], vec![b'a'; BODY_LIMIT + 1]).await;

        assert_eq!(too_long, (StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, None, message("Request Header Fields Too Large")));
        assert_eq!(too_much, (StatusCode::PAYLOAD_TOO_LARGE, None, message("Request Entity Too Large")));
        assert_eq!(sent("POST", "/echo/x", &[("x-a", &short)], vec![]).await.0, StatusCode::OK);
    }
}

//! The HTTP API: what API Gateway is to the functions. Imports [`crate::console`], [`crate::lambda`], [`crate::template`].
//!
//! It answers as an HTTP API with payload format 2.0 does. In one thing it differs from AWS on purpose: a known path with a wrong
//! method is 405 here and 404 there. A route with a Lambda authorizer has it here, too, and its limit if one asks for it
//! ([`Gateway::limited_by`]). Each request is a line on the console.

mod answer;
mod authorizer;
mod cors;
mod event;
mod limiter;
mod refusal;
mod routing;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::HeaderValue;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use axum::serve::ListenerExt;
use http_body_util::BodyExt;
use latchkey::http::SECURITY_HEADERS;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::time::timeout;
use uuid::Uuid;

use crate::console::Console;
use crate::lambda::Invoke;
use crate::template::Route;

pub use cors::Cors;
pub use event::Arrival;
pub use limiter::Limiter;
pub use refusal::Refusal;
pub use routing::{Match, Routing};

/// Bytes of request line and headers that API Gateway takes.
pub const HEAD_LIMIT: usize = 10_240;

/// Bytes of body that API Gateway takes.
pub const BODY_LIMIT: usize = 10_000_000;

/// How long API Gateway waits for a function.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// Routes in front of functions.
#[derive(Debug)]
pub struct Gateway {
    routing: Routing,
    functions: Arc<dyn Invoke>,
    /// What the functions see as `Host`, whatever the client said: in AWS no other name reaches them either.
    authority: String,
    /// What holds the routes to their limits, if anything does.
    limiter: Option<Limiter>,
    /// Which pages may call, if any.
    cors: Option<Cors>,
    console: Console,
}

impl Gateway {
    /// `routes` in front of `functions`, known to these as `authority` (`127.0.0.1:9000`).
    #[must_use]
    pub fn new(routes: Vec<Route>, functions: Arc<dyn Invoke>, authority: String, console: Console) -> Self {
        Self { routing: Routing::new(routes), functions, authority, limiter: None, cors: None, console }
    }

    /// The same, which holds each route to its limit.
    #[must_use]
    pub fn limited_by(self, limiter: Limiter) -> Self {
        Self { limiter: Some(limiter), ..self }
    }

    /// The same, which lets pages call.
    #[must_use]
    pub fn open_to(self, cors: Cors) -> Self {
        Self { cors: Some(cors), ..self }
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

        let payload = self.invoke(&route.operation, &event).await?;
        answer::response(&payload)
            .map_err(|cause| Refusal::Failed(format!("{} gave an answer that API Gateway would not take: {cause}", route.operation)))
    }

    async fn invoke(&self, function: &str, event: &Value) -> Result<Bytes, Refusal> {
        match timeout(ANSWER_WITHIN, self.functions.invoke(function, event.to_string().into_bytes())).await {
            Ok(answered) => answered.map_err(|error| Refusal::Failed(format!("{function}: {error}"))),
            Err(_) => Err(Refusal::Unavailable(function.to_owned())),
        }
    }

    /// Tells the developer of a request, by its route: one-time tokens are in paths, those of wrong requests too.
    fn log(&self, id: &str, method: &str, path: &str, status: u16, took: Duration, cause: Option<&str>) {
        let route = match self.routing.find(method, path) {
            Match::Route(route, _) => route.path.clone(),
            _ => without_tokens(path),
        };
        let ms = took.as_millis();
        let why = cause.map(|cause| format!(": {cause}")).unwrap_or_default();
        self.console.report("request", &format!("{status} {method} {route} {ms} ms{why}"), || {
            let ms = u64::try_from(ms).unwrap_or(u64::MAX);
            json!({ "status": status, "method": method, "route": route, "ms": ms, "requestId": id, "cause": cause })
        });
    }
}

/// `path` with `…` in place of what may be a credential of Latchkey.
fn without_tokens(path: &str) -> String {
    let segments = path.split('/').map(|segment| if segment.starts_with("lk") || segment.starts_with("eyJ") { "…" } else { segment });
    segments.collect::<Vec<_>>().join("/")
}

/// The gateway as an axum application, which needs to be served with the client's address as [`ConnectInfo`].
pub fn app(gateway: Gateway) -> Router {
    Router::new().fallback(handle).with_state(Arc::new(gateway))
}

/// Serves `app` on `listener`; returns only if that fails.
///
/// # Errors
/// If the listener fails.
pub async fn serve(listener: TcpListener, app: Router) -> io::Result<()> {
    // An answer is one small write, which must not wait for the client's delayed acknowledgement of the one before.
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>()).await
}

async fn handle(State(gateway): State<Arc<Gateway>>, ConnectInfo(client): ConnectInfo<SocketAddr>, request: Request) -> Response {
    let (id, started) = (Uuid::new_v4().to_string(), Instant::now());
    let (method, path, asked) = (request.method().clone(), request.uri().path().to_owned(), request.headers().clone());
    let answered = match gateway.cors.as_ref().and_then(|cors| cors.preflight(&method, &asked)) {
        Some(preflight) => Ok(preflight),
        None => gateway.pass_on(&id, client.ip(), request).await,
    };
    let cause = answered.as_ref().err().and_then(Refusal::cause);
    let mut response = answered.unwrap_or_else(Refusal::into_response);
    gateway.log(&id, method.as_str(), &path, response.status().as_u16(), started.elapsed(), cause.as_deref());
    let headers = response.headers_mut();
    if let Some(cors) = &gateway.cors {
        cors.admit(&asked, headers);
    }
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
    use std::pin::Pin;

    use axum::http::{StatusCode, header};
    use http_body_util::Full;
    use hyper_util::client::legacy::Client;
    use hyper_util::rt::TokioExecutor;
    use latchkey_runtime_api::{Failure, InvokeError};

    use super::*;
    use crate::template::Limit;

    pub(super) const FAILED: InvokeError = InvokeError::Failed(Failure::TooLong);

    /// Functions that do what the closure does.
    struct Functions<F>(F);

    impl<F> std::fmt::Debug for Functions<F> {
        fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            formatter.write_str("Functions")
        }
    }

    impl<F: Fn(&str, Value) -> Result<Value, InvokeError> + Send + Sync> Invoke for Functions<F> {
        fn invoke<'a>(
            &'a self,
            function: &'a str,
            event: Vec<u8>,
        ) -> Pin<Box<dyn Future<Output = Result<Bytes, InvokeError>> + Send + 'a>> {
            let answer = (self.0)(function, serde_json::from_slice(&event).unwrap());
            Box::pin(std::future::ready(answer.map(|answer| answer.to_string().into())))
        }
    }

    #[test]
    fn the_path_of_a_wrong_request_is_told_without_its_token() {
        assert_eq!(without_tokens("/authentication-tokens/lkone_x/exchange/"), "/authentication-tokens/…/exchange/");
        assert_eq!(without_tokens("/nothing"), "/nothing");
    }

    fn echo(function: &str, event: Value) -> Result<Value, InvokeError> {
        if function == "broken" { Err(FAILED) } else { Ok(json!({ "statusCode": 200, "body": event.to_string() })) }
    }

    /// A gateway before functions that answer with the event they got, or fail if they are called `broken`.
    async fn stack() -> SocketAddr {
        let route = |method: &str, path: &str, operation: &str| Route {
            path: path.into(),
            method: method.into(),
            operation: operation.into(),
            authorizer: None,
            limit: None,
        };
        serving(vec![route("POST", "/echo/{x}", "echo"), route("POST", "/broken", "broken")], echo).await
    }

    /// A gateway with these routes before these functions.
    pub(super) async fn serving<F>(routes: Vec<Route>, functions: F) -> SocketAddr
    where
        F: Fn(&str, Value) -> Result<Value, InvokeError> + Send + Sync + 'static,
    {
        served(routes, functions, |gateway| gateway).await
    }

    /// The same, changed.
    async fn served<F>(routes: Vec<Route>, functions: F, changed: impl FnOnce(Gateway) -> Gateway) -> SocketAddr
    where
        F: Fn(&str, Value) -> Result<Value, InvokeError> + Send + Sync + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let gateway = Gateway::new(routes, Arc::new(Functions(functions)), address.to_string(), Console::default());
        tokio::spawn(serve(listener, app(changed(gateway))));
        address
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
        let route =
            |path: &str, limit| Route { path: path.into(), method: "POST".into(), operation: "echo".into(), authorizer: None, limit };
        let routes = vec![route("/limited", Some(Limit { rate: 1, burst: 0 })), route("/free", None)];
        let limiter = Limiter::new(&routes);
        let address = served(routes, echo, |gateway| gateway.limited_by(limiter)).await;

        let limited = sent_to(address, "POST", "/limited", &[], vec![]).await;

        assert_eq!(limited, (StatusCode::TOO_MANY_REQUESTS, None, message("Too Many Requests")));
        assert_eq!(sent_to(address, "POST", "/free", &[], vec![]).await.0, StatusCode::OK);
    }

    #[tokio::test]
    async fn a_page_that_may_call_can_read_every_answer_and_the_gateway_answers_its_preflight() {
        let route = Route { path: "/echo".into(), method: "POST".into(), operation: "echo".into(), authorizer: None, limit: None };
        let told = crate::template::Cors { methods: "POST".into(), headers: "apikey".into(), exposed: "link".into(), max_age: 600 };
        let cors = Cors::new(vec!["http://localhost:*".to_owned()], told);
        let address = served(vec![route], echo, |gateway| gateway.open_to(cors)).await;
        let client = Client::builder(TokioExecutor::new()).build_http();
        let answered = async |method: &str, path: &str, origin: &str| {
            let request = axum::http::Request::builder().method(method).uri(format!("http://{address}{path}"));
            let request = request.header("origin", origin).header("access-control-request-method", "POST");
            let response = client.request(request.body(Full::<Bytes>::default()).unwrap()).await.unwrap();
            let allowed = response.headers().get(header::ACCESS_CONTROL_ALLOW_ORIGIN);
            (response.status().as_u16(), allowed.map(|origin| origin.to_str().unwrap().to_owned()))
        };

        let page = "http://localhost:5173";
        assert_eq!(answered("OPTIONS", "/echo", page).await, (204, Some(page.to_owned())));
        assert_eq!(answered("POST", "/echo", page).await, (200, Some(page.to_owned())));
        assert_eq!(answered("POST", "/none", page).await, (404, Some(page.to_owned())));
        assert_eq!(answered("OPTIONS", "/echo", "https://evil.example").await, (204, None));
        assert_eq!(answered("POST", "/echo", "https://evil.example").await, (200, None));
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

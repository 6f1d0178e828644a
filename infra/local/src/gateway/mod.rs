//! The HTTP API: what API Gateway is to the functions, in front of `cargo lambda watch`. Imports [`crate::lambda`], [`crate::template`].
//!
//! It answers as an HTTP API with payload format 2.0 does, and stricter than `cargo lambda watch`'s own front, which answers
//! 500 to a body or a header that is not UTF-8 and leaves path parameters encoded. In one thing it differs from AWS on
//! purpose: a known path with a wrong method is 405 here and 404 there.

mod answer;
mod event;
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
use tokio::net::TcpListener;
use uuid::Uuid;

use crate::console::say;
use crate::lambda::{Failure, Lambda};
use crate::template::Route;

pub use event::Arrival;
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
    lambda: Lambda,
    /// What the functions see as `Host`, whatever the client said: in AWS no other name reaches them either.
    authority: String,
}

impl Gateway {
    /// `routes` in front of `lambda`, known to the functions as `authority` (`127.0.0.1:9000`).
    #[must_use]
    pub fn new(routes: Vec<Route>, lambda: Lambda, authority: String) -> Self {
        Self { routing: Routing::new(routes), lambda, authority }
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
        let body = read(body).await?;
        let arrival = Arrival { id, source, authority: &self.authority, parts: &parts, body: &body };
        let event = event::event(route, parameters, &arrival);

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
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert("apigw-requestid", id);
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

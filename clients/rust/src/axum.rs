//! A layer for the routes of axum, and the extractor of [`Caller`].
//!
//! ```no_run
//! use axum::{Router, routing::get};
//! use latchkey_client::{Caller, Latchkey, Rule, axum::requires};
//!
//! let latchkey = Latchkey::new("https://auth.example.org")?;
//! let reader = requires(&latchkey, Rule::new().permission("read-invoices").in_path("organization"))?;
//! let invoices = get(async |caller: Caller| format!("for {}", caller.subject)).route_layer(reader);
//! let app = Router::new().route("/{organization}/invoices", invoices);
//! # let _: Router = app;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! With introspection, the route sees a revocation at once, and can take API keys and entity tokens too:
//!
//! ```no_run
//! use latchkey_client::{Kind, Latchkey, Rule, axum::requires};
//! use std::{env, time::Duration};
//!
//! let latchkey = Latchkey::builder("https://auth.example.org").api_key(env::var("LATCHKEY_API_KEY")?).build()?;
//! let rule = Rule::new().permission("read-invoices").in_path("organization").kinds([Kind::Session, Kind::ApiKey]);
//! let reader = requires(&latchkey, rule.introspect_cached(Duration::from_secs(10)))?;
//! # let _ = reader;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::extract::{FromRequestParts, RawPathParams, Request};
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{HeaderValue, StatusCode, header};
use tower_layer::Layer;
use tower_service::Service;

use crate::caller::Caller;
use crate::guard::{Guard, InvalidRule, Refused, Rule};
use crate::latchkey::Latchkey;

/// A layer that lets a request pass if its credential meets `rule`, and puts its [`Caller`] on the request, where handlers extract it.
///
/// # Errors
///
/// [`InvalidRule`] if the rule contradicts itself.
pub fn requires(latchkey: &Latchkey, rule: Rule) -> Result<Requires, InvalidRule> {
    Ok(Requires(Guard::new(latchkey, rule)?))
}

/// The parameters of a request's path.
#[derive(Clone)]
struct PathParameters(Vec<(String, String)>);

impl Rule {
    /// Takes the request's organization from the parameter `name` of the route's path.
    pub fn in_path(self, name: impl Into<String>) -> Self {
        let name = name.into();
        self.in_organization(move |request| {
            let PathParameters(parameters) = request.extensions.get()?;
            parameters.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone())
        })
    }
}

/// The layer that [`requires`] makes.
#[derive(Clone, Debug)]
pub struct Requires(Guard);

impl<S> Layer<S> for Requires {
    type Service = Guarded<S>;

    fn layer(&self, inner: S) -> Guarded<S> {
        Guarded { guard: self.0.clone(), inner }
    }
}

/// A route behind [`Requires`].
#[derive(Clone, Debug)]
pub struct Guarded<S> {
    guard: Guard,
    inner: S,
}

impl<S> Service<Request> for Guarded<S>
where
    S: Service<Request> + Clone + Send + 'static,
    S::Response: IntoResponse,
    S::Future: Send,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        // The one that is ready goes along; the clone takes its place.
        let next = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, next);
        let guard = self.guard.clone();
        Box::pin(async move {
            let (mut parts, body) = request.into_parts();
            if let Ok(parameters) = RawPathParams::from_request_parts(&mut parts, &()).await {
                let parameters = parameters.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
                parts.extensions.insert(PathParameters(parameters));
            }
            match guard.check(&parts).await {
                Ok(caller) => {
                    parts.extensions.insert(caller);
                    inner.call(Request::from_parts(parts, body)).await.map(IntoResponse::into_response)
                }
                Err(refused) => Ok(refused.into_response()),
            }
        })
    }
}

impl IntoResponse for Refused {
    /// Problem details of RFC 9457. The cause of a 503 is logged.
    fn into_response(self) -> Response {
        if let Self::Unavailable(cause) = &self {
            tracing::error!(error = cause.as_ref() as &(dyn std::error::Error + 'static), "Latchkey did not answer");
        }
        let mut response = problem(self.status());
        if let Some(challenge) = self.challenge() {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        response
    }
}

fn problem(status: StatusCode) -> Response {
    let body = serde_json::json!({ "title": status.canonical_reason(), "status": status.as_u16() });
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    response
}

/// The caller that [`requires`] has let through. A route that stands behind no such layer answers 500.
impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = NoCaller;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, NoCaller> {
        parts.extensions.get().cloned().ok_or(NoCaller)
    }
}

/// A handler takes a [`Caller`], and its route stands behind no [`requires`].
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("a route that takes a `Caller` must stand behind `requires`")]
pub struct NoCaller;

impl IntoResponse for NoCaller {
    fn into_response(self) -> Response {
        tracing::error!("{self}");
        problem(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

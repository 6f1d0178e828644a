//! The events and answers of a Lambda authorizer (HTTP API, REQUEST, payload 2.0, simple responses).

use std::future::Future;
use std::sync::Arc;
use std::time::Instant;

use http::HeaderValue;
use lambda_runtime::{LambdaEvent, service_fn};
use serde::Serialize;
use serde_json::{Value, json};
use tracing::Instrument;

use super::cold_start::ColdStart;
use super::settings::Setting;
use super::telemetry::{chain, request_span};
use super::{ConfigError, Events, Setup};
use crate::audit::{Act, Event, Origin};
use crate::caller::{ActiveCredential, bearer, first_credential};
use crate::domain::{SharedClock, Timestamp};
use crate::http::ApiError;

/// An authorizer: it decides whether the credential of a request is good.
pub trait Authorize: Send + Sync + Sized + 'static {
    /// The function's name.
    const NAME: &'static str;
    /// The settings that this authorizer alone reads.
    const SETTINGS: &'static [Setting] = &[];

    /// Takes what it needs.
    ///
    /// # Errors
    /// [`ConfigError`] names the variable that is missing or wrong.
    fn start(setup: &Setup) -> impl Future<Output = Result<Self, ConfigError>> + Send;

    /// Decides one event. An error means that the store did not answer. The gateway then answers 500 and caches
    /// nothing, whereas it would cache a refusal.
    fn authorize(&self, event: &AuthorizerEvent) -> impl Future<Output = Result<Authorization, ApiError>> + Send;
}

/// The parts of an event that matter. They are read from any JSON, because nothing that a client sends may fail the
/// function.
pub struct AuthorizerEvent {
    /// The instant of the request.
    pub now: Timestamp,
    credential: Option<String>,
    request_id: Option<String>,
    source_ip: Option<String>,
}

impl AuthorizerEvent {
    fn new(event: &Value, now: Timestamp) -> Self {
        let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        let credential = match event.get("identitySource").and_then(Value::as_array) {
            Some(sources) => sources.first().and_then(Value::as_str).map(str::to_owned),
            None => in_headers(event),
        };
        Self { now, credential, request_id: text("/requestContext/requestId"), source_ip: text("/requestContext/http/sourceIp") }
    }
}

/// A value that cannot stand in a header counts as present, and is not a credential: it must not let another header
/// decide.
fn in_headers(event: &Value) -> Option<String> {
    let headers = event.get("headers").and_then(Value::as_object)?;
    let value = |text: &str| HeaderValue::from_bytes(text.as_bytes()).unwrap_or(HeaderValue::from_static("?"));
    let header = |(name, text): (&String, &Value)| Some((name.parse().ok()?, value(text.as_str()?)));
    first_credential(&headers.iter().filter_map(header).collect()).map(str::to_owned)
}

impl AuthorizerEvent {
    /// The credential, without its `Bearer`.
    #[must_use]
    pub fn credential(&self) -> Option<&str> {
        self.credential.as_deref().map(bearer).filter(|credential| !credential.is_empty())
    }
}

/// The answer to the gateway.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Authorization {
    is_authorized: bool,
    /// What the route's function finds in `requestContext.authorizer.lambda`.
    context: Value,
}

impl Authorization {
    /// The credential is not good.
    #[must_use]
    pub fn refused() -> Self {
        Self { is_authorized: false, context: json!({}) }
    }

    /// The credential is good. Members without a value are left out. The ACL and the claims are JSON texts, so that a
    /// gateway can map them to headers.
    #[must_use]
    pub fn of(credential: ActiveCredential) -> Self {
        let json_text = |value: Result<String, serde_json::Error>| value.map_or(Value::Null, Value::String);
        let mut context = json!({
            "kind": credential.kind.name(),
            "subject": credential.subject,
            "username": credential.username,
            "issuedBy": credential.issued_by,
            "entity": credential.entity,
            "acl": json_text(serde_json::to_string(&credential.acl)),
            "customClaims": json_text(serde_json::to_string(&credential.custom_claims)),
            "sessionId": credential.session,
            "expiresAt": credential.expires_at.map(|at| at.unix()),
        });
        if let Value::Object(members) = &mut context {
            members.retain(|_, value| !value.is_null());
        }
        Self { is_authorized: true, context }
    }
}

/// An authorizer with its logs and events: the public door, which tests use too.
pub struct AuthorizerService<A> {
    authorizer: A,
    clock: SharedClock,
    events: Events,
    cold_start: ColdStart,
}

impl<A: Authorize> AuthorizerService<A> {
    /// Starts the authorizer.
    ///
    /// # Errors
    /// [`ConfigError`] names the variable that is missing or wrong.
    pub async fn start(setup: &Setup) -> Result<Self, ConfigError> {
        let authorizer = A::start(setup).await?;
        let cold_start = ColdStart::over(setup.begun);
        Ok(Self { authorizer, clock: setup.clock.clone(), events: setup.events.clone(), cold_start })
    }

    /// Answers one event, whatever it holds.
    ///
    /// # Errors
    /// Only if the store does not answer. The text is fixed; the cause is logged.
    pub async fn call(&self, event: Value) -> Result<Authorization, &'static str> {
        let event = AuthorizerEvent::new(&event, self.clock.now());
        let request_id = event.request_id.clone().unwrap_or_default();
        let span = request_span!(A::NAME, request_id);
        let start = Instant::now();
        let decided = self.authorizer.authorize(&event).instrument(span.clone()).await;
        let _entered = span.entered();
        self.cold_start.tell();
        let milliseconds = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
        let authorization = decided.map_err(|error| {
            tracing::error!(milliseconds, code = error.problem_type().code, error = error.cause().map(chain), "failed");
            "the authorizer cannot tell now"
        })?;
        tracing::info!(authorized = authorization.is_authorized, milliseconds, "answered");
        if !authorization.is_authorized {
            let origin = Origin { operation: A::NAME.to_owned(), request_id: event.request_id, source_ip: event.source_ip, operator: None };
            self.events.write(&Event::of(Act::CredentialsRefused), &origin, self.clock.now());
        }
        Ok(authorization)
    }
}

/// Answers events until the process is stopped.
pub(super) async fn run<A: Authorize>() -> Result<(), lambda_runtime::Error> {
    let service = Arc::new(AuthorizerService::<A>::start(&Setup::of_process()?).await?);
    lambda_runtime::run(service_fn(move |event: LambdaEvent<Value>| {
        let service = service.clone();
        async move { service.call(event.payload).await.map_err(lambda_runtime::Error::from) }
    }))
    .await
}

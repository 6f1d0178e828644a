//! A request as an operation sees it.

use std::collections::HashMap;
use std::fmt::Display;
use std::str::FromStr;

use http::HeaderMap;
use serde_json::Value;

use super::body;
use super::{ApiError, Fields};
use crate::audit::Trail;
use crate::caller::{EntityPath, PasswordGuess};
use crate::domain::{ClientAddress, IdempotencyKey, IdempotencyKeyError, Secret, Timestamp, UserAgent};

/// One request. `Debug` shows only its id: paths, headers and bodies hold secrets.
pub struct Request {
    /// The id under which it is logged.
    pub id: String,
    /// The instant of the request, by the injected clock: one for all that is decided about it.
    pub now: Timestamp,
    /// The route that the gateway matched, `GET /user/logout`: never the path, which may hold a token.
    pub route_key: String,
    /// The path's parameters, decoded once by the gateway.
    pub path_parameters: HashMap<String, String>,
    /// The query, as it was sent.
    pub query: String,
    /// The headers. A value that is not text is kept, and is no credential.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
    /// The client's address: as the gateway saw it, or as the distribution in front of a closed origin gives it.
    pub source_ip: Option<String>,
    /// What the API's authorizer said of the caller, where the route has one.
    pub authorizer: Option<Value>,
    /// The audit events of the request, which are written once it is answered.
    pub trail: Trail,
}

impl Request {
    /// The path's parameter `name` as a `T`.
    ///
    /// # Errors
    /// [`ApiError::InvalidFields`] with the text of `T`'s error.
    pub fn path<T: FromStr<Err: Display>>(&self, name: &str) -> Result<T, ApiError> {
        let text = self.path_parameters.get(name).map_or("", String::as_str);
        text.parse().map_err(|error: T::Err| ApiError::invalid_field(name, error.to_string()))
    }

    /// The (entity, user) pair in the path of every entity operation.
    ///
    /// # Errors
    /// [`ApiError::InvalidFields`] for a malformed id.
    pub fn entity_path(&self) -> Result<EntityPath, ApiError> {
        Ok(EntityPath { entity: self.path("entityId")?, user: self.path("userId")? })
    }

    /// The query's parameters, each a text. Those that nobody reads are ignored.
    #[must_use]
    pub fn query(&self) -> Fields {
        Fields::new(body::parse_query(&self.query))
    }

    /// Where the request comes from, as far as attempts are counted by it.
    #[must_use]
    pub fn client_address(&self) -> ClientAddress {
        ClientAddress::of(self.source_ip.as_deref())
    }

    /// The guess that this is the password of that name.
    #[must_use]
    pub fn password_guess<'r>(&'r self, username: &'r str, password: &'r Secret) -> PasswordGuess<'r> {
        PasswordGuess { username, password, address: self.client_address(), now: self.now, trail: &self.trail }
    }

    /// The body's fields; an empty body and `[]` (what PHP makes of an empty object) have none.
    ///
    /// # Errors
    /// [`ApiError::BodyTooLarge`] or [`ApiError::MalformedBody`].
    pub fn fields(&self) -> Result<Fields, ApiError> {
        body::parse(&self.body).map(Fields::new)
    }

    /// The value of `Idempotency-Key`, if there is one.
    ///
    /// # Errors
    /// [`ApiError::InvalidFields`] for a malformed key, or more than one.
    pub fn idempotency_key(&self) -> Result<Option<IdempotencyKey>, ApiError> {
        let refuse = |error: IdempotencyKeyError| ApiError::invalid_field("Idempotency-Key", error.to_string());
        let mut values = self.headers.get_all("idempotency-key").iter();
        let Some(value) = values.next() else { return Ok(None) };
        if values.next().is_some() {
            return Err(refuse(IdempotencyKeyError));
        }
        value.to_str().map_err(|_| IdempotencyKeyError).and_then(str::parse).map(Some).map_err(refuse)
    }

    /// The fields of a body that is a form (RFC 7662, 2.1) or, by its content type or its first character, a JSON object.
    ///
    /// # Errors
    /// [`ApiError::BodyTooLarge`] or [`ApiError::MalformedBody`], also for a parameter that stands twice (RFC 6749, 3.1).
    pub fn form(&self) -> Result<Fields, ApiError> {
        let media_type = self.headers.get(http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let is_json = media_type.split(';').next().is_some_and(|name| name.trim().eq_ignore_ascii_case("application/json"));
        if is_json || body::is_object(&self.body) {
            return self.fields();
        }
        body::parse_form(&self.body).map(Fields::new)
    }

    /// What the client says that it is.
    #[must_use]
    pub fn user_agent(&self) -> Option<UserAgent> {
        self.headers.get(http::header::USER_AGENT).and_then(|value| UserAgent::of_header(value.as_bytes()))
    }

    /// Whether `Accept` names this media type.
    #[must_use]
    pub fn accepts(&self, media_type: &str) -> bool {
        let values = self.headers.get_all(http::header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
        values
            .flat_map(|value| value.split(','))
            .any(|range| range.split(';').next().is_some_and(|name| name.trim().eq_ignore_ascii_case(media_type)))
    }
}

impl std::fmt::Debug for Request {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Request").field("id", &self.id).finish_non_exhaustive()
    }
}

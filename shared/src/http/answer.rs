//! A successful answer.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

use super::ApiError;

/// What stays as it is in a segment of a path (RFC 3986, 3.3).
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What every answer carries, an error too: a browser neither guesses what a body is nor leaves TLS.
pub const SECURITY_HEADERS: [(&str, &str); 2] =
    [("x-content-type-options", "nosniff"), ("strict-transport-security", "max-age=31536000; includeSubDomains")];

/// A related link of an answer.
#[derive(Clone, Serialize)]
pub struct Link {
    /// What it leads to.
    pub rel: &'static str,
    /// The path.
    pub href: String,
}

impl Link {
    /// The link to `collection/id`, with the id encoded as a path's segment.
    #[must_use]
    pub fn new(rel: &'static str, collection: &str, id: &str) -> Self {
        Self { rel, href: format!("{collection}/{}", utf8_percent_encode(id, SEGMENT)) }
    }
}

/// A status, headers and a JSON body; `Debug` shows the status only. Every answer may hold a secret, so none is stored by a cache unless it says so.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Headers, in lower case, without [`SECURITY_HEADERS`].
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: String,
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Answer").field("status", &self.status).finish_non_exhaustive()
    }
}

impl Answer {
    /// 200 with `body`.
    ///
    /// # Errors
    /// [`ApiError::Internal`] if it cannot be written as JSON.
    pub fn ok(body: &impl Serialize) -> Result<Self, ApiError> {
        Self::json(200, body)
    }

    /// 200 with nothing but a `message`, as the login family's clients expect it.
    ///
    /// # Errors
    /// [`ApiError::Internal`] if it cannot be written as JSON.
    pub fn message(message: &str) -> Result<Self, ApiError> {
        Self::ok(&serde_json::json!({ "message": message }))
    }

    /// 201 with `body`.
    ///
    /// # Errors
    /// [`ApiError::Internal`] if it cannot be written as JSON.
    pub fn created(body: &impl Serialize) -> Result<Self, ApiError> {
        Self::json(201, body)
    }

    /// 202 with nothing but a `message`: what was asked for is done later, or not at all, and the caller is not told which.
    ///
    /// # Errors
    /// [`ApiError::Internal`] if it cannot be written as JSON.
    pub fn accepted(message: &str) -> Result<Self, ApiError> {
        Self::json(202, &serde_json::json!({ "message": message }))
    }

    /// 204, without a body.
    #[must_use]
    pub fn no_content() -> Self {
        Self { status: 204, headers: vec![("cache-control", "no-store".to_owned())], body: String::new() }
    }

    /// 200 with `body`, which holds no secret and which caches may keep for `seconds`.
    ///
    /// # Errors
    /// [`ApiError::Internal`] if it cannot be written as JSON.
    pub fn cacheable(body: &impl Serialize, seconds: u32) -> Result<Self, ApiError> {
        let mut answer = Self::json(200, body)?;
        answer.headers.retain(|(name, _)| *name != "cache-control");
        answer.headers.push(("cache-control", format!("public, max-age={seconds}")));
        Ok(answer)
    }

    /// Adds where the thing that was made stands.
    #[must_use]
    pub fn at(mut self, location: String) -> Self {
        self.headers.push(("location", location));
        self
    }

    /// Adds where a list goes on (RFC 8288): the path with these parameters, of which each is a name and a text that needs no
    /// encoding.
    #[must_use]
    pub fn with_next(mut self, path: &str, parameters: &[(&str, String)]) -> Self {
        let query: Vec<_> = parameters.iter().map(|(name, text)| format!("{name}={text}")).collect();
        self.headers.push(("link", format!("<{path}?{}>; rel=\"next\"", query.join("&"))));
        self
    }

    pub(super) fn json(status: u16, body: &impl Serialize) -> Result<Self, ApiError> {
        let body = serde_json::to_string(body).map_err(ApiError::internal)?;
        let headers = vec![("content-type", "application/json".to_owned()), ("cache-control", "no-store".to_owned())];
        Ok(Self { status, headers, body })
    }
}

//! What API Gateway answers by itself. Imports nothing of ours.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// A request that gets no answer of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The body did not come through.
    BadRequest,
    /// What identifies the caller to the route's authorizer is missing.
    Unauthorized,
    /// The route's authorizer does not let the caller through.
    Forbidden,
    /// No route has this path.
    NotFound,
    /// Routes have this path, for the methods listed.
    MethodNotAllowed(String),
    /// Request line and headers are longer than [`super::HEAD_LIMIT`].
    HeadTooLarge,
    /// The body is longer than [`super::BODY_LIMIT`].
    BodyTooLarge,
    /// The route gets more requests than its limit.
    TooManyRequests,
    /// The function, or the authorizer before it, failed, or its answer makes no sense: for this reason, which the caller is not told.
    Failed(String),
    /// The function of this name was too slow.
    Unavailable(String),
}

impl Refusal {
    fn status(&self) -> StatusCode {
        match self {
            Self::BadRequest => StatusCode::BAD_REQUEST,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::HeadTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
            Self::Failed(_) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// What the developer is told of it.
    pub(super) fn cause(&self) -> Option<String> {
        match self {
            Self::Failed(cause) => Some(cause.clone()),
            Self::Unavailable(function) => Some(format!("{function} was too slow")),
            _ => None,
        }
    }

    fn body(&self) -> &'static str {
        match self {
            Self::BadRequest => r#"{"message":"Bad Request"}"#,
            Self::Unauthorized => r#"{"message":"Unauthorized"}"#,
            Self::Forbidden => r#"{"message":"Forbidden"}"#,
            Self::NotFound => r#"{"message":"Not Found"}"#,
            Self::MethodNotAllowed(_) => r#"{"message":"Method Not Allowed"}"#,
            Self::HeadTooLarge => r#"{"message":"Request Header Fields Too Large"}"#,
            Self::BodyTooLarge => r#"{"message":"Request Entity Too Large"}"#,
            Self::TooManyRequests => r#"{"message":"Too Many Requests"}"#,
            Self::Failed(_) => r#"{"message":"Internal Server Error"}"#,
            Self::Unavailable(_) => r#"{"message":"Service Unavailable"}"#,
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let json = [(header::CONTENT_TYPE, "application/json")];
        let mut response = (self.status(), json, self.body()).into_response();
        if let Self::MethodNotAllowed(allowed) = &self
            && let Ok(allowed) = HeaderValue::from_str(allowed)
        {
            response.headers_mut().insert(header::ALLOW, allowed);
        }
        response
    }
}

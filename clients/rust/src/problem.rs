//! The errors that Latchkey answers.

use std::time::Duration;

use http::{HeaderMap, header};
use serde::Deserialize;

/// An answer of Latchkey that is an error, as RFC 9457 has it. What its gateway answers by itself has no `code`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
#[non_exhaustive]
pub struct Problem {
    /// The status of the answer.
    pub status: u16,
    /// What went wrong, for programs: the last word of `type`. docs/errors.md explains each.
    pub code: Option<String>,
    /// The problem's `type`.
    pub problem_type: Option<String>,
    /// What the caller can do about it, for people.
    pub message: String,
    /// The id of the request, which Latchkey's log has too.
    pub instance: Option<String>,
    /// What is wrong with the request.
    pub invalid_fields: Vec<InvalidField>,
    /// How long to wait before another attempt.
    pub retry_after: Option<Duration>,
}

/// A field of a request that Latchkey does not take.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct InvalidField {
    /// Which field, as a path with dots.
    pub field: String,
    /// What the field must be.
    pub message: String,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Body {
    r#type: Option<String>,
    title: Option<String>,
    detail: Option<String>,
    instance: Option<String>,
    invalid_fields: Vec<InvalidField>,
}

impl Problem {
    pub(crate) fn new(status: u16, headers: &HeaderMap, body: &[u8]) -> Self {
        let body: Body = serde_json::from_slice(body).unwrap_or_default();
        let code = body.r#type.as_deref().and_then(|uri| uri.rsplit([':', '#', '/']).next()).map(str::to_owned);
        let message = body.detail.or(body.title).unwrap_or_else(|| format!("Latchkey answered {status}"));
        let retry_after = retry_after(headers);
        Self { status, code, problem_type: body.r#type, message, instance: body.instance, invalid_fields: body.invalid_fields, retry_after }
    }
}

/// `Retry-After`, in seconds. Latchkey and API Gateway send no dates.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers.get(header::RETRY_AFTER)?.to_str().ok()?.parse().ok().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_says_what_programs_and_people_need() {
        let body = br#"{"type":"urn:latchkey:problem:token-not-found","title":"Gone","detail":"Ask again","instance":"r1"}"#;
        let headers = HeaderMap::from_iter([(header::RETRY_AFTER, http::HeaderValue::from_static("7"))]);

        let problem = Problem::new(404, &headers, body);

        assert_eq!((problem.status, problem.code.as_deref(), problem.to_string()), (404, Some("token-not-found"), "Ask again".to_owned()));
        assert_eq!((problem.instance.as_deref(), problem.retry_after), (Some("r1"), Some(Duration::from_secs(7))));
    }

    #[test]
    fn what_is_no_problem_is_an_error_with_its_status() {
        let problem = Problem::new(400, &HeaderMap::new(), b"<html>");

        assert_eq!((problem.status, problem.code.as_deref(), problem.to_string()), (400, None, "Latchkey answered 400".to_owned()));
    }
}

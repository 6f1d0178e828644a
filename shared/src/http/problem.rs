//! Errors as RFC 9457 problems, with the members that each family's clients read.

use serde_json::{Value, json};

use super::{Answer, ApiError, Family, ProblemType, Request};
use crate::domain::Timestamp;

/// When to try again after the store did not answer: DynamoDB's throttles pass within seconds.
const RETRY_AFTER_SECONDS: u64 = 2;

/// What `type` is: the problem's code, and what stands before it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ProblemTypes {
    /// `urn:latchkey:problem:token-not-found`
    #[default]
    Urn,
    /// `https://example.com/errors#token-not-found`, a place on this page.
    Page(String),
}

impl ProblemTypes {
    fn uri(&self, code: &str) -> String {
        match self {
            Self::Urn => format!("urn:latchkey:problem:{code}"),
            Self::Page(url) => format!("{url}#{code}"),
        }
    }
}

/// The answer for `error`: `type`, `title`, `status`, `detail`, `instance` (the request's id), and the members that the family's
/// clients read. `application/problem+json` for a client that names it in `Accept`, else `application/json`.
#[must_use]
pub fn problem(error: &ApiError, family: Family, request: &Request, types: &ProblemTypes) -> Answer {
    let ProblemType { code, status, title, detail } = error.problem_type();
    let status = match (error, family) {
        // The entity API documents no 422.
        (ApiError::InvalidFields(_), Family::Entity) => 400,
        _ => status,
    };
    let mut body = json!({
        "type": types.uri(code),
        "title": title,
        "status": status,
        "detail": detail,
        "instance": request.id,
    });
    if let Value::Object(members) = &mut body {
        if let ApiError::InvalidFields(fields) = error {
            let fields = fields.iter().map(|invalid| json!({ "field": invalid.field, "message": invalid.message })).collect();
            members.insert("invalidFields".into(), Value::Array(fields));
        }
        match family {
            Family::Login => {
                members.insert("message".into(), detail.into());
            }
            Family::Entity => {
                members.insert("success".into(), false.into());
                members.insert("error".into(), detail.into());
            }
            Family::Token => {}
        }
    }
    let media_type = if request.accepts("application/problem+json") { "application/problem+json" } else { "application/json" };
    let mut headers = vec![("content-type", media_type.to_owned()), ("cache-control", "no-store".to_owned())];
    headers.extend(extra_header(error, request.now));
    Answer { status, headers, body: body.to_string() }
}

/// 401 names the scheme (RFC 9110, 11.6.1; RFC 6750, 3); 429 and 503 say when to come back.
fn extra_header(error: &ApiError, now: Timestamp) -> Option<(&'static str, String)> {
    match (error, error.problem_type()) {
        (ApiError::Throttled { retry_at }, _) => Some(("retry-after", retry_at.seconds_since(now).max(1).to_string())),
        (ApiError::Unavailable(_), _) => Some(("retry-after", RETRY_AFTER_SECONDS.to_string())),
        // RFC 9470, 3.
        (ApiError::FreshLoginRequired { max_age }, ProblemType { title, .. }) => {
            let challenge = r#"Bearer realm="latchkey", error="insufficient_user_authentication""#;
            Some(("www-authenticate", format!(r#"{challenge}, error_description="{title}", max_age="{max_age}""#)))
        }
        (_, ProblemType { status: 401, code: "invalid-credentials", .. }) => {
            Some(("www-authenticate", r#"Bearer realm="latchkey", error="invalid_token""#.to_owned()))
        }
        (_, ProblemType { status: 401, .. }) => Some(("www-authenticate", r#"Bearer realm="latchkey""#.to_owned())),
        _ => None,
    }
}

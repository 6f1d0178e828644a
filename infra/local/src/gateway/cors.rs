//! What the HTTP API tells browsers: it answers their preflights itself, and adds to every other answer who may read it. Imports
//! [`crate::template`].

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::template;

/// Who may call from a page, and what browsers are told.
#[derive(Clone, Debug)]
pub struct Cors {
    origins: Vec<String>,
    told: template::Cors,
}

impl Cors {
    /// Lets the pages of `origins` in: `https://app.example.com`, `*` for all, and `http://localhost:*` for any port.
    #[must_use]
    pub fn new(origins: Vec<String>, told: template::Cors) -> Self {
        Self { origins, told }
    }

    /// The answer to a preflight; `None` for any other request.
    pub(super) fn preflight(&self, method: &Method, request: &HeaderMap) -> Option<Response> {
        let asks = method == Method::OPTIONS && request.contains_key(header::ORIGIN);
        if !asks || !request.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD) {
            return None;
        }
        let mut response = StatusCode::NO_CONTENT.into_response();
        if self.allowed(request).is_some() {
            let headers = response.headers_mut();
            tell(headers, header::ACCESS_CONTROL_ALLOW_METHODS, &self.told.methods);
            tell(headers, header::ACCESS_CONTROL_ALLOW_HEADERS, &self.told.headers);
            tell(headers, header::ACCESS_CONTROL_MAX_AGE, &self.told.max_age.to_string());
        }
        Some(response)
    }

    /// What a browser has to know of any answer to a request with the headers `request`.
    pub(super) fn admit(&self, request: &HeaderMap, response: &mut HeaderMap) {
        let Some(origin) = self.allowed(request) else { return };
        response.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        tell(response, header::ACCESS_CONTROL_EXPOSE_HEADERS, &self.told.exposed);
        response.append(header::VARY, HeaderValue::from_static("origin"));
    }

    /// The origin that the request comes from, if its pages may call.
    fn allowed(&self, request: &HeaderMap) -> Option<HeaderValue> {
        let origin = request.get(header::ORIGIN)?;
        let text = origin.to_str().ok()?;
        self.origins.iter().any(|allowed| matches(allowed, text)).then(|| origin.clone())
    }
}

fn matches(allowed: &str, origin: &str) -> bool {
    match allowed.strip_suffix(":*") {
        Some(any_port) => origin.strip_prefix(any_port).is_some_and(|port| port.is_empty() || is_port(port)),
        None => allowed == "*" || allowed == origin,
    }
}

fn is_port(text: &str) -> bool {
    text.strip_prefix(':').is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit()))
}

fn tell(headers: &mut HeaderMap, name: HeaderName, text: &str) {
    if let Ok(value) = HeaderValue::from_str(text) {
        headers.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cors(origins: &[&str]) -> Cors {
        let told = template::Cors { methods: "GET,POST".into(), headers: "apikey".into(), exposed: "link".into(), max_age: 600 };
        Cors::new(origins.iter().map(|&origin| origin.to_owned()).collect(), told)
    }

    fn request(headers: &[(&'static str, &'static str)]) -> HeaderMap {
        headers.iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value))).collect()
    }

    fn is_admitted(origins: &[&str], origin: &'static str) -> bool {
        let mut response = HeaderMap::new();
        cors(origins).admit(&request(&[("origin", origin)]), &mut response);
        assert!(response.is_empty() || response[header::ACCESS_CONTROL_ALLOW_ORIGIN] == origin);
        !response.is_empty()
    }

    #[test]
    fn pages_of_the_listed_origins_are_let_in() {
        let local = ["http://localhost:*"];
        for origin in ["http://localhost:3000", "http://localhost:1", "http://localhost"] {
            assert!(is_admitted(&local, origin), "{origin}");
        }
        assert!(is_admitted(&["https://app.example.com"], "https://app.example.com") && is_admitted(&["*"], "null"));
    }

    #[test]
    fn pages_of_others_are_not() {
        for origin in [
            "http://localhost.evil.example",
            "http://localhost:3000.evil.example",
            "http://localhost:",
            "https://localhost:3000",
            "http://localhost:3000@evil.example",
            "http://127.0.0.1:3000",
            "null",
            "",
        ] {
            assert!(!is_admitted(&["http://localhost:*"], origin), "{origin}");
        }
        assert!(!is_admitted(&[], "http://localhost:3000"));
    }

    #[test]
    fn a_preflight_is_answered_without_a_function() {
        let cors = cors(&["http://localhost:*"]);
        let asked = |origin| request(&[("origin", origin), ("access-control-request-method", "POST")]);

        let allowed = cors.preflight(&Method::OPTIONS, &asked("http://localhost:3000")).unwrap();
        let refused = cors.preflight(&Method::OPTIONS, &asked("https://evil.example")).unwrap();

        assert_eq!(
            (allowed.status(), &allowed.headers()[header::ACCESS_CONTROL_ALLOW_HEADERS]),
            (StatusCode::NO_CONTENT, &HeaderValue::from_static("apikey")),
        );
        assert!(refused.headers().is_empty());
        assert!(cors.preflight(&Method::OPTIONS, &request(&[("origin", "http://localhost:3000")])).is_none());
        assert!(cors.preflight(&Method::POST, &asked("http://localhost:3000")).is_none());
    }
}

//! Which route a request takes. Imports [`crate::template`].

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use crate::template::Route;

/// Routes in the order in which they are tried: at the first segment that differs, text comes before a parameter.
#[derive(Debug)]
pub struct Routing(Vec<Route>);

/// What a method and a path lead to.
#[derive(Debug, PartialEq, Eq)]
pub enum Match<'r> {
    /// A route, and the path's parameters, decoded once.
    Route(&'r Route, Map<String, Value>),
    /// Only routes for other methods: `GET, POST`.
    OtherMethods(String),
    /// No route.
    Nothing,
}

impl Routing {
    /// A router for `routes`.
    #[must_use]
    pub fn new(mut routes: Vec<Route>) -> Self {
        routes.sort_by_key(|route| route.path.split('/').map(|segment| parameter(segment).is_some()).collect::<Vec<_>>());
        Self(routes)
    }

    /// What `method` and the encoded `path` lead to.
    ///
    /// Segments are told apart before they are decoded, so `%2F` is part of one.
    #[must_use]
    pub fn find(&self, method: &str, path: &str) -> Match<'_> {
        let mut methods = Vec::new();
        for route in &self.0 {
            let Some(parameters) = parameters(&route.path, path) else { continue };
            if route.method == method || route.method == "ANY" {
                return Match::Route(route, parameters);
            }
            methods.push(route.method.as_str());
        }
        if methods.is_empty() { Match::Nothing } else { Match::OtherMethods(methods.join(", ")) }
    }
}

fn parameters(pattern: &str, path: &str) -> Option<Map<String, Value>> {
    let mut parameters = Map::new();
    let (mut wanted, mut given) = (pattern.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return Some(parameters),
            (Some(wanted), Some(given)) => match parameter(wanted) {
                Some(name) if !given.is_empty() => drop(parameters.insert(name.to_owned(), decode(given).into())),
                None if wanted == given => {}
                _ => return None,
            },
            _ => return None,
        }
    }
}

fn parameter(segment: &str) -> Option<&str> {
    segment.strip_prefix('{')?.strip_suffix('}')
}

/// `text` with `%` sequences resolved once; what they don't make UTF-8 of is U+FFFD.
pub(super) fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn routing() -> Routing {
        let route = |method: &str, path: &str| Route {
            path: path.into(),
            method: method.into(),
            operation: format!("{method} {path}"),
            authorizer: None,
            limit: None,
        };
        Routing::new(vec![
            route("GET", "/tokens/{token}"),
            route("DELETE", "/tokens/{token}"),
            route("GET", "/tokens/mine"),
            route("POST", "/a/{x}/b/{y}"),
        ])
    }

    fn operation(method: &str, path: &str) -> Option<String> {
        match routing().find(method, path) {
            Match::Route(route, _) => Some(route.operation.clone()),
            _ => None,
        }
    }

    #[test]
    fn parameters_are_decoded_once() {
        let routing = routing();

        let Match::Route(_, parameters) = routing.find("POST", "/a/x%2Fy%20%2520/b/%C3%A9+") else { panic!("no route") };

        assert_eq!(Value::Object(parameters), json!({ "x": "x/y %20", "y": "é+" }));
    }

    #[test]
    fn what_is_not_utf8_becomes_the_replacement_character() {
        assert_eq!(decode("a%FFb%zz%00"), "a\u{fffd}b%zz\0");
    }

    #[test]
    fn text_comes_before_a_parameter() {
        assert_eq!(operation("GET", "/tokens/mine").unwrap(), "GET /tokens/mine");
        assert_eq!(operation("GET", "/tokens/other").unwrap(), "GET /tokens/{token}");
    }

    #[test]
    fn an_empty_segment_is_no_parameter_and_a_slash_at_the_end_is_another_path() {
        for path in ["/tokens/", "/tokens/x/", "//tokens/x", "/tokens", "", "*"] {
            assert_eq!(routing().find("GET", path), Match::Nothing, "{path}");
        }
    }

    #[test]
    fn a_wrong_method_gets_the_right_ones() {
        assert_eq!(routing().find("PUT", "/tokens/x"), Match::OtherMethods("GET, DELETE".into()));
    }
}

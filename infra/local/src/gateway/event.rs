//! A request as the event that API Gateway makes of it, payload format 2.0. Imports [`crate::template`].

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::http::request::Parts;
use axum::http::{HeaderValue, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::routing::decode;
use crate::template::Route;

/// A request that has come in whole.
#[derive(Debug)]
pub struct Arrival<'a> {
    /// What the request is called in logs and answers.
    pub id: &'a str,
    /// The client's address.
    pub source: IpAddr,
    /// The gateway's own name.
    pub authority: &'a str,
    /// Request line and headers.
    pub parts: &'a Parts,
    /// The body, as it came.
    pub body: &'a [u8],
}

/// Headers between the client and the gateway alone.
const HOP_BY_HOP: [header::HeaderName; 6] =
    [header::CONNECTION, header::TE, header::TRAILER, header::TRANSFER_ENCODING, header::UPGRADE, header::PROXY_AUTHENTICATE];

/// The event for `arrival` on `route`, without `queryStringParameters` and `cookies`, which no function reads: functions read
/// `rawQueryString`.
pub(super) fn event(route: &Route, parameters: Map<String, Value>, arrival: &Arrival<'_>) -> Value {
    let Arrival { id, source, authority, parts, body } = arrival;
    let headers = headers(arrival);
    // HTTP APIs hand the path over decoded, Lambda's function URLs do not.
    let path = decode(parts.uri.path());
    let key = format!("{} {}", route.method, route.path);
    let mut event = json!({
        "version": "2.0",
        "routeKey": key,
        "rawPath": path,
        "rawQueryString": parts.uri.query().unwrap_or_default(),
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "local",
            "domainName": authority,
            "domainPrefix": "local",
            "http": {
                "method": parts.method.as_str(),
                "path": path,
                "protocol": format!("{:?}", parts.version),
                "sourceIp": source,
                "userAgent": headers.get("user-agent").cloned().unwrap_or_default(),
            },
            "requestId": id,
            "routeKey": key,
            "stage": "$default",
            "timeEpoch": now(),
        },
        "headers": headers,
        "isBase64Encoded": false,
    });
    if let Some(event) = event.as_object_mut() {
        if !parameters.is_empty() {
            event.insert("pathParameters".to_owned(), parameters.into());
        }
        if !body.is_empty() {
            let text = std::str::from_utf8(body).ok().filter(|_| is_text(parts.headers.get(header::CONTENT_TYPE)));
            event.insert("isBase64Encoded".to_owned(), text.is_none().into());
            event.insert("body".to_owned(), text.map_or_else(|| STANDARD.encode(body), str::to_owned).into());
        }
    }
    event
}

/// Whether API Gateway hands a body of this type over as text; without a type it does.
///
/// A form, among others, comes as base64 though it is text.
fn is_text(content_type: Option<&HeaderValue>) -> bool {
    let Some(content_type) = content_type else { return true };
    let essence = String::from_utf8_lossy(content_type.as_bytes()).split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let types = ["application/json", "application/javascript", "application/xml"];
    essence.starts_with("text/") || types.contains(&essence.as_str()) || essence.ends_with("+json") || essence.ends_with("+xml")
}

/// Names in lower case, repeated headers joined by a comma, bytes that are not UTF-8 as U+FFFD.
fn headers(arrival: &Arrival<'_>) -> BTreeMap<String, String> {
    let mut headers: BTreeMap<String, String> = BTreeMap::new();
    // Format 2.0 keeps cookies apart from the headers.
    let own = [header::HOST, header::COOKIE, header::CONTENT_LENGTH];
    for (name, value) in arrival.parts.headers.iter().filter(|(name, _)| !HOP_BY_HOP.contains(name) && !own.contains(name)) {
        join(&mut headers, name.as_str(), &String::from_utf8_lossy(value.as_bytes()));
    }
    headers.insert("host".to_owned(), arrival.authority.to_owned());
    headers.insert("content-length".to_owned(), arrival.body.len().to_string());
    join(&mut headers, "x-forwarded-for", &arrival.source.to_string());
    // Not joined: a client can't tell a function that it came over TLS.
    headers.insert("x-forwarded-proto".to_owned(), "http".to_owned());
    let port = arrival.authority.rsplit_once(':').map_or("80", |(_, port)| port);
    headers.insert("x-forwarded-port".to_owned(), port.to_owned());
    headers
}

fn join(values: &mut BTreeMap<String, String>, name: &str, value: &str) {
    values.entry(name.to_owned()).and_modify(|joined| joined.extend([",", value])).or_insert_with(|| value.to_owned());
}

/// Milliseconds since 1970.
#[expect(clippy::disallowed_methods, reason = "an event carries the gateway's time; the functions' clock is another")]
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn sent(request: Request<&[u8]>) -> Value {
        let (parts, body) = request.into_parts();
        let route = Route { path: "/a/{x}".into(), method: "POST".into(), operation: "a".into(), authorizer: None, limit: None };
        let parameters = Map::from_iter([("x".to_owned(), json!("b c"))]);
        let arrival = Arrival { id: "id", source: [127, 0, 0, 1].into(), authority: "127.0.0.1:9000", parts: &parts, body };
        event(&route, parameters, &arrival)
    }

    fn post() -> axum::http::request::Builder {
        Request::post("/a/b%20c?q=1&q=%C3%A9&r+s")
    }

    #[test]
    fn a_request_becomes_an_event_of_format_2() {
        let mut event = sent(post().header("X-Two", "1").header("x-two", "2").header("cookie", "a=1; b=2").body(b"{}".as_slice()).unwrap());

        assert!(event["requestContext"]["timeEpoch"].take().as_u64().unwrap() > 1_700_000_000_000);
        assert_eq!(
            event,
            json!({
                "version": "2.0",
                "routeKey": "POST /a/{x}",
                "rawPath": "/a/b c",
                "rawQueryString": "q=1&q=%C3%A9&r+s",
                "pathParameters": { "x": "b c" },
                "headers": {
                    "content-length": "2", "host": "127.0.0.1:9000", "x-two": "1,2",
                    "x-forwarded-for": "127.0.0.1", "x-forwarded-port": "9000", "x-forwarded-proto": "http",
                },
                "requestContext": {
                    "accountId": "000000000000", "apiId": "local", "domainName": "127.0.0.1:9000", "domainPrefix": "local",
                    "http": { "method": "POST", "path": "/a/b c", "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "" },
                    "requestId": "id", "routeKey": "POST /a/{x}", "stage": "$default", "timeEpoch": null,
                },
                "body": "{}",
                "isBase64Encoded": false,
            })
        );
    }

    #[test]
    fn a_client_can_not_choose_the_host_or_pretend_to_use_tls() {
        let request = post().header("host", "evil example").header("x-forwarded-proto", "ht tp").header("x-forwarded-for", "10.0.0.1");

        let event = sent(request.body(b"".as_slice()).unwrap());

        assert_eq!(event["headers"]["host"], "127.0.0.1:9000");
        assert_eq!(event["headers"]["x-forwarded-proto"], "http");
        assert_eq!(event["headers"]["x-forwarded-for"], "10.0.0.1,127.0.0.1");
    }

    #[test]
    fn an_empty_body_is_absent() {
        let event = sent(post().header("content-type", "application/x-www-form-urlencoded").body(b"".as_slice()).unwrap());

        assert_eq!((event.get("body"), &event["isBase64Encoded"]), (None, &json!(false)));
    }

    #[test]
    fn bytes_and_forms_come_as_base64() {
        let bytes = sent(post().header("content-type", "application/json").body(b"{\"a\":\"\xff\"}".as_slice()).unwrap());
        let form = sent(post().header("content-type", "application/x-www-form-urlencoded").body(b"a=1".as_slice()).unwrap());

        assert_eq!((&bytes["body"], &bytes["isBase64Encoded"]), (&json!("eyJhIjoi/yJ9"), &json!(true)));
        assert_eq!((&form["body"], &form["isBase64Encoded"]), (&json!("YT0x"), &json!(true)));
    }

    #[test]
    fn a_header_that_is_not_utf8_breaks_nothing() {
        let event = sent(post().header("x-bytes", HeaderValue::from_bytes(b"a\xffb").unwrap()).body(b"".as_slice()).unwrap());

        assert_eq!(event["headers"]["x-bytes"], "a\u{fffd}b");
    }

    #[test]
    fn text_types_are_text() {
        for (name, text) in [("application/problem+json; charset=utf-8", true), ("TEXT/plain", true), ("application/octet-stream", false)] {
            assert_eq!(is_text(Some(&HeaderValue::from_static(name))), text, "{name}");
        }
        assert!(is_text(None));
    }
}

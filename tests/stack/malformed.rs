//! Bad requests through the gateway: a 4xx with the problem body, never a 5xx, and every function still answers.

use serde_json::json;

use super::site::Site;
use crate::house::contract::Fit;
use crate::house::template;
use crate::routes::contract;

/// How a gateway is told from another.
#[derive(Clone, Copy)]
pub struct Gateway {
    /// What it answers where a path has other methods.
    pub wrong_method: u16,
    /// Whether the authorizer's sample is behind it.
    pub has_sample: bool,
}

pub async fn every_bad_request_gets_a_4xx(site: &Site, gateway: Gateway) {
    let bodies: Vec<(&str, Vec<u8>)> = vec![
        ("empty", Vec::new()),
        ("truncated", b"{\"username\":".to_vec()),
        (
            "wrong types",
            br#"{"username":[],"password":{},"name":1,"text":{},"mode":[],"expiry":7,"flags":7,"authenticationToken":[],"acl":1}"#.to_vec(),
        ),
        ("an array", b"[\"user\",\"password\"]".to_vec()),
        ("two megabytes", format!("{{\"name\":\"{}\"}}", "x".repeat(2 << 20)).into_bytes()),
        ("invalid UTF-8", b"{\"username\":\"\xff\xfe\"}".to_vec()),
        ("duplicate keys", br#"{"username":"a","username":"b"}"#.to_vec()),
        ("deep", "[".repeat(10_000).into_bytes()),
    ];
    let contract = contract();
    let routes = latchkey_local::template::routes(template()).unwrap();
    for route in routes.iter().filter(|route| gateway.has_sample || route.authorizer.is_none()) {
        // Between the braces stand the parameters' names.
        let parts = route.path.split(['{', '}']).enumerate();
        let path: String = parts.map(|(at, part)| if at % 2 == 0 { part } else { "a%20b%C3%BC%00" }).collect();
        let operation = &contract["paths"][&route.path][route.method.to_lowercase()];
        let reads_nothing = path == route.path && operation["requestBody"].is_null() && operation["security"] == json!([]);
        for (kind, body) in &bodies {
            for content_type in ["application/json", "application/x-www-form-urlencoded", "application/octet-stream"] {
                let headers = [("content-type", content_type), ("authorization", "B\u{e9}arer \u{1f511}"), ("x-odd", "\u{fffd}")];
                let reply = site.http.that(Fit::Unknown).send(&route.method, &path, &headers, body.clone()).await.unwrap();
                if reads_nothing {
                    assert_eq!(reply.status, 200, "it looks at nothing that a caller sends");
                    continue;
                }
                if route.authorizer.is_some() {
                    assert_eq!(reply.status, 403, "the gateway answers itself");
                    continue;
                }
                assert!((400..500).contains(&reply.status), "{} {kind} as {content_type}: {reply:?}", route.operation);
                assert_eq!(reply.body["status"], reply.status, "{} {kind} as {content_type}: {reply:?}", route.operation);
                assert_eq!(reply.headers["cache-control"], "no-store");
            }
        }
    }
    for (method, path, status) in [
        ("GET", "/nowhere", 404),
        ("PUT", "/user/login", gateway.wrong_method),
        ("GET", "/authentication-tokens/x/exchange", gateway.wrong_method),
    ] {
        let reply = site.http.send(method, path, &[], "").await.unwrap();
        assert_eq!((reply.status, reply.body["message"].is_string()), (status, true), "{method} {path}");
    }
}

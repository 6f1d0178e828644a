//! What stands in for AWS on this machine answers programs of this machine, and no page that a browser shows.
//!
//! A page of any site can send requests to an address of this machine. Its browser says so in `Origin` or `Sec-Fetch-Site`, which no
//! program sends. Where the page's own name has been made to lead here (DNS rebinding), the browser takes it for a page of this server,
//! and `Host` has that name.

use std::net::IpAddr;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};

/// Names of this machine: the second is what Docker's containers call it.
const NAMES: [&str; 2] = ["localhost", "host.docker.internal"];

/// `router`, with 403 for whatever comes from a page.
pub fn refuse_browsers(router: Router) -> Router {
    router.layer(middleware::from_fn(pass_programs))
}

async fn pass_programs(request: Request, next: Next) -> Response {
    if is_from_a_page(request.headers()) {
        return (StatusCode::FORBIDDEN, "Only programs of this machine are answered here.\n").into_response();
    }
    next.run(request).await
}

fn is_from_a_page(headers: &HeaderMap) -> bool {
    let says_so = headers.contains_key(header::ORIGIN) || headers.contains_key("sec-fetch-site");
    let mut hosts = headers.get_all(header::HOST).iter().map(|host| host.to_str().unwrap_or_default());
    says_so || !hosts.next().is_some_and(is_this_machine) || hosts.next().is_some()
}

/// Whether `host` is an address, which no name can be made to lead to, or a name of this machine.
fn is_this_machine(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|digit| digit.is_ascii_digit()) => name,
        _ => host,
    };
    let address = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    address.parse::<IpAddr>().is_ok() || NAMES.iter().any(|known| name.eq_ignore_ascii_case(known))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn is_refused(headers: &[(&'static str, &'static str)]) -> bool {
        is_from_a_page(&headers.iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value))).collect())
    }

    #[test]
    fn programs_pass_by_address_and_by_name() {
        for host in
            ["127.0.0.1:8000", "127.0.0.1", "[::1]:8000", "localhost:8000", "LOCALHOST", "172.17.0.1:40001", "host.docker.internal:1"]
        {
            assert!(!is_refused(&[("host", host)]), "{host}");
        }
    }

    #[test]
    fn what_a_page_sends_is_refused() {
        for host in [
            "evil.example",
            "evil.example:8000",
            "localhost.evil.example",
            "127.0.0.1.evil.example:8000",
            "127.0.0.1:8000.evil.example",
            "localhost:80@evil.example",
            "",
            ":8000",
            "[::1].evil.example",
        ] {
            assert!(is_refused(&[("host", host)]), "{host}");
        }
        assert!(is_refused(&[]) && is_refused(&[("host", "localhost"), ("host", "evil.example")]));
        for (name, value) in [
            ("origin", "http://127.0.0.1:8000"),
            ("origin", "https://evil.example"),
            ("origin", "null"),
            ("origin", ""),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-origin"),
            ("sec-fetch-site", "none"),
        ] {
            assert!(is_refused(&[("host", "127.0.0.1:8000"), (name, value)]), "{name}: {value}");
        }
    }
}

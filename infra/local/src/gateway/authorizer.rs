//! What API Gateway does before a route that has a Lambda authorizer (REQUEST, payload 2.0, simple responses). Imports
//! [`crate::template`].

use serde_json::{Value, json};

use super::{Gateway, Refusal};
use crate::template::Authorizer;

#[derive(Clone, Debug, PartialEq)]
enum Decision {
    Refused,
    /// With the context that the route's function is told.
    Authorized(Value),
}

impl Gateway {
    /// Passes `event` on with the authorizer's context in it.
    ///
    /// The authorizer is asked at each request. API Gateway would keep its answer for `ReauthorizeEvery` seconds.
    ///
    /// # Errors
    /// If an identity source is missing or empty, in which case the authorizer is not asked, if it refuses, or if it fails.
    pub(super) async fn authorize(&self, authorizer: &Authorizer, event: &mut Value) -> Result<(), Refusal> {
        let sources = identity_sources(authorizer, event).ok_or(Refusal::Unauthorized)?;
        let Decision::Authorized(context) = self.ask(authorizer, event, &sources).await? else { return Err(Refusal::Forbidden) };
        if let Some(request) = event.get_mut("requestContext").and_then(Value::as_object_mut) {
            request.insert("authorizer".to_owned(), json!({ "lambda": context }));
        }
        Ok(())
    }

    async fn ask(&self, authorizer: &Authorizer, event: &Value, sources: &[String]) -> Result<Decision, Refusal> {
        // Whatever keeps an authorizer from deciding is a 500.
        let asked = self.invoke(&authorizer.function, &question(event, sources)).await;
        let answer = asked.map_err(|refusal| Refusal::Failed(refusal.cause().unwrap_or_default()))?;
        read(&answer).ok_or_else(|| Refusal::Failed(format!("{} gave an answer that API Gateway would not take", authorizer.function)))
    }
}

/// The values of all headers that identify the caller, or nothing if one is missing or empty.
fn identity_sources(authorizer: &Authorizer, event: &Value) -> Option<Vec<String>> {
    let headers = event.get("headers")?;
    let value = |name: &String| headers.get(name)?.as_str().filter(|value| !value.trim().is_empty()).map(str::to_owned);
    authorizer.headers.iter().map(value).collect()
}

/// The event of the route as the authorizer gets it: without the body, which it never sees.
fn question(event: &Value, sources: &[String]) -> Value {
    let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let (method, path) = (text("/requestContext/http/method"), text("/rawPath"));
    let mut question = event.clone();
    if let Some(members) = question.as_object_mut() {
        members.remove("body");
        members.remove("isBase64Encoded");
        members.insert("type".to_owned(), "REQUEST".into());
        members.insert("routeArn".to_owned(), format!("arn:aws:execute-api:local:000000000000:local/$default/{method}{path}").into());
        members.insert("identitySource".to_owned(), sources.into());
    }
    question
}

fn read(answer: &[u8]) -> Option<Decision> {
    let mut answer: Value = serde_json::from_slice(answer).ok()?;
    let authorized = answer.get("isAuthorized")?.as_bool()?;
    let context = answer.get_mut("context").map(Value::take).unwrap_or_default();
    Some(if authorized { Decision::Authorized(context) } else { Decision::Refused })
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use axum::http::StatusCode;

    use super::super::tests::{FAILED, message, sent_to, serving};
    use super::*;
    use crate::template::Route;

    /// A gateway with two routes behind an authorizer that knows `good` alone, breaks at `broken` and says nothing of use to `odd`;
    /// and how often that was asked.
    async fn stack() -> (SocketAddr, Arc<AtomicUsize>) {
        let asked = Arc::new(AtomicUsize::new(0));
        let counted = asked.clone();
        let functions = move |function: &str, event: Value| {
            if function == "echo" {
                return Ok(json!({ "statusCode": 200, "body": event.to_string() }));
            }
            counted.fetch_add(1, Ordering::SeqCst);
            match event["identitySource"][0].as_str().unwrap() {
                "good" => Ok(json!({ "isAuthorized": true, "context": { "told": event } })),
                "broken" => Err(FAILED),
                "odd" => Ok(json!({})),
                _ => Ok(json!({ "isAuthorized": false, "context": {} })),
            }
        };
        let (name, function) = ("Latchkey".to_owned(), "authorizer".to_owned());
        let authorizer = Authorizer { name, function, headers: vec!["authorization".to_owned()] };
        let route = |path: &str| Route {
            path: path.to_owned(),
            method: "POST".to_owned(),
            operation: "echo".to_owned(),
            authorizer: Some(authorizer.clone()),
            limit: None,
        };
        (serving(vec![route("/behind/{x}"), route("/beside")], functions).await, asked)
    }

    async fn with(address: SocketAddr, path: &str, credential: &str) -> (StatusCode, Value) {
        let (status, _, body) = sent_to(address, "POST", path, &[("Authorization", credential.as_bytes())], b"{}".to_vec()).await;
        (status, body)
    }

    #[tokio::test]
    async fn the_authorizer_gets_the_request_without_its_body_and_the_route_gets_its_context() {
        let (address, _) = stack().await;

        let (status, mut event) = with(address, "/behind/a%20b?q=1", "good").await;

        assert_eq!(status, StatusCode::OK);
        let mut told = event["requestContext"]["authorizer"]["lambda"]["told"].take();
        assert!(told["requestContext"]["requestId"].take().is_string() && told["requestContext"]["timeEpoch"].take().is_u64());
        let authority = address.to_string();
        let port = authority.split_once(':').unwrap().1;
        assert_eq!(
            told,
            json!({
                "version": "2.0",
                "type": "REQUEST",
                "routeArn": "arn:aws:execute-api:local:000000000000:local/$default/POST/behind/a b",
                "identitySource": ["good"],
                "routeKey": "POST /behind/{x}",
                "rawPath": "/behind/a b",
                "rawQueryString": "q=1",
                "pathParameters": { "x": "a b" },
                "headers": {
                    "authorization": "good", "content-length": "2", "host": authority,
                    "x-forwarded-for": "127.0.0.1", "x-forwarded-port": port, "x-forwarded-proto": "http",
                },
                "requestContext": {
                    "accountId": "000000000000", "apiId": "local", "domainName": authority, "domainPrefix": "local",
                    "http": { "method": "POST", "path": "/behind/a b", "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "" },
                    "requestId": null, "routeKey": "POST /behind/{x}", "stage": "$default", "timeEpoch": null,
                },
            })
        );
        assert_eq!(event["body"], "{}");
    }

    #[tokio::test]
    async fn without_its_identity_source_nobody_is_asked() {
        let (address, asked) = stack().await;

        let missing = sent_to(address, "POST", "/beside", &[("x-api-key", b"good")], vec![]).await;
        let empty = with(address, "/beside", " ").await;

        assert_eq!((missing.0, missing.2), (StatusCode::UNAUTHORIZED, message("Unauthorized")));
        assert_eq!(empty, (StatusCode::UNAUTHORIZED, message("Unauthorized")));
        assert_eq!(asked.load(Ordering::SeqCst), 0);
    }

    #[tokio::test]
    async fn each_request_asks_and_a_failure_is_a_500() {
        let (address, asked) = stack().await;

        for (credential, status, text) in [
            ("good", StatusCode::OK, None),
            ("bad", StatusCode::FORBIDDEN, Some("Forbidden")),
            ("broken", StatusCode::INTERNAL_SERVER_ERROR, Some("Internal Server Error")),
            ("odd", StatusCode::INTERNAL_SERVER_ERROR, Some("Internal Server Error")),
        ] {
            for path in ["/behind/x", "/beside"] {
                let answer = with(address, path, credential).await;
                assert_eq!(answer.0, status);
                assert!(text.is_none_or(|text| answer.1 == message(text)));
            }
        }

        assert_eq!(asked.load(Ordering::SeqCst), 8);
    }
}

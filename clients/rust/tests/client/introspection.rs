//! What is asked again, and what is kept, with a server that fails on demand.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use http::StatusCode;
use latchkey_client::{IntrospectError, Kind, Latchkey};
use serde_json::{Value, json};

use super::stand_in::{now, serve};

/// What fails before the answer.
#[derive(Clone, Copy)]
enum Failure {
    /// The answer is lost.
    Lost,
    /// The answer is this status, with this `Retry-After`.
    Status(u16, &'static str),
}

/// The requests that a server has seen: path, `apikey` and body.
type Seen = Arc<Mutex<Vec<[String; 3]>>>;

/// A client of a server that fails as `failures` say, and then answers `body`.
async fn failing(failures: &'static [Failure], body: Value) -> (Latchkey, Seen) {
    let seen = Seen::default();
    let record = seen.clone();
    let url = serve(any(async move |request: Request| {
        let (path, key) = (request.uri().path().to_owned(), request.headers()["apikey"].to_str().unwrap().to_owned());
        let sent = axum::body::to_bytes(request.into_body(), 10_000).await.unwrap();
        let number = {
            let mut seen = record.lock().unwrap();
            seen.push([path, key, String::from_utf8(sent.to_vec()).unwrap()]);
            seen.len()
        };
        match failures.get(number - 1) {
            // The connection breaks in the middle of the body.
            Some(Failure::Lost) => Response::builder().header("content-length", "100").body("{".into()).unwrap(),
            Some(Failure::Status(status, retry_after)) => {
                let problem = json!({ "type": "urn:latchkey:problem:unavailable", "detail": "Try again", "instance": "r1" });
                (StatusCode::from_u16(*status).unwrap(), [("retry-after", *retry_after)], problem.to_string()).into_response()
            }
            None => body.to_string().into_response(),
        }
    }))
    .await;
    (Latchkey::builder(&url).api_key("lkapi_x").build().unwrap(), seen)
}

fn count(seen: &Seen) -> usize {
    seen.lock().unwrap().len()
}

fn api_key() -> Value {
    json!({ "active": true, "kind": "api-key", "sub": "u1", "iss": "i", "iat": 1, "acl": [], "customClaims": {}, "username": "demo" })
}

#[tokio::test]
async fn a_question_is_repeated_after_a_lost_and_after_a_temporary_answer() {
    let (latchkey, seen) = failing(&[Failure::Lost, Failure::Status(503, "0")], json!({ "active": false })).await;

    assert_eq!(latchkey.introspect("a+b").await.unwrap(), None);

    let asked = ["/introspect", "lkapi_x", "token=a%2Bb"].map(str::to_owned);
    assert_eq!(*seen.lock().unwrap(), [asked.clone(), asked.clone(), asked]);
}

#[tokio::test]
async fn after_the_retries_the_last_answer_is_the_error() {
    let (latchkey, seen) = failing(&[Failure::Status(500, "0"); 3], api_key()).await;

    let error = latchkey.introspect("token").await.unwrap_err();

    let IntrospectError::Problem(problem) = error else { panic!("{error}") };
    assert_eq!((problem.status, problem.code.as_deref(), problem.to_string()), (500, Some("unavailable"), "Try again".to_owned()));
    assert_eq!(problem.instance.as_deref(), Some("r1"));
    assert_eq!(count(&seen), 3);
}

#[tokio::test]
async fn a_definite_answer_is_not_asked_for_again() {
    let (latchkey, seen) = failing(&[Failure::Status(401, "0")], api_key()).await;

    assert!(matches!(latchkey.introspect("token").await, Err(IntrospectError::Problem(problem)) if problem.status == 401));
    assert_eq!(count(&seen), 1);
}

#[tokio::test]
async fn a_long_retry_after_is_left_to_the_caller() {
    let (latchkey, seen) = failing(&[Failure::Status(429, "600")], api_key()).await;

    let error = latchkey.introspect("token").await.unwrap_err();

    assert!(matches!(error, IntrospectError::Problem(problem) if problem.retry_after == Some(Duration::from_secs(600))));
    assert_eq!(count(&seen), 1);
}

#[tokio::test]
async fn what_is_not_as_the_contract_says_is_an_error() {
    for body in [json!("<html>"), json!({ "active": "yes" }), json!({ "active": true, "kind": "session" })] {
        let (latchkey, _) = failing(&[], body.clone()).await;

        assert!(matches!(latchkey.introspect("token").await, Err(IntrospectError::Unreadable(_))), "{body}");
    }
}

#[tokio::test]
async fn a_good_answer_is_kept_for_as_long_as_asked_and_a_bad_one_never() {
    let (latchkey, seen) = failing(&[], api_key()).await;
    let (inactive, asked) = failing(&[], json!({ "active": false })).await;
    let minute = Duration::from_secs(60);

    let first = latchkey.introspect_cached("a", minute).await.unwrap().unwrap();
    let second = latchkey.introspect_cached("a", minute).await.unwrap().unwrap();
    let kept = count(&seen);
    latchkey.introspect_cached("b", minute).await.unwrap();
    latchkey.introspect("a").await.unwrap();
    for _ in 0..2 {
        assert_eq!(inactive.introspect_cached("a", minute).await.unwrap(), None);
    }

    assert_eq!(first, second);
    assert_eq!((first.kind, first.subject.as_str(), first.username.as_deref()), (Kind::ApiKey, "u1", Some("demo")));
    // The first 22 characters of the hash of `a`, as keys are listed.
    assert_eq!(first.key_id.as_deref(), Some("ypeBEsobvcr6wjGzmiPcTa"));
    assert_eq!((kept, count(&seen), count(&asked)), (1, 3, 2));
}

#[tokio::test]
async fn a_bad_answer_replaces_the_good_one_that_is_kept() {
    let said = Arc::new(Mutex::new(api_key()));
    let answer = said.clone();
    let url = serve(any(async move || answer.lock().unwrap().to_string())).await;
    let latchkey = Latchkey::builder(&url).api_key("lkapi_x").build().unwrap();
    let minute = Duration::from_secs(60);
    assert!(latchkey.introspect_cached("a", minute).await.unwrap().is_some());

    *said.lock().unwrap() = json!({ "active": false });

    assert!(latchkey.introspect_cached("a", minute).await.unwrap().is_some());
    assert!(latchkey.introspect("a").await.unwrap().is_none());
    assert!(latchkey.introspect_cached("a", minute).await.unwrap().is_none());
}

#[tokio::test]
async fn an_answer_is_not_kept_past_its_credentials_end() {
    let said = json!({ "active": true, "kind": "session", "sub": "c", "iss": "i", "iat": 1, "exp": now(), "acl": [], "customClaims": {} });
    let (latchkey, seen) = failing(&[], said).await;

    for _ in 0..2 {
        latchkey.introspect_cached("a", Duration::from_secs(60)).await.unwrap();
    }

    assert_eq!(count(&seen), 2);
}

#[tokio::test]
async fn an_api_key_that_is_needed_and_missing_is_told_before_any_request() {
    let latchkey = Latchkey::new("http://127.0.0.1:1").unwrap();

    assert!(matches!(latchkey.introspect("token").await, Err(IntrospectError::NoApiKey)));
}

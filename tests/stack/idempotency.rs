//! Exchanges whose answers are cut off by the client's side, and repeated.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::stream::{StreamExt, iter};
use latchkey::domain::Locator;
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::http::Response;
use super::people::pause;
use super::running::Stack;
use crate::house::session_id;

const EXCHANGES: usize = 100;

/// As many at once as there may be retries at the same time as what they repeat.
const AT_ONCE: usize = 8;

/// An exchange that was cut off and repeated.
struct Repeated {
    customer: String,
    path: String,
    key: String,
    retry: Response,
}

pub async fn a_repeated_exchange_gets_the_session_that_it_began(stack: &Stack) {
    let judge = stack.demo().await.key;

    let repeated = all(stack, &judge, true).await;

    let mut sessions = 0;
    for Repeated { customer, path, key, retry } in &repeated {
        assert_eq!(retry.status, 201, "no token is burnt: {retry:?}");
        let introspected = stack.introspect(&judge, &retry.text("token")).await;
        assert_eq!((&introspected["active"], &introspected["sub"]), (&json!(true), &json!(customer)));
        let again = exchange(stack, path, Some(key)).await;
        assert_eq!((again.status, &again.body["id"]), (201, &retry.body["id"]), "the same session however often it is asked for");
        let ids = sessions_of(stack, customer).await;
        assert_eq!(ids, [retry.text("id")], "none is doubled");
        sessions += ids.len();
    }
    println!("{EXCHANGES} exchanges cut off and repeated with their Idempotency-Key: {EXCHANGES} times 201, {sessions} sessions");
    assert_eq!(sessions, EXCHANGES);
}

pub async fn without_a_key_there_is_at_most_one_session(stack: &Stack) {
    let judge = stack.demo().await.key;

    let repeated = all(stack, &judge, false).await;

    let (mut lost, mut sessions) = (0, 0);
    for Repeated { customer, retry, .. } in &repeated {
        let ids = sessions_of(stack, customer).await;
        match retry.status {
            404 => lost += 1,
            201 => assert_eq!(ids, [retry.text("id")], "what never arrived begins nothing"),
            _ => panic!("{retry:?}"),
        }
        assert_eq!(ids.len(), 1, "a token that is gone has its session, whoever was told of it");
        sessions += ids.len();
    }
    println!("{EXCHANGES} without the key: {lost} times 404, {} times 201, {sessions} sessions", EXCHANGES - lost);
}

async fn all(stack: &Stack, backend: &str, with_key: bool) -> Vec<Repeated> {
    iter(0..EXCHANGES).map(|round| repeated(stack, backend, with_key, round)).buffer_unordered(AT_ONCE).collect().await
}

async fn repeated(stack: &Stack, backend: &str, with_key: bool, round: usize) -> Repeated {
    let (customer, key) = (format!("customer-{}", uuid::Uuid::new_v4()), uuid::Uuid::new_v4().to_string());
    let token = stack.one_time_token(backend, &customer).await.text("token");
    let path = format!("/authentication-tokens/{token}/exchange");

    cut_off(stack, &path, with_key.then_some(key.as_str()), round).await;
    let retry = exchange(stack, &path, with_key.then_some(key.as_str())).await;
    Repeated { customer, path, key, retry }
}

/// Sends a whole request and goes away: at once, or some milliseconds later, when the answer may be on its way.
async fn cut_off(stack: &Stack, path: &str, key: Option<&str>, round: usize) {
    let host = stack.url.strip_prefix("http://").unwrap();
    let key = key.map(|key| format!("idempotency-key: {key}\r\n")).unwrap_or_default();
    let request = format!("POST {path} HTTP/1.1\r\nhost: {host}\r\n{key}content-length: 0\r\n\r\n");
    let mut socket = TcpStream::connect(host).await.unwrap();
    socket.write_all(request.as_bytes()).await.unwrap();
    let chance = u64::from(uuid::Uuid::new_v4().as_bytes()[0]);
    match round % 4 {
        0 => {}
        1 => socket.shutdown().await.unwrap(),
        _ => pause(Duration::from_millis(chance % 40)).await,
    }
}

async fn exchange(stack: &Stack, path: &str, key: Option<&str>) -> Response {
    let headers: Vec<_> = key.map(|key| ("idempotency-key", key)).into_iter().collect();
    stack.http.send("POST", path, &headers, "").await.unwrap()
}

async fn sessions_of(stack: &Stack, customer: &str) -> Vec<String> {
    let subject = Locator::of_customer(&customer.parse().unwrap()).to_string();
    let query = stack.database.query().table_name("latchkey-sessions").consistent_read(true);
    let query = query.key_condition_expression("subject = :s").expression_attribute_values(":s", AttributeValue::S(subject));
    let rows = query.send().await.unwrap().items.unwrap_or_default();
    rows.iter().filter(|row| row["kind"].as_s().unwrap() == "exchange").map(|row| session_id(row).to_string()).collect()
}

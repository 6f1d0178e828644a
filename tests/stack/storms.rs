//! Many callers at the same instant, across the processes of a function.

use std::collections::HashSet;
use std::time::Instant;

use futures_util::future::join_all;
use latchkey::domain::Locator;
use serde_json::json;

use super::http::Response;
use super::site::Site;

/// How many of the answers have this status.
fn count(replies: &[Response], status: u16) -> usize {
    replies.iter().filter(|reply| reply.status == status).count()
}

pub async fn of_many_exchanges_one_succeeds(site: &Site, callers: usize) {
    let demo = site.demo().await;
    let customer = format!("customer-{}", uuid::Uuid::new_v4());
    let token = site.one_time_token(&demo.key, &customer).await.text("token");
    let path = format!("/authentication-tokens/{token}/exchange");

    let start = Instant::now();
    let replies = join_all((0..callers).map(|_| async { site.http.send("POST", &path, &[], "").await.unwrap() })).await;
    println!("{callers} exchanges: {} ms", start.elapsed().as_millis());

    assert_eq!((count(&replies, 201), count(&replies, 404)), (1, callers - 1));
    let sessions = site.database.query().table_name(&site.tables.sessions).key_condition_expression("subject = :s");
    let subject = Locator::of_customer(&customer.parse().unwrap()).to_string();
    let subject = aws_sdk_dynamodb::types::AttributeValue::S(subject);
    assert_eq!(sessions.expression_attribute_values(":s", subject).send().await.unwrap().count, 1);
}

pub async fn many_refreshes_make_one_successor(site: &Site, callers: usize) {
    let demo = site.demo().await;
    let path = format!("/entities/{}/users/{}/authentication-token", uuid::Uuid::new_v4(), demo.id);
    let headers = [("apikey", demo.key.as_str()), ("userid", &demo.id), ("token", &demo.jwt)];
    let old = site.http.post(&path, &headers, json!({})).await.text("authenticationToken");
    let refresh = format!("{path}/refresh");

    let start = Instant::now();
    let replies = join_all((0..callers).map(|_| site.http.post(&refresh, &headers, json!({ "authenticationToken": old })))).await;
    println!("{callers} refreshes: {} ms", start.elapsed().as_millis());

    let successors: HashSet<_> =
        replies.iter().filter(|reply| reply.status == 200).map(|reply| reply.text("authenticationToken")).collect();
    assert_eq!((count(&replies, 200), successors.len()), (callers, 1));
    let live = site.http.send("GET", &path, &headers, "").await.unwrap().text("authenticationToken");
    assert!(successors.contains(&live) && live != old);
}

pub async fn many_guesses_get_ten_tries(site: &Site, callers: usize) {
    let name = format!("nobody-{}", uuid::Uuid::new_v4());

    let start = Instant::now();
    let replies =
        join_all((0..callers).map(|guess| site.http.post("/user/login", &[], json!({ "username": name, "password": guess.to_string() }))))
            .await;
    println!("{callers} guesses: {} ms", start.elapsed().as_millis());

    // Two windows may meet within a storm, and each has its own cap.
    let (refused, throttled) = (count(&replies, 401), count(&replies, 429));
    assert_eq!(refused + throttled, callers);
    assert!((10..=20).contains(&refused), "{refused}");
    assert!(replies.iter().filter(|reply| reply.status == 429).all(|reply| reply.headers.contains_key("retry-after")));
}

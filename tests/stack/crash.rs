//! A power cut under load: what was acknowledged is there, and no token is consumed without its session.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;

use super::running::Stack;
use crate::house::session_id;

/// What the ids of this test's customers begin with: sessions of others may have been ended since.
const CUSTOMER: &str = "before-the-cut-";

/// What the callers were told before the cut.
#[derive(Default)]
struct Acknowledged {
    /// Tokens that were made, and never presented.
    made: Vec<String>,
    /// Customer and session id of tokens that were exchanged.
    exchanged: Vec<(String, String)>,
}

pub async fn what_was_acknowledged_survives(stack: &mut Stack) {
    let demo = stack.demo().await;
    let told = Arc::new(Mutex::new(Acknowledged::default()));
    let cut = Arc::new(AtomicBool::new(false));
    let callers: Vec<_> = (0..16).map(|_| tokio::spawn(load(stack.http.clone(), demo.key.clone(), told.clone(), cut.clone()))).collect();
    // Long enough for every process of both functions to be at work.
    let _ = tokio::time::timeout(Duration::from_secs(4), std::future::pending::<()>()).await;
    cut.store(true, Ordering::SeqCst);
    stack.kill_and_start_again().await;
    for caller in callers {
        caller.await.unwrap();
    }

    let told = std::mem::take(&mut *told.lock().unwrap());
    println!("acknowledged before the cut: {} tokens kept, {} exchanged", told.made.len(), told.exchanged.len());
    assert!(told.made.len() > 20 && told.exchanged.len() > 20);
    for token in &told.made {
        let reply = stack.http.send("POST", &format!("/authentication-tokens/{token}/exchange"), &[], "").await.unwrap();
        assert_eq!(reply.status, 201, "a token that was acknowledged exists");
    }
    let sessions: HashMap<_, _> = rows(stack, "sessions").await.into_iter().map(|row| (session_id(&row).to_string(), row)).collect();
    for (customer, session) in &told.exchanged {
        assert!(sessions.contains_key(session), "a session that was acknowledged exists");
        let row = &sessions[session];
        assert_eq!((&text(row, "customer_id"), text(row, "kind").as_str(), &text(row, "issuer_id")), (customer, "exchange", &demo.id));
    }
    let is_of_this_test = |row: &&HashMap<_, _>| row.contains_key("consumed_by") && text(row, "customer_id").starts_with(CUSTOMER);
    let consumed: Vec<_> = sessions.values().filter(is_of_this_test).collect();
    assert!(consumed.len() >= told.exchanged.len());
    assert!(consumed.iter().all(|row| text(row, "kind") == "exchange"), "no token is consumed without its session");
}

/// Makes tokens and exchanges every other one, until no answer comes.
async fn load(http: super::http::Client, key: String, told: Arc<Mutex<Acknowledged>>, cut: Arc<AtomicBool>) {
    for round in 0.. {
        let customer = format!("{CUSTOMER}{}", uuid::Uuid::new_v4());
        let body = serde_json::json!({ "mode": "passwordless", "customerId": customer }).to_string();
        let Some(made) = http.send("POST", "/authentication-tokens", &[("reb-apikey", &key)], body).await else { break };
        if made.status != 201 {
            break;
        }
        let token = made.text("token");
        if round % 2 == 0 {
            told.lock().unwrap().made.push(token);
            continue;
        }
        let Some(session) = http.send("POST", &format!("/authentication-tokens/{token}/exchange"), &[], "").await else { break };
        if session.status != 201 {
            break;
        }
        told.lock().unwrap().exchanged.push((customer, session.text("id")));
    }
    assert!(cut.load(Ordering::SeqCst), "no answer although the stack was running");
}

async fn rows(stack: &Stack, table: &str) -> Vec<HashMap<String, AttributeValue>> {
    let client = &stack.database;
    let pages = client.scan().table_name(format!("latchkey-{table}")).consistent_read(true).into_paginator().items().send();
    pages.collect::<Result<Vec<_>, _>>().await.unwrap()
}

fn text(row: &HashMap<String, AttributeValue>, name: &str) -> String {
    row[name].as_s().unwrap().clone()
}

//! Secrets Manager, played by its documented answers.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use latchkey_local::secrets_manager::{Answer, batch, refusal, value};
use serde_json::{Value, json};

/// The secrets' versions, by ARN; where the name of one has `denied:` before it, it cannot be written, with `denied-once:` not at first,
/// and with `full:` not either, for another reason. With a secret `no-batches` there are none, and with `hangs` no answer comes.
pub type Secrets = Arc<Mutex<HashMap<String, Vec<(String, String)>>>>;

/// What Secrets Manager answers to `action`.
pub fn answer(secrets: &Secrets, action: &str, body: &Value) -> Answer {
    if action == "BatchGetSecretValue" {
        if secrets.lock().unwrap().contains_key("no-batches") {
            return refusal("ThrottlingException");
        }
        return batch(body, |id| answer(secrets, "GetSecretValue", &json!({ "SecretId": id })));
    }
    let mut secrets = secrets.lock().unwrap();
    let arn = body["SecretId"].as_str().unwrap();
    let (denied, full) = (secrets.contains_key(&format!("denied:{arn}")), secrets.contains_key(&format!("full:{arn}")));
    let denied_once = secrets.remove(&format!("denied-once:{arn}")).is_some();
    let versions = secrets.entry(arn.to_owned()).or_default();
    if denied_once {
        return refusal("AccessDeniedException");
    }
    if action == "GetSecretValue" {
        let Some((id, text)) = versions.last() else { return refusal("ResourceNotFoundException") };
        return value(arn, id, text);
    }
    if denied || full {
        return refusal(if full { "LimitExceededException" } else { "AccessDeniedException" });
    }
    let (id, text) = (body["ClientRequestToken"].as_str().unwrap(), body["SecretString"].as_str().unwrap());
    assert!((32..=64).contains(&id.len()));
    match versions.iter().find(|(there, _)| there == id) {
        Some((_, there)) if there == text => {}
        Some(_) => return refusal("ResourceExistsException"),
        None => versions.push((id.to_owned(), text.to_owned())),
    }
    (StatusCode::OK, json!({ "ARN": arn, "VersionId": id }).to_string())
}

/// Serves `secrets` on loopback, and SES, which takes every mail; the address.
pub async fn serve(secrets: Secrets) -> String {
    let handler = move |headers: HeaderMap, body: Bytes| {
        let secrets = secrets.clone();
        async move {
            let Some(target) = headers.get("x-amz-target") else { return (StatusCode::OK, json!({ "MessageId": "1" }).to_string()) };
            // Others get a turn between a read and a write.
            tokio::task::yield_now().await;
            if secrets.lock().unwrap().contains_key("hangs") {
                std::future::pending::<()>().await;
            }
            answer(&secrets, target.to_str().unwrap().rsplit('.').next().unwrap(), &serde_json::from_slice(&body).unwrap())
        }
    };
    super::serve(axum::routing::post(handler)).await
}

//! What a function asks of DynamoDB: its requests as they pass, so that a bare function can make the same ones. Imports nothing of ours.

use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;
use serde_json::Value;

/// A request to DynamoDB.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Request {
    /// `GetItem`
    pub action: String,
    /// As it was sent.
    pub body: Value,
}

/// Bytes on their way to DynamoDB, kept while somebody listens.
#[derive(Clone, Debug, Default)]
pub struct Recording(Arc<Mutex<Option<Vec<u8>>>>);

impl Recording {
    /// Begins to listen.
    pub fn begin(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Vec::new());
    }

    /// Stops to listen; the requests since [`begin`](Self::begin).
    pub fn end(&self) -> Vec<Request> {
        requests(&self.0.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or_default())
    }

    /// Keeps `bytes`, if somebody listens.
    pub fn note(&self, bytes: &[u8]) {
        if let Some(kept) = self.0.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            kept.extend_from_slice(bytes);
        }
    }
}

/// The requests in `bytes`, which is HTTP/1.1 with lengths, as the SDK writes it.
fn requests(bytes: &[u8]) -> Vec<Request> {
    let mut requests = Vec::new();
    let mut rest = bytes;
    while let Some(end) = rest.windows(4).position(|four| four == b"\r\n\r\n") {
        let (head, body) = rest.split_at(end + 4);
        let head = String::from_utf8_lossy(head).to_ascii_lowercase();
        let header = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ").map(str::to_owned));
        let length = header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0).min(body.len());
        let (body, after) = body.split_at(length);
        if let (Some(action), Ok(body)) = (action(&head), serde_json::from_slice(body)) {
            requests.push(Request { action, body });
        }
        rest = after;
    }
    requests
}

/// The name of the action that the lower-cased `head` asks for.
fn action(head: &str) -> Option<String> {
    const ACTIONS: [&str; 8] =
        ["GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems", "TransactGetItems"];
    let (_, target) = head.split_once("x-amz-target: dynamodb_20120810.")?;
    let target = target.lines().next()?.trim();
    ACTIONS.iter().find(|action| action.to_ascii_lowercase() == target).map(|action| (*action).to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn requests_are_read_from_the_bytes_of_a_connection() {
        let recording = Recording::default();
        let request = |action: &str, body: &str| {
            format!("POST / HTTP/1.1\r\nX-Amz-Target: DynamoDB_20120810.{action}\r\nContent-Length: {}\r\n\r\n{body}", body.len())
        };

        recording.note(b"before");
        recording.begin();
        recording.note(request("GetItem", r#"{"a":1}"#).as_bytes());
        recording.note(request("BatchGetItem", r#"{"b":2}"#).as_bytes());
        let requests = recording.end();

        let expected = [("GetItem", json!({ "a": 1 })), ("BatchGetItem", json!({ "b": 2 }))];
        assert_eq!(requests, expected.map(|(action, body)| Request { action: action.to_owned(), body }));
    }
}

//! The embedded DynamoDB over HTTP, for programs of this machine. Imports nothing of ours but the guard against pages.
//!
//! dynoxide has a server of its own. It lets the pages of every site in (`Access-Control-Allow-Origin: *`), so this one stands in its
//! place: the same database, and the operations that Latchkey and the AWS CLI ask for.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use dynoxide::{Database, DynoxideError};
use latchkey_runtime_api::refuse_browsers;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::net::TcpListener;

/// The largest request that DynamoDB takes.
const BODY_BYTES: usize = 16 * 1024 * 1024;

/// Serves `database` on `listener` to whatever program reaches that address; does not return.
///
/// # Errors
/// If `listener` can't be listened on any more.
pub async fn serve(listener: TcpListener, database: Database) -> std::io::Result<()> {
    let router = Router::new().route("/", post(call)).layer(DefaultBodyLimit::max(BODY_BYTES)).with_state(database);
    axum::serve(listener, refuse_browsers(router)).await
}

async fn call(State(database): State<Database>, headers: HeaderMap, body: Bytes) -> Response {
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    let (status, body) = match dispatch(&database, target.rsplit('.').next().unwrap_or_default(), &body) {
        Some(Ok(answer)) => (StatusCode::OK, answer),
        Some(Err(error)) => (StatusCode::from_u16(error.status_code()).unwrap_or(StatusCode::BAD_REQUEST), error.to_json()),
        None => (StatusCode::BAD_REQUEST, r#"{"__type":"com.amazon.coral.service#UnknownOperationException"}"#.to_owned()),
    };
    (status, [(header::CONTENT_TYPE, "application/x-amz-json-1.0")], body).into_response()
}

/// An operation of DynamoDB or of its streams, and the call that carries it out.
macro_rules! operations {
    ($($name:literal $call:ident)*) => {
        /// The answer to `body`; `None` for an operation that is not known.
        fn dispatch(database: &Database, operation: &str, body: &[u8]) -> Option<Result<String, DynoxideError>> {
            match operation {
                $($name => Some(read(body).and_then(|request| database.$call(request)).and_then(|answer| write(&answer))),)*
                _ => None,
            }
        }
    };
}

operations! {
    "BatchGetItem" batch_get_item
    "BatchWriteItem" batch_write_item
    "CreateTable" create_table
    "DeleteItem" delete_item
    "DeleteTable" delete_table
    "DescribeStream" describe_stream
    "DescribeTable" describe_table
    "DescribeTimeToLive" describe_time_to_live
    "GetItem" get_item
    "GetRecords" get_records
    "GetShardIterator" get_shard_iterator
    "ListStreams" list_streams
    "ListTables" list_tables
    "PutItem" put_item
    "Query" query
    "Scan" scan
    "TransactGetItems" transact_get_items
    "TransactWriteItems" transact_write_items
    "UpdateItem" update_item
    "UpdateTable" update_table
    "UpdateTimeToLive" update_time_to_live
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, DynoxideError> {
    serde_json::from_slice(body).map_err(|error| DynoxideError::ValidationException(error.to_string()))
}

fn write(answer: &impl Serialize) -> Result<String, DynoxideError> {
    serde_json::to_string(answer).map_err(|error| DynoxideError::InternalServerError(error.to_string()))
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

    use super::*;
    use crate::keys::KeyFiles;
    use crate::{secrets_manager, ses};

    /// The answer to a POST with these headers, as it comes over the wire.
    async fn sent(address: std::net::SocketAddr, path: &str, headers: &[(&str, &str)], body: &str) -> String {
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let request = format!("POST {path} HTTP/1.1\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer.to_ascii_lowercase()
    }

    async fn listen() -> (TcpListener, std::net::SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        (listener, address)
    }

    #[tokio::test]
    async fn no_page_reaches_what_stands_in_for_aws() {
        let (dynamodb, secrets, mail) = (listen().await, listen().await, listen().await);
        tokio::spawn(serve(dynamodb.0, Database::memory().unwrap()));
        let keys = KeyFiles { signing: "a".into(), verification: "b".into(), token: "c".into() };
        tokio::spawn(secrets_manager::serve(secrets.0, keys));
        tokio::spawn(ses::serve(mail.0, "/nowhere".into()));

        for (address, path, target, status) in [
            (dynamodb.1, "/", "DynamoDB_20120810.ListTables", "200"),
            (secrets.1, "/", "secretsmanager.GetSecretValue", "400"),
            (mail.1, "/v2/email/outbound-emails", "", "400"),
        ] {
            let own = address.to_string();
            let program = sent(address, path, &[("Host", &own), ("X-Amz-Target", target)], "{}").await;
            assert!(program.starts_with(&format!("http/1.1 {status}")), "{path}: {program}");

            for headers in [
                [("Host", own.as_str()), ("Origin", "https://evil.example")],
                // DNS rebinding: the page's own name leads here.
                [("Host", "evil.example"), ("Accept", "*/*")],
                // A page of another server on this machine.
                [("Host", own.as_str()), ("Sec-Fetch-Site", "same-site")],
            ] {
                let page = sent(address, path, &[&headers[..], &[("X-Amz-Target", target)]].concat(), "{}").await;
                assert!(page.starts_with("http/1.1 403") && !page.contains("access-control"), "{headers:?}: {page}");
            }
        }
    }

    #[tokio::test]
    async fn an_operation_that_is_not_known_and_a_request_that_is_none_are_refused() {
        let (listener, address) = listen().await;
        tokio::spawn(serve(listener, Database::memory().unwrap()));
        let own = address.to_string();

        for (target, body, kind) in [
            ("DynamoDB_20120810.ExecuteStatement", "{}", "unknownoperationexception"),
            ("", "{}", "unknownoperationexception"),
            ("DynamoDB_20120810.GetItem", "{", "validationexception"),
            ("DynamoDB_20120810.GetItem", r#"{"TableName":"none","Key":{"pk":{"S":"a"}}}"#, "resourcenotfoundexception"),
        ] {
            let answer = sent(address, "/", &[("Host", &own), ("X-Amz-Target", target)], body).await;
            assert!(answer.starts_with("http/1.1 400") && answer.contains(kind), "{target}: {answer}");
        }
    }
}

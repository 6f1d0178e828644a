//! The function that the tests start. An event says what it is to do.

use std::io::{Read, Write};
use std::net::TcpStream;

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::{Value, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    match variable("FAILS_TO_START").as_deref() {
        Some("and says why") => report(),
        Some(_) => Err("it was told not to".into()),
        None => lambda_runtime::run(service_fn(answer)).await,
    }
}

#[expect(clippy::disallowed_methods, reason = "a test's function has no settings of its own")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// As other runtimes do; `lambda_runtime` does not.
fn report() -> Result<(), Error> {
    let address = variable("AWS_LAMBDA_RUNTIME_API").unwrap_or_default();
    let mut api = TcpStream::connect(&address)?;
    let body = r#"{"errorType": "Config", "errorMessage": "ISSUER is not set"}"#;
    let head = "POST /2018-06-01/runtime/init/error HTTP/1.1\r\nconnection: close";
    write!(api, "{head}\r\nhost: {address}\r\ncontent-length: {}\r\n\r\n{body}", body.len())?;
    api.read_to_end(&mut Vec::new())?;
    std::process::exit(1)
}

async fn answer(event: LambdaEvent<Value>) -> Result<Value, Error> {
    let (event, context) = event.into_parts();
    match event.get("do").and_then(Value::as_str) {
        Some("fail") => Err("it was told to".into()),
        Some("exit") => std::process::exit(3),
        Some("hang") => std::future::pending().await,
        Some("shout") => Ok(json!("!".repeat(7 * 1024 * 1024))),
        _ => Ok(json!({ "event": event, "id": context.request_id, "deadline": context.deadline, "arn": context.invoked_function_arn,
            "process": std::process::id() })),
    }
}

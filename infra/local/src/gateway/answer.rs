//! A function's answer as the response that API Gateway makes of it, payload format 2.0. Imports nothing of ours.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// The response that `payload` asks for.
///
/// `multiValueHeaders` is not read, as format 2.0 does not know it, nor are `cookies`, which no function sets. An answer without `statusCode`, which API Gateway takes
/// for a body, is an error here: no function of this service means that.
///
/// # Errors
/// What is wrong with it, in a few words without a value of it.
pub(super) fn response(payload: &[u8]) -> Result<Response, &'static str> {
    let answer: Value = serde_json::from_slice(payload).map_err(|_| "it is not JSON")?;
    let status = answer.get("statusCode").and_then(Value::as_u64).ok_or("it has no statusCode")?;
    let status = u16::try_from(status).ok().and_then(|status| StatusCode::from_u16(status).ok()).ok_or("its statusCode is out of range")?;
    let body = body(&answer)?;

    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    for (name, value) in answer.get("headers").and_then(Value::as_object).into_iter().flatten() {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| "it has a header with a bad name")?;
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let value = HeaderValue::from_bytes(text.as_bytes()).map_err(|_| "it has a header with a bad value")?;
        // The server below says how long the body is.
        if name != header::CONTENT_LENGTH && name != header::TRANSFER_ENCODING && name != header::CONNECTION {
            headers.insert(name, value);
        }
    }
    if !body.is_empty() && !headers.contains_key(header::CONTENT_TYPE) {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain;charset=UTF-8"));
    }
    *response.body_mut() = Body::from(body);
    Ok(response)
}

fn body(answer: &Value) -> Result<Vec<u8>, &'static str> {
    let text = match answer.get("body") {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(body) => body.as_str().ok_or("its body is not a string")?,
    };
    if answer.get("isBase64Encoded").and_then(Value::as_bool).unwrap_or_default() {
        return STANDARD.decode(text).map_err(|_| "its body is not base64");
    }
    Ok(text.into())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    async fn answered(payload: Value) -> (StatusCode, Vec<(String, String)>, Vec<u8>) {
        let response = response(payload.to_string().as_bytes()).unwrap();
        let headers = response.headers().iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
        (response.status(), headers, axum::body::to_bytes(response.into_body(), 1000).await.unwrap().to_vec())
    }

    #[tokio::test]
    async fn status_headers_and_body_are_passed_on() {
        let payload = json!({
            "statusCode": 201,
            "headers": { "content-type": "application/json", "Location": "/x", "content-length": "99", "x-number": 5 },
            "multiValueHeaders": { "x-lost": ["1"] },
            "body": "{}",
        });

        let (status, headers, body) = answered(payload).await;

        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(status, StatusCode::CREATED);
        assert_eq!(headers, [header("location", "/x"), header("content-type", "application/json"), header("x-number", "5"),]);
        assert_eq!(body, b"{}");
    }

    #[tokio::test]
    async fn base64_is_decoded() {
        let (_, headers, body) = answered(json!({ "statusCode": 200, "body": "/wA=", "isBase64Encoded": true })).await;

        assert_eq!(body, [255, 0]);
        assert_eq!(headers, [("content-type".to_owned(), "text/plain;charset=UTF-8".to_owned())]);
    }

    #[tokio::test]
    async fn no_content_has_neither_body_nor_type() {
        assert_eq!(answered(json!({ "statusCode": 204, "body": null })).await, (StatusCode::NO_CONTENT, vec![], vec![]));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let payloads = [
            json!("text"),
            json!({ "body": "x" }),
            json!({ "statusCode": 99 }),
            json!({ "statusCode": 200, "body": {} }),
            json!({ "statusCode": 200, "body": "%", "isBase64Encoded": true }),
            json!({ "statusCode": 200, "headers": { "a b": "" } }),
            json!({ "statusCode": 200, "headers": { "a": "\n" } }),
        ];
        for payload in payloads {
            assert!(response(payload.to_string().as_bytes()).is_err(), "{payload}");
        }
    }
}

//! The calls of Secrets Manager that the functions make, `GetSecretValue` and `BatchGetSecretValue`, answered from the files of the key
//! sets. Imports [`crate::keys`].

use std::fs;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use latchkey_runtime_api::refuse_browsers;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::keys::KeyFiles;

/// A status and a JSON text, as Secrets Manager answers.
pub type Answer = (StatusCode, String);

/// A file has no versions; an answer names one.
const VERSION: &str = "current";

/// Serves the key sets on `listener`, each as its file is at the request, to whatever program reaches that address; does not return.
///
/// # Errors
/// If `listener` can't be listened on any more.
pub async fn serve(listener: TcpListener, keys: KeyFiles) -> std::io::Result<()> {
    let router = Router::new().route("/", post(call)).with_state(Arc::new(keys));
    axum::serve(listener, refuse_browsers(router)).await
}

async fn call(State(keys): State<Arc<KeyFiles>>, headers: HeaderMap, body: Bytes) -> Answer {
    let request: Value = serde_json::from_slice(&body).unwrap_or_default();
    let one = |id: &Value| get(&keys, id);
    match headers.get("x-amz-target").and_then(|target| target.to_str().ok()) {
        Some("secretsmanager.GetSecretValue") => one(request.get("SecretId").unwrap_or_default()),
        Some("secretsmanager.BatchGetSecretValue") => batch(&request, one),
        _ => refusal("UnknownOperationException"),
    }
}

fn get(keys: &KeyFiles, id: &Value) -> Answer {
    let Some(secret) = keys.secrets().into_iter().find(|secret| id == secret.id) else {
        return refusal("ResourceNotFoundException");
    };
    match fs::read_to_string(secret.file) {
        Ok(text) => value(secret.id, VERSION, &text),
        Err(error) => {
            (StatusCode::INTERNAL_SERVER_ERROR, json!({ "__type": "InternalServiceError", "Message": error.to_string() }).to_string())
        }
    }
}

/// The answer with the value of the secret `id`.
#[must_use]
pub fn value(id: &str, version: &str, text: &str) -> Answer {
    (StatusCode::OK, json!({ "ARN": id, "VersionId": version, "SecretString": text }).to_string())
}

/// The answer to a batch, of which each part is what `one` answers for its secret. A part that fails stands among the errors.
pub fn batch(request: &Value, one: impl Fn(&Value) -> Answer) -> Answer {
    let ids = request.get("SecretIdList").and_then(Value::as_array).into_iter().flatten();
    let answers = ids.map(|id| (id, one(id))).map(|(id, (status, text))| (id, status, serde_json::from_str(&text).unwrap_or_default()));
    let (values, errors): (Vec<_>, Vec<_>) = answers.partition(|(_, status, _): &(_, _, Value)| status.is_success());
    let values: Vec<_> = values.into_iter().map(|(_, _, value)| value).collect();
    let errors: Vec<_> = errors.into_iter().map(|(id, _, error)| json!({ "SecretId": id, "ErrorCode": error.get("__type") })).collect();
    (StatusCode::OK, json!({ "SecretValues": values, "Errors": errors }).to_string())
}

/// The answer of a call that fails with the exception `kind`.
#[must_use]
pub fn refusal(kind: &str) -> Answer {
    (StatusCode::BAD_REQUEST, json!({ "__type": kind }).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn called(action: &str, request: Value) -> (StatusCode, Value) {
        let directory = std::env::temp_dir().join(format!("latchkey-local-secrets-{}", uuid::Uuid::new_v4()));
        fs::create_dir_all(&directory).unwrap();
        let keys = KeyFiles { signing: directory.join("a"), verification: directory.join("b"), token: directory.join("c") };
        fs::write(&keys.token, "the token keys").unwrap();
        let headers = HeaderMap::from_iter([("x-amz-target".parse().unwrap(), format!("secretsmanager.{action}").parse().unwrap())]);
        let (status, body) = call(State(Arc::new(keys)), headers, request.to_string().into()).await;
        fs::remove_dir_all(directory).unwrap();
        (status, serde_json::from_str(&body).unwrap())
    }

    #[tokio::test]
    async fn a_key_set_is_the_value_of_its_secret() {
        let (status, body) = called("GetSecretValue", json!({ "SecretId": "latchkey-token" })).await;

        assert_eq!((status, &body["SecretString"]), (StatusCode::OK, &json!("the token keys")));
    }

    #[tokio::test]
    async fn a_batch_has_what_is_there_and_an_error_for_what_is_not() {
        let (status, body) = called("BatchGetSecretValue", json!({ "SecretIdList": ["latchkey-token", "latchkey-users"] })).await;

        assert_eq!(status, StatusCode::OK);
        assert_eq!(body["SecretValues"][0]["SecretString"], "the token keys");
        assert_eq!(body["Errors"], json!([{ "SecretId": "latchkey-users", "ErrorCode": "ResourceNotFoundException" }]));
    }

    #[tokio::test]
    async fn an_unknown_secret_and_another_call_are_refused() {
        let unknown = called("GetSecretValue", json!({ "SecretId": "latchkey-users" })).await;
        let other = called("PutSecretValue", json!({ "SecretId": "latchkey-token" })).await;

        assert_eq!(unknown, (StatusCode::BAD_REQUEST, json!({ "__type": "ResourceNotFoundException" })));
        assert_eq!(other, (StatusCode::BAD_REQUEST, json!({ "__type": "UnknownOperationException" })));
    }
}

//! The one call of SES that the functions make, for those that can't write files here: the mail is a file all the same. Imports
//! nothing of ours.

use std::fs;
use std::path::{Path, PathBuf};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use latchkey_runtime_api::refuse_browsers;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use uuid::Uuid;

/// Serves `SendEmail` of SES version 2 on `listener`, and writes each mail into `folder`; does not return.
///
/// # Errors
/// If `listener` can't be listened on any more.
pub async fn serve(listener: TcpListener, folder: PathBuf) -> std::io::Result<()> {
    let router = Router::new().route("/v2/email/outbound-emails", post(send_email)).with_state(folder);
    axum::serve(listener, refuse_browsers(router)).await
}

async fn send_email(State(folder): State<PathBuf>, body: Bytes) -> (StatusCode, String) {
    let Some(mail) = raw_mail(&body) else {
        return (StatusCode::BAD_REQUEST, json!({ "message": "Content.Raw.Data must be a mail in base64" }).to_string());
    };
    match write(&folder, &mail) {
        Ok(id) => (StatusCode::OK, json!({ "MessageId": id }).to_string()),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, json!({ "message": error.to_string() }).to_string()),
    }
}

fn raw_mail(request: &[u8]) -> Option<Vec<u8>> {
    let request: Value = serde_json::from_slice(request).ok()?;
    STANDARD.decode(request.pointer("/Content/Raw/Data")?.as_str()?).ok()
}

/// The mail's id: the names of the files sort by time. Renamed when it is whole, so that nobody reads half a mail.
fn write(folder: &Path, mail: &[u8]) -> std::io::Result<String> {
    let id = Uuid::now_v7().to_string();
    let part = folder.join(format!("{id}.part"));
    fs::write(&part, mail)?;
    fs::rename(part, folder.join(format!("{id}.eml")))?;
    Ok(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn send(body: Value) -> (StatusCode, Vec<Vec<u8>>) {
        let folder = std::env::temp_dir().join(format!("latchkey-local-ses-{}", Uuid::new_v4()));
        fs::create_dir_all(&folder).unwrap();
        let (status, _) = send_email(State(folder.clone()), body.to_string().into()).await;
        let mails = fs::read_dir(&folder).unwrap().map(|entry| fs::read(entry.unwrap().path()).unwrap()).collect();
        fs::remove_dir_all(folder).unwrap();
        (status, mails)
    }

    #[tokio::test]
    async fn a_mail_that_is_sent_is_a_file() {
        let sent = send(json!({ "Content": { "Raw": { "Data": "VG86IGFAYi5leGFtcGxl" } } })).await;

        assert_eq!(sent, (StatusCode::OK, vec![b"To: a@b.example".to_vec()]));
    }

    #[tokio::test]
    async fn what_is_no_mail_is_refused() {
        for content in [json!({}), json!({ "Raw": { "Data": "*" } }), json!({ "Simple": {} })] {
            assert_eq!(send(json!({ "Content": content })).await, (StatusCode::BAD_REQUEST, vec![]));
        }
    }
}

//! SES, played by its documented answers.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::house::World;

/// What it was asked, and how it is to answer whom.
#[derive(Clone, Default)]
pub struct Ses {
    taken: Arc<Mutex<Vec<Value>>>,
    answers: Arc<Mutex<HashMap<String, (u16, String)>>>,
}

impl Ses {
    /// A world that sends its mails here.
    pub async fn start() -> (World, Self) {
        let ses = Self::default();
        let played = ses.clone();
        let handler = move |body: Bytes| {
            let played = played.clone();
            async move { played.take(&serde_json::from_slice(&body).unwrap()) }
        };
        let endpoint = crate::house::serve(axum::routing::post(handler)).await;
        let variables =
            [("MAIL_TRANSPORT", "ses"), ("AWS_ENDPOINT_URL_SESV2", endpoint.as_str()), ("MAIL_CONFIGURATION_SET", "latchkey-test")];
        (World::with(variables).await, ses)
    }

    fn take(&self, request: &Value) -> (StatusCode, String) {
        let to = request["Destination"]["ToAddresses"][0].as_str().unwrap();
        let (status, code) = self.answers.lock().unwrap().get(to).cloned().unwrap_or((200, String::new()));
        if status != 200 {
            // SES's text can name the address: the recipient's, or after a colon in the code here another one.
            let (code, named) = code.split_once(": ").unwrap_or((&code, to));
            return (status.try_into().unwrap(), json!({ "__type": code, "message": format!("{named} is not wanted") }).to_string());
        }
        self.taken.lock().unwrap().push(request.clone());
        (StatusCode::OK, json!({ "MessageId": "1" }).to_string())
    }

    /// From now on a mail to `address` is answered like this.
    pub fn answer(&self, address: &str, status: u16, code: &str) {
        self.answers.lock().unwrap().insert(address.to_owned(), (status, code.to_owned()));
    }

    /// The requests whose mails it took.
    pub fn taken(&self) -> Vec<Value> {
        self.taken.lock().unwrap().clone()
    }
}

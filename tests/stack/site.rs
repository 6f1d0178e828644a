//! Latchkey somewhere, with its demo user: what a test needs of it, wherever it runs.

use std::path::PathBuf;

use aws_sdk_dynamodb::types::AttributeValue;
use latchkey::domain::SessionId;
use latchkey::store::Tables;
use serde_json::{Value, json};

use super::http::{Client, Response};

/// A running Latchkey.
pub struct Site {
    pub url: String,
    /// `iss` of its JWTs.
    pub issuer: String,
    pub username: String,
    pub password: String,
    pub http: Client,
    /// Its database, with the rights of an operator.
    pub database: aws_sdk_dynamodb::Client,
    pub tables: Tables,
    /// Where `.local` lies, with `stack.json` and the mails.
    pub folder: PathBuf,
    /// Variables by which a program finds it, besides `stack.json`.
    pub environment: Vec<(&'static str, String)>,
}

/// The demo user, logged in, with an API key.
pub struct Demo {
    pub id: String,
    pub jwt: String,
    pub key: String,
}

impl Site {
    /// The demo user, logged in.
    pub async fn demo(&self) -> Demo {
        let login = self.http.post("/user/login", &[], json!({ "username": self.username, "password": self.password })).await;
        let (id, jwt) = (login.text("Id"), login.text("Token"));
        let key = self.http.post("/authheader/add", &[("authorization", &jwt)], json!({ "name": "test" })).await.text("token");
        Demo { id, jwt, key }
    }

    /// The demo user's id.
    pub async fn demo_id(&self) -> String {
        let name = AttributeValue::S(format!("name#{}", self.username));
        let row = self.database.get_item().table_name(&self.tables.users).key("pk", name).send().await.unwrap().item.unwrap();
        row["user_id"].as_s().unwrap().clone()
    }

    /// A one-time token for `customer`.
    pub async fn one_time_token(&self, key: &str, customer: &str) -> Response {
        let body = json!({ "mode": "passwordless", "customerId": customer });
        self.http.post("/authentication-tokens", &[("reb-apikey", key)], body).await
    }

    /// The mails that were sent, the newest last.
    pub fn mails(&self) -> Vec<String> {
        let files = std::fs::read_dir(self.folder.join(".local/mail")).unwrap().map(|entry| entry.unwrap().path());
        let mut files: Vec<_> = files.filter(|path| path.extension().is_some_and(|extension| extension == "eml")).collect();
        files.sort();
        files.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect()
    }

    /// `text` with what only this site has replaced: ids, tokens, times, the issuer.
    pub fn mask(&self, answer: &Value) -> Value {
        match answer {
            Value::Array(items) => items.iter().map(|item| self.mask(item)).collect(),
            Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), self.mask_member(name, value))).collect(),
            Value::String(text) => json!(self.mask_text(text)),
            _ => answer.clone(),
        }
    }

    fn mask_member(&self, name: &str, value: &Value) -> Value {
        match (name, value) {
            ("exp" | "iat" | "nbf", Value::Number(_)) => json!("<seconds>"),
            // Of a problem: each site names a page of its own, and the same problem.
            ("type", Value::String(text)) => json!(text.rsplit([':', '#']).next()),
            _ => self.mask(value),
        }
    }

    fn mask_text(&self, text: &str) -> String {
        let is_token = ["lkapi_", "lkent_", "lkone_"].iter().any(|prefix| text.starts_with(prefix)) || text.split('.').count() == 3;
        let is_time = text.parse::<latchkey::domain::Timestamp>().is_ok();
        match text {
            _ if text.starts_with(&self.issuer) => text.replacen(&self.issuer, "<issuer>", 1),
            _ if is_time => "<time>".to_owned(),
            _ if is_token => {
                text.split('_').next().filter(|prefix| prefix.len() < 6).map_or("<JWT>".to_owned(), |prefix| format!("<{prefix}>"))
            }
            _ => text.split_inclusive(['/', ':']).map(mask_id).collect(),
        }
    }
}

/// `part` unless it is an id.
fn mask_id(part: &str) -> &str {
    let id = part.trim_end_matches(['/', ':']);
    if uuid::Uuid::try_parse(id).is_ok() || id.parse::<SessionId>().is_ok() { "<id>" } else { part }
}

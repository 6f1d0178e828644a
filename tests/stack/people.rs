//! Users of a running stack whom no other test knows, and their credentials.

use std::sync::Mutex;

use latchkey::credentials::{PasswordHasher, PasswordParameters};
use latchkey::domain::{Acl, Clock, Secret, SystemClock};
use latchkey::store::{Database, UserRow, Users};
use serde_json::{Value, json};

use super::http::Response;
use super::site::Site;

static PASSWORDS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// The password of each member so far.
pub fn passwords() -> Vec<String> {
    PASSWORDS.lock().unwrap().clone()
}

/// A user who may do everything.
pub struct Member {
    pub id: String,
    pub name: String,
    pub password: String,
}

impl Site {
    /// Stores a user, as an operator would.
    pub async fn member(&self) -> Member {
        let name = format!("member-{}", uuid::Uuid::new_v4());
        let password = format!("{}!", uuid::Uuid::new_v4());
        // Cheap: the first login hashes again.
        let hasher = PasswordHasher::new(PasswordParameters { memory_kib: 64, iterations: 1, parallelism: 1 }).unwrap();
        let row = UserRow {
            email: Some(format!("{name}@example.com")),
            acl: Acl::everything(),
            password_hash: Some(Secret::new(hasher.hash(&Secret::new(password.clone())).unwrap().as_str())),
            ..UserRow::new(name.clone(), SystemClock.now())
        };
        Users::new(&Database::new(self.database.clone(), self.tables.clone())).insert_new(&row).await.unwrap();
        PASSWORDS.lock().unwrap().push(password.clone());
        Member { id: row.user_id.to_string(), name, password }
    }

    /// A login's JWT.
    pub async fn login(&self, member: &Member) -> String {
        self.http.post("/user/login", &[], json!({ "username": member.name, "password": member.password })).await.text("Token")
    }

    /// An API key of whoever has logged in.
    pub async fn key(&self, jwt: &str) -> String {
        self.http.post("/authheader/add", &[("authorization", jwt)], json!({ "name": "test" })).await.text("token")
    }

    /// The session of a customer, made with an API key.
    pub async fn session(&self, key: &str, customer: &str, wish: Value) -> Response {
        let token = self.one_time_token(key, customer).await.text("token");
        let session = self.http.post(&format!("/authentication-tokens/{token}/exchange"), &[("reb-apikey", key)], wish).await;
        assert_eq!(session.status, 201, "{session:?}");
        session
    }

    /// A member's own token in an entity.
    pub async fn entity_token(&self, member: &Member, jwt: &str, key: &str, entity: &str, wish: Value) -> String {
        let headers = [("apikey", key), ("userid", member.id.as_str()), ("token", jwt)];
        self.http.post(&member.entity_path(entity), &headers, wish).await.text("authenticationToken")
    }

    /// What `introspect` says of `token` to whoever has `key`.
    pub async fn introspect(&self, key: &str, token: &str) -> Value {
        let headers = [("x-api-key", key), ("content-type", "application/x-www-form-urlencoded")];
        let reply = self.http.send("POST", "/introspect", &headers, format!("token={token}")).await.unwrap();
        assert_eq!(reply.status, 200, "{reply:?}");
        reply.body
    }
}

impl Member {
    /// Where one-time passwords are sent to.
    pub fn email(&self) -> String {
        format!("{}@example.com", self.name)
    }

    /// The path of the member's own token in an entity.
    pub fn entity_path(&self, entity: &str) -> String {
        format!("/entities/{entity}/users/{}/authentication-token", self.id)
    }
}

/// `text` with one character changed in the middle of its last part.
pub fn tampered(text: &str) -> String {
    let at = text.len() - 10;
    let other = if text.as_bytes()[at] == b'A' { 'B' } else { 'A' };
    format!("{}{other}{}", &text[..at], &text[at + 1..])
}

/// A moment of waiting: less than a person would notice.
pub async fn moment() {
    pause(std::time::Duration::from_millis(100)).await;
}

/// Waits, where nothing tells that something has happened but the clock.
pub async fn pause(time: std::time::Duration) {
    let _ = tokio::time::timeout(time, std::future::pending::<()>()).await;
}

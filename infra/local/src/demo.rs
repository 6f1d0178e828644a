//! The demo user: somebody to log in as. Imports [`crate::data`], [`crate::environment`] and `latchkey`.

use std::path::Path;

use anyhow::{Context, Result};
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use latchkey::credentials::{PasswordHasher, PasswordParameters};
use latchkey::domain::{Acl, Clock, Secret, SystemClock};
use latchkey::store::{Database, NewUserError, Tables, UserRow, Users};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::data::{read, write_private};
use crate::tables;
use crate::template::Table;

/// A person who may do everything, and is therefore a member of every entity: name and password.
#[derive(Clone)]
pub struct DemoUser {
    /// `demo`
    pub username: String,
    /// Made at the first start.
    pub password: String,
}

/// The demo user of the file `path`, with a new password if there is no such file.
///
/// Kept apart from `stack.json`, so that the password outlives a start that never came to answer.
///
/// # Errors
/// If the file can't be read, written or understood.
pub fn ensure(path: &Path) -> Result<DemoUser> {
    if let Some(text) = read(path)? {
        let value: Value = serde_json::from_str(&text).with_context(|| path.display().to_string())?;
        let field = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
        let (username, password) =
            field("username").zip(field("password")).with_context(|| format!("{} is no demo user", path.display()))?;
        return Ok(DemoUser { username, password });
    }
    // A version 4 UUID is 122 random bits of the operating system; base58 has nothing that a shell would read.
    let password = bs58::encode(Uuid::new_v4().as_bytes()).into_string();
    let user = DemoUser { username: "demo".to_owned(), password };
    write_private(path, &json!({ "username": user.username, "password": user.password }).to_string())?;
    Ok(user)
}

/// Inserts `user` through the store that the functions use, unless somebody of that name is there.
///
/// # Errors
/// If the database refuses.
pub async fn insert(user: &DemoUser, dynamodb: &str, made: &[Table]) -> Result<()> {
    let users = Users::new(&database(dynamodb, made));
    // OWASP's minimum, the functions' own default; at another one the first login would hash again.
    let hasher = PasswordHasher::new(PasswordParameters { memory_kib: 19_456, iterations: 2, parallelism: 1 })?;
    let hash = hasher.hash(&Secret::new(&user.password))?;
    let row = UserRow {
        email: Some("demo@example.com".to_owned()),
        first_name: Some("Demo".to_owned()),
        last_name: Some("User".to_owned()),
        acl: Acl::everything(),
        password_hash: Some(Secret::new(hash.as_str())),
        ..UserRow::new(user.username.clone(), SystemClock.now())
    };
    match users.insert_new(&row).await {
        // At every start but the first.
        Err(NewUserError::NameTaken | NewUserError::EmailTaken) => Ok(()),
        inserted => Ok(inserted?),
    }
}

fn database(url: &str, made: &[Table]) -> Database {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("local"))
        .credentials_provider(Credentials::new("local", "local", None, None, "local"))
        // Without TLS, so that no certificates are looked for.
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .endpoint_url(url);
    let name = |stem: &str| made.iter().find(|table| table.stem == stem).map(tables::name).unwrap_or_default();
    let tables = Tables { users: name("users"), tokens: name("tokens"), sessions: name("sessions") };
    Database::new(aws_sdk_dynamodb::Client::from_conf(config.build()), tables)
}

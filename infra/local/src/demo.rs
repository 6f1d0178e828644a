//! The demo user: somebody to log in as. Imports [`crate::data`] and `latchkey`.

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::data::{read, write_private};
use crate::environment::Surroundings;

/// A person who may do everything: name and password.
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
        let text = |name: &str| {
            value.get(name).and_then(Value::as_str).map(str::to_owned).with_context(|| format!("{} has no {name}", path.display()))
        };
        return Ok(DemoUser { username: text("username")?, password: text("password")? });
    }
    // A version 4 UUID is 122 random bits of the operating system; base58 has nothing that a shell would read.
    let password = bs58::encode(Uuid::new_v4().as_bytes()).into_string();
    let user = DemoUser { username: "demo".to_owned(), password };
    write_private(path, &json!({ "username": user.username, "password": user.password }).to_string())?;
    Ok(user)
}

/// Inserts `user` into the users table, unless somebody of that name is there.
///
/// # Errors
/// If the database refuses.
// SEAM: `latchkey::store::Users::insert_new` with e-mail demo@example.com and the ACL [{scope: {}, permissions: ["*"]}].
#[expect(clippy::unused_async, reason = "the store's call is async")]
pub async fn insert(_user: &DemoUser, _stack: &Surroundings<'_>) -> Result<()> {
    Ok(())
}

//! `latchkey user add`.

use latchkey::domain::{Secret, Timestamp, UserId, Username};
use latchkey::store::{UserRow, Users};
use serde::Serialize;

use super::{AclArguments, UserView};
use crate::connection::Connection;
use crate::passwords::PasswordArguments;
use crate::{Failure, journal};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The name to log in with
    name: String,
    /// Where one-time passwords are sent to
    #[arg(long)]
    email: Option<String>,
    /// First name
    #[arg(long)]
    first_name: Option<String>,
    /// Last name
    #[arg(long)]
    last_name: Option<String>,
    /// From when on the password must be changed before anything else, like 2030-01-31T12:00:00Z
    #[arg(long, value_name = "DATE")]
    password_expires: Option<Timestamp>,
    #[command(flatten)]
    acl: AclArguments,
    #[command(flatten)]
    password: PasswordArguments,
}

#[derive(Serialize)]
struct Added {
    #[serde(flatten)]
    user: UserView,
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<Secret>,
}

pub async fn run(connection: &Connection, arguments: Arguments) -> Result<(), Failure> {
    let Arguments { name, email, first_name, last_name, password_expires, acl, password } = arguments;
    let normalised = Username::normalised(&name);
    if !normalised.is_possible() {
        return Err(Failure::Usage("A user name has 1 to 256 bytes, no control characters, and no space at its ends.".into()));
    }
    if email.as_ref().is_some_and(|email| !is_address(email)) {
        return Err(Failure::Usage("The e-mail address must be one: somebody@example.com.".into()));
    }
    let acl = acl.read(connection)?.unwrap_or_default();
    let users = Users::new(&connection.database);
    // Told before somebody types a password twice. That nobody takes the name meanwhile is a condition of the write.
    let taken = || Failure::Refused(format!("There is a user {name:?} already."));
    if users.find_by_name(&normalised).await?.is_some() {
        return Err(taken());
    }
    let names: Vec<&str> =
        [Some(name.as_str()), email.as_deref(), first_name.as_deref(), last_name.as_deref()].into_iter().flatten().collect();
    let password = password.take(connection, &names).await?;
    let row = UserRow {
        user_id: UserId::random(),
        username: name.clone(),
        email: email.clone(),
        first_name: first_name.clone(),
        last_name: last_name.clone(),
        created_at: connection.now(),
        password_expires_at: password_expires,
        disabled_at: None,
        epoch: 0,
        acl,
        password_hash: Some(Secret::new(password.hash.as_str())),
    };
    if !users.insert_new(&row).await? {
        return Err(taken());
    }
    let id = row.user_id;
    let mut sentence = format!("Made user {name} with id {id}.");
    if row.acl.0.is_empty() {
        sentence.push_str(" It may do nothing with others' entities and tokens; `latchkey user grant` changes that.");
    }
    if let Some(made) = &password.made {
        sentence.push_str(&format!("\nPassword: {}", made.expose()));
    }
    connection.output.answer(sentence, &Added { user: row.into(), password: password.made })?;
    journal::record(connection, "user.add", &id.to_string()).await
}

/// Enough to catch a slip; the mail itself is the proof.
fn is_address(text: &str) -> bool {
    text.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && domain.contains('.') && !domain.contains('@'))
        && !text.chars().any(|c| c.is_whitespace() || c.is_control())
}

//! `latchkey user add`.

use latchkey::domain::{Secret, Timestamp, UserId, Username};
use latchkey::store::{UserRow, Users};
use serde::Serialize;

use super::{AclArguments, UserView};
use crate::Failure;
use crate::connection::Connection;
use crate::journal::{self, OperatorAct};
use crate::passwords::PasswordArguments;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The name to log in with
    name: String,
    /// The address that one-time passwords are mailed to
    #[arg(long)]
    email: Option<String>,
    /// First name
    #[arg(long)]
    first_name: Option<String>,
    /// Last name
    #[arg(long)]
    last_name: Option<String>,
    /// When the password expires and must be changed before anything else, like 2030-01-31T12:00:00Z
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
    if !normalised.is_possible() || name.trim() != name {
        return Err(Failure::Usage("A user name has 1 to 256 bytes, no control characters, and no space at either end.".into()));
    }
    if email.as_ref().is_some_and(|email| !is_address(email)) {
        return Err(Failure::Usage("The e-mail address must look like somebody@example.com.".into()));
    }
    let acl = acl.read(connection)?.unwrap_or_default();
    let users = Users::new(&connection.database);
    // Checked before anybody types a password twice. The write has a condition of its own, in case the name is taken
    // meanwhile.
    let taken = || Failure::Refused(format!("The user name {name:?} is taken."));
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
    let entry = journal::begin(connection, OperatorAct::UserAdd, row.user_id).await?;
    if !entry.run(users.insert_new(&row)).await? {
        entry.unchanged().await?;
        return Err(taken());
    }
    let id = row.user_id;
    let mut sentence = format!("Created user {name} with id {id}.");
    if row.acl.0.is_empty() {
        sentence.push_str(" The user has no rights and is a member of no entity; `latchkey user grant` grants both.");
    }
    if let Some(generated) = &password.generated {
        sentence.push_str(&format!("\nPassword: {}", generated.expose()));
    }
    connection.output.answer(sentence, &Added { user: row.into(), password: password.generated })?;
    entry.done().await
}

/// Catches a slip. Only a mail can prove that the address exists.
fn is_address(text: &str) -> bool {
    text.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && domain.contains('.') && !domain.contains('@'))
        && !text.chars().any(|c| c.is_whitespace() || c.is_control())
}

//! `latchkey user add`.

use latchkey::domain::{EmailAddress, Secret, Timestamp, Username};
use latchkey::store::{NewUserError, UserRow, Users};
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
    /// The address that mails go to, and that the user can log in with
    #[arg(long)]
    email: Option<EmailAddress>,
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
    /// Give no password: a machine account, which has API keys only
    #[arg(long, conflicts_with_all = ["password_stdin", "generate", "password_expires"])]
    no_password: bool,
}

#[derive(Serialize)]
struct Added {
    #[serde(flatten)]
    user: UserView,
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<Secret>,
}

pub async fn run(connection: &Connection, arguments: Arguments) -> Result<(), Failure> {
    let Arguments { name, email, first_name, last_name, password_expires, acl, password, no_password } = arguments;
    let email = email.map(|email| email.to_string());
    let normalised = Username::normalised(&name);
    if !normalised.is_possible() || name.trim() != name {
        return Err(Failure::Usage("A user name has 1 to 256 bytes, no control characters, and no space at either end.".into()));
    }
    let acl = acl.read(connection)?.unwrap_or_default();
    let users = Users::new(&connection.database);
    // Checked before anybody types a password twice. The write has a condition of its own, in case the name is taken
    // meanwhile.
    let taken = || Failure::Refused(format!("The user name {name:?} is taken."));
    if users.find_by_name(&normalised).await?.is_some() {
        return Err(taken());
    }
    let row = UserRow {
        email: email.clone(),
        first_name: first_name.clone(),
        last_name: last_name.clone(),
        password_expires_at: password_expires,
        acl,
        ..UserRow::new(name.clone(), connection.now())
    };
    let password = if no_password { None } else { Some(password.take(connection, &row.names()).await?) };
    let row = UserRow { password_hash: password.as_ref().map(|password| Secret::new(password.hash.as_str())), ..row };
    let entry = journal::begin(connection, OperatorAct::UserAdd, row.user_id).await?;
    let inserted = entry
        .run(async {
            match users.insert_new(&row).await {
                Ok(()) => Ok(None),
                Err(NewUserError::NameTaken) => Ok(Some(taken())),
                Err(NewUserError::EmailTaken) => Ok(Some(super::address_taken())),
                Err(NewUserError::Repeated(_)) => Ok(None),
                Err(NewUserError::Store(error)) => Err(error),
            }
        })
        .await?;
    if let Some(refused) = inserted {
        entry.unchanged().await?;
        return Err(refused);
    }
    let id = row.user_id;
    let mut sentence = format!("Created user {name} with id {id}.");
    if row.acl.0.is_empty() {
        sentence.push_str(" The user has no rights and is a member of no entity; `latchkey user grant` grants both.");
    }
    if no_password {
        sentence.push_str(" The user has no password; `latchkey key add` makes a key.");
    }
    let generated = password.and_then(|password| password.generated);
    if let Some(generated) = &generated {
        sentence.push_str(&format!("\nPassword: {}", generated.expose()));
    }
    connection.output.answer(sentence, &Added { user: row.into(), password: generated })?;
    entry.done().await
}

//! `latchkey forget`: exports or erases everything about one person.

mod collect;
mod document;
mod erase;

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use latchkey::domain::CustomerId;
use latchkey::store::{UserRow, Users};
use serde_json::json;

use crate::connection::Connection;
use crate::journal::{self, OperatorAct};
use crate::{Failure, private_file, user};

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("what").required(true).multiple(true).args(["export", "erase"]))]
pub struct Arguments {
    /// The user's name or id
    #[arg(value_name = "USER", required_unless_present = "customer")]
    user: Option<String>,
    /// Forget a customer who is not a user here: the one-time tokens, entity tokens and sessions of that id
    #[arg(long, value_name = "ID", conflicts_with = "user")]
    customer: Option<CustomerId>,
    /// Write everything to this file as one JSON document; - is standard output
    #[arg(long, value_name = "FILE")]
    export: Option<PathBuf>,
    /// Also write the password's hash
    #[arg(long, requires = "export")]
    with_hash: bool,
    /// Erase everything, for good
    #[arg(long)]
    erase: bool,
    /// Erase without asking
    #[arg(long, requires = "erase")]
    yes: bool,
}

/// The person to forget.
enum Person {
    /// A user here, who may also be a customer.
    User(Box<UserRow>),
    /// A customer who is not a user here.
    Customer(CustomerId),
}

impl Person {
    /// The person's id in sessions and tokens.
    fn subject(&self) -> String {
        match self {
            Self::User(user) => user.user_id.to_string(),
            Self::Customer(customer) => customer.to_string(),
        }
    }

    fn customer_id(&self) -> CustomerId {
        match self {
            Self::User(user) => user.user_id.into(),
            Self::Customer(customer) => customer.clone(),
        }
    }

    /// What the operator types to confirm the erasure.
    fn name(&self) -> &str {
        match self {
            Self::User(user) => &user.username,
            Self::Customer(customer) => customer.as_str(),
        }
    }
}

pub async fn run(connection: &Connection, arguments: Arguments) -> Result<(), Failure> {
    let person = match (&arguments.user, &arguments.customer) {
        (_, Some(customer)) => as_customer(connection, customer).await?,
        (named, None) => Person::User(Box::new(user::find(connection, named.as_deref().unwrap_or_default()).await?)),
    };
    if let Some(path) = &arguments.export {
        let entry = journal::begin(connection, OperatorAct::ForgetExport, person.subject()).await?;
        let found = entry.run(collect::everything(connection, &person)).await?;
        let document = document::of(connection, &person, &found, arguments.with_hash);
        let text = format!("{}\n", serde_json::to_string_pretty(&document)?);
        if path.as_os_str() == "-" {
            connection.output.terminal.say(text.trim_end());
        } else {
            private_file::write(&connection.file(path), &text).with_context(|| format!("{} cannot be written", path.display()))?;
            let sentence = format!("Wrote everything about {} to {}.", person.name(), path.display());
            let answer = json!({ "subject": person.subject(), "exported": path });
            if arguments.erase { connection.output.remark(sentence) } else { connection.output.answer(sentence, &answer)? }
        }
        entry.done().await?;
    }
    if arguments.erase {
        confirm(connection, &person, arguments.yes)?;
        erase::run(connection, &person).await?;
    }
    Ok(())
}

/// Refuses a customer who is a user here: the user's own rows would stay.
async fn as_customer(connection: &Connection, customer: &CustomerId) -> Result<Person, Failure> {
    let is_user = match customer.as_user() {
        Some(id) => Users::new(&connection.database).find_by_id(id).await?.is_some(),
        None => false,
    };
    if is_user {
        return Err(Failure::Usage(format!("{customer} is a user here. Forget the user, without --customer.")));
    }
    Ok(Person::Customer(customer.clone()))
}

fn confirm(connection: &Connection, person: &Person, yes: bool) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    let question = format!("This erases everything about {0} for good. Type {0} to continue:", person.name());
    match connection.output.terminal.ask(&question)? {
        Some(said) if said.trim() == person.name() => Ok(()),
        Some(_) => Err(Failure::Refused("That is not the name; nothing was erased.".into())),
        None => Err(Failure::Usage("There is nobody to ask; use --yes to erase unasked.".into())),
    }
}

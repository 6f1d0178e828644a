//! `latchkey forget`: everything about one person, written to a file or erased.

mod collect;
mod document;
mod erase;

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use latchkey::domain::CustomerId;
use latchkey::store::UserRow;
use serde_json::json;

use crate::connection::Connection;
use crate::{Failure, journal, private_file, user};

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("what").required(true).multiple(true).args(["export", "erase"]))]
pub struct Arguments {
    /// The user's name or id
    #[arg(value_name = "USER", required_unless_present = "customer")]
    user: Option<String>,
    /// A customer who is no user here: the one-time tokens, entity tokens and sessions of that id
    #[arg(long, value_name = "ID", conflicts_with = "user")]
    customer: Option<CustomerId>,
    /// Write everything to this file as one JSON document; - is standard output
    #[arg(long, value_name = "FILE")]
    export: Option<PathBuf>,
    /// Also write the password's hash
    #[arg(long, requires = "export")]
    with_hash: bool,
    /// Erase everything
    #[arg(long)]
    erase: bool,
    /// Do not ask before that
    #[arg(long, requires = "erase")]
    yes: bool,
}

/// Who is forgotten.
enum Person {
    /// A user here, who may be a customer as well.
    User(Box<UserRow>),
    /// Somebody who is known as a customer only.
    Customer(CustomerId),
}

impl Person {
    /// The id under which sessions and tokens name the person.
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

    /// What the operator types before everything is erased.
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
        let found = collect::everything(connection, &person).await?;
        let document = document::of(connection, &person, &found, arguments.with_hash);
        let text = format!("{}\n", serde_json::to_string_pretty(&document)?);
        if path.as_os_str() == "-" {
            connection.output.terminal.say(text.trim_end());
        } else {
            private_file::write(&connection.file(path), &text).with_context(|| format!("{} can't be written", path.display()))?;
            let sentence = format!("Wrote everything about {} to {}.", person.name(), path.display());
            let answer = json!({ "subject": person.subject(), "exported": path });
            if arguments.erase { connection.output.remark(sentence) } else { connection.output.answer(sentence, &answer)? }
        }
        journal::record(connection, "forget.export", &person.subject()).await?;
    }
    if arguments.erase {
        confirm(connection, &person, arguments.yes)?;
        erase::run(connection, &person).await?;
    }
    Ok(())
}

/// A user is forgotten as one: as a customer alone, the user would stay.
async fn as_customer(connection: &Connection, customer: &CustomerId) -> Result<Person, Failure> {
    let is_user = match customer.as_str().parse() {
        Ok(id) => connection.directory.find_by_id(id).await?.is_some(),
        Err(_) => false,
    };
    if is_user {
        return Err(Failure::Usage(format!("{customer} is a user here: forget the user, without --customer.")));
    }
    Ok(Person::Customer(customer.clone()))
}

fn confirm(connection: &Connection, person: &Person, yes: bool) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    let question = format!("Everything about {0} is erased for good. Type {0} to go on:", person.name());
    match connection.output.terminal.ask(&question)? {
        Some(said) if said.trim() == person.name() => Ok(()),
        Some(_) => Err(Failure::Refused("That is another name; nothing was erased.".into())),
        None => Err(Failure::Usage("There is nobody to ask; --yes erases without.".into())),
    }
}

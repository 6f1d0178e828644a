//! `latchkey user set`: corrects a user's names and e-mail address.

use std::str::FromStr;

use latchkey::domain::{EmailAddress, Name};
use latchkey::store::{UserChange, UserRow, Users};
use serde_json::json;

use super::Named;
use crate::Failure;
use crate::connection::Connection;
use crate::journal::{self, OperatorAct};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    named: Named,
    /// The address that mails go to, and that the user can log in with; an empty text removes it. Of several users who have
    /// one, it says whose it is
    #[arg(long)]
    email: Option<Removable<EmailAddress>>,
    /// First name; an empty text removes it
    #[arg(long)]
    first_name: Option<Removable<Name>>,
    /// Last name; an empty text removes it
    #[arg(long)]
    last_name: Option<Removable<Name>>,
}

/// A new value, or none.
#[derive(Clone, Debug)]
struct Removable<T>(Option<T>);

impl<T: FromStr> FromStr for Removable<T> {
    type Err = T::Err;

    fn from_str(text: &str) -> Result<Self, T::Err> {
        if text.is_empty() { Ok(Self(None)) } else { text.parse().map(|value| Self(Some(value))) }
    }
}

impl<T: ToString> Removable<T> {
    fn text(&self) -> Option<String> {
        self.0.as_ref().map(T::to_string)
    }
}

pub async fn run(connection: &Connection, arguments: &Arguments) -> Result<(), Failure> {
    let wanted = UserChange {
        email: arguments.email.as_ref().map(Removable::text),
        first_name: arguments.first_name.as_ref().map(Removable::text),
        last_name: arguments.last_name.as_ref().map(Removable::text),
        ..UserChange::default()
    };
    if wanted.is_empty() {
        return Err(Failure::Usage("What is to be set? Use --email, --first-name or --last-name; an empty text removes.".into()));
    }
    let named = &arguments.named.user;
    let user = super::find(connection, named).await?;
    let users = Users::new(&connection.database);
    // An address that the user has already, and that is nobody's or another's in effect, is given anew.
    let is_effective = user.mailbox().is_none() || users.effective_address(&user).await?.is_some();
    let change = |user: &UserRow| {
        let mut change = wanted.clone().of(user);
        let given = wanted.email.as_ref().filter(|email| !is_effective && **email == user.email);
        change.next_epoch |= given.is_some();
        change.email = change.email.or_else(|| given.cloned());
        Some(change).filter(|change| !change.is_empty())
    };
    let (user, entry) = super::change_recorded(connection, named, OperatorAct::UserSet, change).await?;
    let (id, name, changed) = (user.user_id, &user.username, entry.is_some());
    let sentence = if changed { format!("Changed {name}.") } else { format!("{name} is so already; nothing was changed.") };
    let after = wanted.clone().of(&user).applied_to(&user);
    let document =
        json!({ "user_id": id, "email": after.email, "first_name": after.first_name, "last_name": after.last_name, "changed": changed });
    connection.output.answer(sentence, &document)?;
    journal::done(entry).await
}

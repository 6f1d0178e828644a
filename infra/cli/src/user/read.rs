//! `latchkey user show` and `user list`.

use latchkey::domain::Username;
use latchkey::store::directory::{Segment, UserRows};
use latchkey::store::{ApiKeys, LoginRow, Users};
use serde::Serialize;

use super::UserView;
use crate::Failure;
use crate::connection::Connection;
use crate::output::printable;

#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    user: UserView,
    api_keys: usize,
    logins: usize,
    wrong_passwords: u32,
    password_disabled: bool,
}

pub async fn show(connection: &Connection, named: &str) -> Result<(), Failure> {
    let user = super::find(connection, named).await?;
    let api_keys = ApiKeys::new(&connection.database).list(user.user_id).await?.len();
    let logins = crate::session::live(connection, &user).await?.len();

    let counted = Users::new(&connection.database).find_for_login(&Username::normalised(&user.username)).await?;
    let wrong_passwords = counted.as_ref().map_or(0, |counted| counted.failures);
    let password_disabled = counted.as_ref().is_some_and(LoginRow::password_is_disabled);

    let shown = Shown { user: user.into(), api_keys, logins, wrong_passwords, password_disabled };
    let Shown { user, .. } = &shown;
    let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    let properties = [
        ("Id", user.user_id.to_string()),
        ("Name", user.username.clone()),
        ("E-mail", text(&user.email)),
        ("First name", text(&user.first_name)),
        ("Last name", text(&user.last_name)),
        ("State", user.disabled_at.map_or_else(|| "active".to_owned(), |at| format!("disabled since {at}"))),
        ("Created", user.created_at.to_string()),
        ("Wrong passwords", if password_disabled { format!("{wrong_passwords} in a row: disabled") } else { wrong_passwords.to_string() }),
        ("Password expires", user.password_expires_at.map_or_else(|| "never".to_owned(), |at| at.to_string())),
        ("Epoch", user.epoch.to_string()),
        ("API keys", api_keys.to_string()),
        ("Sessions", logins.to_string()),
        ("ACL", serde_json::to_string(&user.acl)?),
    ];
    connection.output.thing(&properties, &shown)
}

#[derive(Debug, clap::Args)]
pub struct ListArguments {
    /// List only disabled users
    #[arg(long)]
    disabled: bool,
}

/// Prints each page as it comes, so that a table of any size needs the memory of one page.
pub async fn list(connection: &Connection, arguments: &ListArguments) -> Result<(), Failure> {
    let terminal = &connection.output.terminal;
    if !connection.output.json {
        terminal.say(&line("ID", "STATE", "CREATED", "NAME", "E-MAIL"));
    }
    let mut from = None;
    loop {
        let page = connection.directory.users(UserRows::ById, Segment::WHOLE, from).await?;
        for row in page.rows.into_iter().filter(|row| !arguments.disabled || !row.is_active()) {
            let user = UserView::from(row);
            if connection.output.json {
                terminal.say(&serde_json::to_string(&user)?);
            } else {
                let state = if user.disabled_at.is_some() { "disabled" } else { "active" };
                let email = user.email.as_deref().unwrap_or("-");
                terminal.say(&line(&user.user_id.to_string(), state, &user.created_at.to_string(), &user.username, email));
            }
        }
        from = page.next;
        if from.is_none() {
            return Ok(());
        }
    }
}

fn line(id: &str, state: &str, created: &str, name: &str, email: &str) -> String {
    format!("{id:36}  {state:8}  {created:20}  {:24}  {}", printable(name), printable(email))
}

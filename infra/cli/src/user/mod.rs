//! `latchkey user`: who there is, and what they may do.

mod add;
mod change;
mod read;
mod rights;

use clap::Subcommand;
use latchkey::domain::{Acl, Timestamp, UserId, Username};
use latchkey::store::directory::UserChange;
use latchkey::store::{UserRow, Users};
use serde::Serialize;

use crate::Failure;
use crate::connection::Connection;

pub use rights::AclArguments;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a user
    Add(Box<add::Arguments>),
    /// Show a user
    Show(Named),
    /// List all users, in no order
    List(read::ListArguments),
    /// Disable a user: no login and no key works any more, and every login is over
    Disable(Named),
    /// Enable a user, who then has to log in again
    Enable(Named),
    /// Give a user another password; every login is over
    Passwd(change::PasswdArguments),
    /// Replace what a user may do
    Grant(change::GrantArguments),
}

/// A user whom the operator names.
#[derive(Clone, Debug, clap::Args)]
pub struct Named {
    /// The user's name or id
    #[arg(value_name = "USER")]
    pub user: String,
}

pub async fn run(connection: &Connection, command: Command) -> Result<(), Failure> {
    match command {
        Command::Add(arguments) => add::run(connection, *arguments).await,
        Command::Show(named) => read::show(connection, &named.user).await,
        Command::List(arguments) => read::list(connection, &arguments).await,
        Command::Disable(named) => change::disable(connection, &named.user).await,
        Command::Enable(named) => change::enable(connection, &named.user).await,
        Command::Passwd(arguments) => change::passwd(connection, &arguments).await,
        Command::Grant(arguments) => change::grant(connection, &arguments).await,
    }
}

/// A user as scripts read it; never the password's hash.
#[derive(Clone, Debug, Serialize)]
pub struct UserView {
    pub user_id: UserId,
    pub username: String,
    pub email: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub created_at: Timestamp,
    pub password_expires_at: Option<Timestamp>,
    pub disabled_at: Option<Timestamp>,
    pub epoch: u64,
    pub acl: Acl,
}

impl From<UserRow> for UserView {
    fn from(row: UserRow) -> Self {
        Self {
            user_id: row.user_id,
            username: row.username,
            email: row.email,
            first_name: row.first_name,
            last_name: row.last_name,
            created_at: row.created_at,
            password_expires_at: row.password_expires_at,
            disabled_at: row.disabled_at,
            epoch: row.epoch,
            acl: row.acl,
        }
    }
}

/// The user of that name or id, with the password's hash.
///
/// A text that is an id and nobody's is looked for as a name.
///
/// # Errors
/// [`Failure::NotFound`] if there is none.
pub async fn find(connection: &Connection, named: &str) -> Result<UserRow, Failure> {
    let users = Users::new(&connection.database);
    let by_id = match named.parse::<UserId>() {
        Ok(id) => connection.directory.find_by_id(id).await?,
        Err(_) => None,
    };
    let name = Username::normalised(by_id.as_ref().map_or(named, |user| &user.username));
    let found = if name.is_possible() { users.find_by_name(&name).await? } else { None };
    match (by_id, found) {
        (None, Some(found)) => Ok(found),
        (Some(by_id), Some(found)) if found.user_id == by_id.user_id => Ok(found),
        // Between the two reads the user was erased, or the rows never belonged together.
        _ => Err(Failure::NotFound(format!("There is no user {named:?}."))),
    }
}

/// The user of that id, with the password's hash.
///
/// # Errors
/// [`Failure::NotFound`] if there is none (any more).
pub async fn find_by_id(connection: &Connection, id: UserId) -> Result<UserRow, Failure> {
    let gone = || Failure::NotFound(format!("There is no user {id} any more."));
    let by_id = connection.directory.find_by_id(id).await?.ok_or_else(gone)?;
    let found = Users::new(&connection.database).find_by_name(&Username::normalised(&by_id.username)).await?;
    found.filter(|found| found.user_id == id).ok_or_else(gone)
}

/// How often a change is tried again with the user as somebody else left it.
const ATTEMPTS: usize = 5;

/// Changes a user as `change` says, given how the user is; `None` where nothing is to change. Returns the user before, and whether
/// something changed.
///
/// # Errors
/// [`Failure::Refused`] if others kept changing the user.
pub async fn change(
    connection: &Connection,
    named: &str,
    change: impl Fn(&UserRow) -> Option<UserChange>,
) -> Result<(UserRow, bool), Failure> {
    let mut found = None;
    for _ in 0..ATTEMPTS {
        // Whoever was found first is meant, also if the name is somebody else's by now.
        let user = match found {
            None => find(connection, named).await?,
            Some(id) => find_by_id(connection, id).await?,
        };
        found = Some(user.user_id);
        let Some(wanted) = change(&user) else { return Ok((user, false)) };
        if connection.directory.change_user(&user, &wanted).await? {
            return Ok((user, true));
        }
    }
    Err(kept_changing(named))
}

/// The failure after the last attempt.
pub fn kept_changing(named: &str) -> Failure {
    Failure::Refused(format!("Somebody else kept changing the user {named:?}; nothing was changed. Try again."))
}

//! `latchkey user`: users, and what they may do.

mod add;
mod change;
mod read;
mod reindex;
mod rights;
mod set;

use clap::Subcommand;
use latchkey::domain::{Acl, Timestamp, UserId, Username};
use latchkey::store::{UserChange, UserChangeError, UserRow, Users};
use serde::Serialize;

use crate::Failure;
use crate::connection::Connection;
use crate::journal::{self, Entry, OperatorAct};

pub use rights::AclArguments;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Create a user
    Add(Box<add::Arguments>),
    /// Show a user
    Show(Named),
    /// List all users, in no particular order
    List(read::ListArguments),
    /// Change a user's names or e-mail address
    Set(set::Arguments),
    /// Disable a user: logins end, and neither the password nor the API keys work
    Disable(Named),
    /// Enable a user, who must then log in again
    Enable(Named),
    /// Forget a user's wrong passwords, a hundred of which in a row disable the password
    Unlock(Named),
    /// Set a user's password, which ends all logins
    Passwd(change::PasswdArguments),
    /// Replace a user's ACL
    Grant(change::GrantArguments),
    /// Put every user into the list that `users-list` reads, and let every user's address take effect; needed once after an
    /// upgrade from a release without the list, or without logins by address
    Reindex,
}

/// The user that a command is about.
#[derive(Clone, Debug, clap::Args)]
pub struct Named {
    /// The user's name or id
    #[arg(value_name = "USER")]
    pub user: String,
}

/// The user whose keys or sessions a command is about.
#[derive(Clone, Debug, clap::Args)]
pub struct Owner {
    /// The user's name or id
    #[arg(long = "user", value_name = "USER")]
    named: String,
}

impl Owner {
    /// The user's row, with the password's hash.
    ///
    /// # Errors
    /// [`Failure::NotFound`] if there is no such user.
    pub async fn find(&self, connection: &Connection) -> Result<UserRow, Failure> {
        find(connection, &self.named).await
    }
}

pub async fn run(connection: &Connection, command: Command) -> Result<(), Failure> {
    match command {
        Command::Add(arguments) => add::run(connection, *arguments).await,
        Command::Show(named) => read::show(connection, &named.user).await,
        Command::List(arguments) => read::list(connection, &arguments).await,
        Command::Disable(named) => change::disable(connection, &named.user).await,
        Command::Enable(named) => change::enable(connection, &named.user).await,
        Command::Unlock(named) => change::unlock(connection, &named.user).await,
        Command::Passwd(arguments) => change::passwd(connection, &arguments).await,
        Command::Grant(arguments) => change::grant(connection, &arguments).await,
        Command::Set(arguments) => set::run(connection, &arguments).await,
        Command::Reindex => reindex::run(connection).await,
    }
}

/// A user as scripts read it, without the password's hash.
#[derive(Clone, Debug, Serialize)]
pub struct UserView {
    pub user_id: UserId,
    pub username: String,
    pub email: Option<String>,
    pub email_verified: bool,
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
            email_verified: row.email_verified,
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
/// A UUID that is nobody's id is looked up as a name.
///
/// # Errors
/// [`Failure::NotFound`] if there is none.
pub async fn find(connection: &Connection, named: &str) -> Result<UserRow, Failure> {
    let users = Users::new(&connection.database);
    let by_id = match named.parse::<UserId>() {
        Ok(id) => users.find_by_id(id).await?,
        Err(_) => None,
    };
    let name = Username::normalised(by_id.as_ref().map_or(named, |user| &user.username));
    let found = if name.is_possible() { users.find_by_name(&name).await? } else { None };
    match (by_id, found) {
        (None, Some(found)) => Ok(found),
        (Some(by_id), Some(found)) if found.user_id == by_id.user_id => Ok(found),
        // The user was erased between the two reads, or the rows never belonged together.
        _ => Err(Failure::NotFound(format!("There is no user {named:?}."))),
    }
}

/// The user of that id, with the password's hash.
///
/// # Errors
/// [`Failure::NotFound`] if there is none.
pub async fn find_by_id(connection: &Connection, id: UserId) -> Result<UserRow, Failure> {
    let gone = || Failure::NotFound(format!("The user {id} no longer exists."));
    let users = Users::new(&connection.database);
    let by_id = users.find_by_id(id).await?.ok_or_else(gone)?;
    let found = users.find_by_name(&Username::normalised(&by_id.username)).await?;
    found.filter(|found| found.user_id == id).ok_or_else(gone)
}

/// How often a change is tried, each time with the user as somebody else left it.
const ATTEMPTS: usize = 5;

/// Applies the change that `change` returns for the user's present row; `None` changes nothing. Returns the row as it
/// was before, and whether it changed.
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
        // The name may belong to somebody else by now: the user found first is meant.
        let user = match found {
            None => find(connection, named).await?,
            Some(id) => find_by_id(connection, id).await?,
        };
        found = Some(user.user_id);
        let Some(wanted) = change(&user) else { return Ok((user, false)) };
        match Users::new(&connection.database).change(&user, &wanted, connection.now()).await {
            Ok(true) => return Ok((user, true)),
            Ok(false) => {}
            Err(UserChangeError::EmailTaken) => return Err(address_taken()),
            Err(UserChangeError::Store(error)) => return Err(error.into()),
        }
    }
    Err(kept_changing(named))
}

/// [`change`] of the user of that name or id, with its entry in the journal if the user was changed.
///
/// # Errors
/// As [`change`]; and if the journal cannot be written, before anything is done.
pub async fn change_recorded<'c>(
    connection: &'c Connection,
    named: &str,
    act: OperatorAct,
    wanted: impl Fn(&UserRow) -> Option<UserChange>,
) -> Result<(UserRow, Option<Entry<'c>>), Failure> {
    let user = find(connection, named).await?;
    if wanted(&user).is_none() {
        return Ok((user, None));
    }
    let entry = journal::begin(connection, act, user.user_id).await?;
    let (user, changed) = entry.run(change(connection, &user.user_id.to_string(), wanted)).await?;
    if changed {
        return Ok((user, Some(entry)));
    }
    entry.unchanged().await?;
    Ok((user, None))
}

/// The failure where another user has the address.
pub fn address_taken() -> Failure {
    Failure::Refused(
        "The e-mail address is another user's, or another user's name. `latchkey doctor` lists addresses that several have.".into(),
    )
}

/// The failure after the last try.
pub fn kept_changing(named: &str) -> Failure {
    Failure::Refused(format!("Somebody else kept changing the user {named:?}; nothing was changed. Try again."))
}

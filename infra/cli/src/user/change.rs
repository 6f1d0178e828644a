//! `latchkey user disable`, `enable`, `passwd` and `grant`: all rows of the user in one transaction, or nothing. `unlock`, which
//! changes the one row that counts wrong passwords.

use latchkey::domain::{Timestamp, Username};
use latchkey::store::{UserChange, Users};
use serde_json::json;

use super::{ATTEMPTS, AclArguments, Named, find, find_by_id, kept_changing};
use crate::Failure;
use crate::connection::Connection;
use crate::journal::{self, OperatorAct};
use crate::passwords::PasswordArguments;

/// Raises the epoch as well: after being enabled again, the user must log in again.
pub async fn disable(connection: &Connection, named: &str) -> Result<(), Failure> {
    let now = connection.now();
    let wanted = UserChange::disable(now);
    let (user, entry) =
        super::change_recorded(connection, named, OperatorAct::UserDisable, |user| user.is_active().then(|| wanted.clone())).await?;
    let (id, name, changed) = (user.user_id, &user.username, entry.is_some());
    let since = user.disabled_at.unwrap_or(now);
    let sentence = if changed {
        format!("Disabled {name}. This user's logins, keys and tokens no longer work.")
    } else {
        format!("{name} has been disabled since {since}; nothing was changed.")
    };
    connection.output.answer(sentence, &json!({ "user_id": id, "disabled_at": since, "changed": changed }))?;
    journal::done(entry).await
}

pub async fn enable(connection: &Connection, named: &str) -> Result<(), Failure> {
    let wanted = UserChange { disabled_at: Some(None), ..UserChange::default() };
    let (user, entry) =
        super::change_recorded(connection, named, OperatorAct::UserEnable, |user| (!user.is_active()).then(|| wanted.clone())).await?;
    let (id, name, changed) = (user.user_id, &user.username, entry.is_some());
    let sentence = if changed {
        format!("Enabled {name}, who must log in again. This user's API keys work again.")
    } else {
        format!("{name} is active; nothing was changed.")
    };
    connection.output.answer(sentence, &json!({ "user_id": id, "disabled_at": null, "changed": changed }))?;
    journal::done(entry).await
}

/// The attempts of the present window stay counted: they end by themselves.
pub async fn unlock(connection: &Connection, named: &str) -> Result<(), Failure> {
    let user = find(connection, named).await?;
    let (id, name) = (user.user_id, &user.username);
    let entry = journal::begin(connection, OperatorAct::UserUnlock, id).await?;
    let changed = entry.run(Users::new(&connection.database).forget_failures(&Username::normalised(name))).await?;
    let sentence = if changed {
        format!("Forgot the wrong passwords of {name}. The right one is taken again.")
    } else {
        format!("{name} has given no wrong password since the last right one; nothing was changed.")
    };
    connection.output.answer(sentence, &json!({ "user_id": id, "changed": changed }))?;
    if changed { entry.done().await } else { entry.unchanged().await }
}

#[derive(Debug, clap::Args)]
pub struct PasswdArguments {
    #[command(flatten)]
    named: Named,
    /// Expire the password at once: the user must change it before anything else
    #[arg(long)]
    expire: bool,
    /// When the password expires, like 2030-01-31T12:00:00Z; never by default
    #[arg(long, value_name = "DATE", conflicts_with = "expire")]
    password_expires: Option<Timestamp>,
    #[command(flatten)]
    password: PasswordArguments,
}

pub async fn passwd(connection: &Connection, arguments: &PasswdArguments) -> Result<(), Failure> {
    let named = &arguments.named.user;
    let mut user = find(connection, named).await?;
    let password = arguments.password.take(connection, &user.names()).await?;
    let expires_at = if arguments.expire { Some(connection.now()) } else { arguments.password_expires };

    let users = Users::new(&connection.database);
    let entry = journal::begin(connection, OperatorAct::UserPasswd, user.user_id).await?;
    let changing = async {
        let (mut attempts, began_in) = (1, user.epoch);
        while !users.change_password(&user, began_in, password.hash.as_str(), expires_at, connection.now()).await? {
            // The name may belong to somebody else by now: the user found first is meant.
            user = if attempts < ATTEMPTS { find_by_id(connection, user.user_id).await? } else { return Err(kept_changing(named)) };
            attempts += 1;
        }
        // Once more: over a slow line, the mailer may have ceased to wait for the change.
        users.ask_to_tell_of_password(&user, began_in, connection.now()).await?;
        Ok::<_, Failure>(user)
    };
    let user = entry.run(changing).await?;
    let id = user.user_id;
    let mut sentence = format!("Changed the password of {}. All logins of this user have ended.", user.username);
    if arguments.expire {
        sentence.push_str(" Logins are refused until the user changes it.");
    }
    if let Some(generated) = &password.generated {
        sentence.push_str(&format!("\nPassword: {}", generated.expose()));
    }
    let mut document = json!({ "user_id": id, "password_expires_at": expires_at });
    if let (Some(members), Some(generated)) = (document.as_object_mut(), &password.generated) {
        members.insert("password".to_owned(), generated.expose().into());
    }
    connection.output.answer(sentence, &document)?;
    entry.done().await
}

#[derive(Debug, clap::Args)]
pub struct GrantArguments {
    #[command(flatten)]
    named: Named,
    #[command(flatten)]
    acl: AclArguments,
}

pub async fn grant(connection: &Connection, arguments: &GrantArguments) -> Result<(), Failure> {
    let missing =
        || Failure::Usage("What may the user do? Use --acl JSON, --acl-file FILE or --admin; --acl '[]' removes all rights.".into());
    let acl = arguments.acl.read(connection)?.ok_or_else(missing)?;
    let wanted = UserChange { acl: Some(acl.clone()), ..UserChange::default() };
    let named = &arguments.named.user;
    let (user, entry) =
        super::change_recorded(connection, named, OperatorAct::UserGrant, |user| (user.acl != acl).then(|| wanted.clone())).await?;
    let (id, name, changed) = (user.user_id, &user.username, entry.is_some());
    let sentence = if changed {
        format!("The ACL of {name} is now {}\nIt was {}", serde_json::to_string(&acl)?, serde_json::to_string(&user.acl)?)
    } else {
        format!("{name} has that ACL already; nothing was changed.")
    };
    connection.output.answer(sentence, &json!({ "user_id": id, "acl": acl, "before": user.acl, "changed": changed }))?;
    journal::done(entry).await
}

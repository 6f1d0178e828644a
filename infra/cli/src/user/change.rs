//! `latchkey user disable`, `enable`, `passwd` and `grant`: both rows of the user in one transaction, or nothing.

use latchkey::domain::Timestamp;
use latchkey::store::Users;
use latchkey::store::directory::UserChange;
use serde_json::json;

use super::{ATTEMPTS, AclArguments, Named, find, find_by_id, kept_changing};
use crate::connection::Connection;
use crate::passwords::PasswordArguments;
use crate::{Failure, journal};

/// Raises the epoch as well: a user who is enabled again has to log in again.
pub async fn disable(connection: &Connection, named: &str) -> Result<(), Failure> {
    let now = connection.now();
    let wanted = UserChange { disabled_at: Some(Some(now)), next_epoch: true, ..UserChange::default() };
    let (user, changed) = super::change(connection, named, |user| user.is_active().then(|| wanted.clone())).await?;
    let (id, name) = (user.user_id, &user.username);
    let since = user.disabled_at.unwrap_or(now);
    let sentence = if changed {
        format!("Disabled {name}. No login, no key and no token of this user works from now on.")
    } else {
        format!("{name} is disabled since {since}; nothing was changed.")
    };
    connection.output.answer(sentence, &json!({ "user_id": id, "disabled_at": since, "changed": changed }))?;
    if changed { journal::record(connection, "user.disable", &id.to_string()).await } else { Ok(()) }
}

pub async fn enable(connection: &Connection, named: &str) -> Result<(), Failure> {
    let wanted = UserChange { disabled_at: Some(None), ..UserChange::default() };
    let (user, changed) = super::change(connection, named, |user| (!user.is_active()).then(|| wanted.clone())).await?;
    let (id, name) = (user.user_id, &user.username);
    let sentence = if changed {
        format!("Enabled {name}, who has to log in again. The API keys of this user work again.")
    } else {
        format!("{name} is active; nothing was changed.")
    };
    connection.output.answer(sentence, &json!({ "user_id": id, "disabled_at": null, "changed": changed }))?;
    if changed { journal::record(connection, "user.enable", &id.to_string()).await } else { Ok(()) }
}

#[derive(Debug, clap::Args)]
pub struct PasswdArguments {
    #[command(flatten)]
    named: Named,
    /// Have the user change it before anything else
    #[arg(long)]
    expire: bool,
    /// From when on the user has to change it, like 2030-01-31T12:00:00Z; without it, never
    #[arg(long, value_name = "DATE", conflicts_with = "expire")]
    password_expires: Option<Timestamp>,
    #[command(flatten)]
    password: PasswordArguments,
}

pub async fn passwd(connection: &Connection, arguments: &PasswdArguments) -> Result<(), Failure> {
    let named = &arguments.named.user;
    let mut user = find(connection, named).await?;
    let given = [Some(&user.username), user.email.as_ref(), user.first_name.as_ref(), user.last_name.as_ref()];
    let names: Vec<String> = given.into_iter().flatten().cloned().collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let password = arguments.password.take(connection, &names).await?;
    let expires_at = if arguments.expire { Some(connection.now()) } else { arguments.password_expires };

    let users = Users::new(&connection.database);
    let mut attempts = 1;
    while !users.change_password(&user, password.hash.as_str(), expires_at).await? {
        // The person asked for is the one who was found first, whatever the name means by now.
        user = if attempts < ATTEMPTS { find_by_id(connection, user.user_id).await? } else { return Err(kept_changing(named)) };
        attempts += 1;
    }
    let id = user.user_id;
    let mut sentence = format!("Changed the password of {}; every login of this user is over.", user.username);
    if arguments.expire {
        sentence.push_str(" The next login is refused until the user has changed it.");
    }
    if let Some(made) = &password.made {
        sentence.push_str(&format!("\nPassword: {}", made.expose()));
    }
    let mut document = json!({ "user_id": id, "password_expires_at": expires_at });
    if let (Some(members), Some(made)) = (document.as_object_mut(), &password.made) {
        members.insert("password".to_owned(), made.expose().into());
    }
    connection.output.answer(sentence, &document)?;
    journal::record(connection, "user.passwd", &id.to_string()).await
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
        || Failure::Usage("What may the user do? Give --acl JSON, --acl-file FILE or --admin; --acl '[]' takes all rights away.".into());
    let acl = arguments.acl.read(connection)?.ok_or_else(missing)?;
    let wanted = UserChange { acl: Some(acl.clone()), ..UserChange::default() };
    let (user, changed) = super::change(connection, &arguments.named.user, |user| (user.acl != acl).then(|| wanted.clone())).await?;
    let (id, name) = (user.user_id, &user.username);
    let sentence = if changed {
        format!("{name} may now do this: {}\nBefore: {}", serde_json::to_string(&acl)?, serde_json::to_string(&user.acl)?)
    } else {
        format!("{name} may do that already; nothing was changed.")
    };
    connection.output.answer(sentence, &json!({ "user_id": id, "acl": acl, "before": user.acl, "changed": changed }))?;
    if changed { journal::record(connection, "user.grant", &id.to_string()).await } else { Ok(()) }
}

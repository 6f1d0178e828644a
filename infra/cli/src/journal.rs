//! What operators did: a JSON line for each change. Imports [`crate::connection`].

use std::fs::{DirBuilder, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};

use anyhow::Context;
use latchkey::audit::{Act, Event, Line, Origin};
use serde_json::json;

use crate::Failure;
use crate::connection::{Connection, Place};

/// Writes down that `command` was done to `subject`, when and by whom, as an audit event of the service's own form. Every command that changed something ends here.
///
/// One `write` to a file that is only appended to: lines of two operators do not mix.
///
/// # Errors
/// If the journal can't be written; the act is done all the same, and the text says so.
pub async fn record(connection: &Connection, command: &str, subject: &str) -> Result<(), Failure> {
    let place = match &connection.place {
        Place::Local(data) => json!({ "local": data }),
        Place::Aws(stack) => json!({ "stack": stack }),
    };
    let origin = Origin { operation: command.to_owned(), operator: Some(operator(connection).await.to_owned()), ..Origin::default() };
    let event = Event::of(act(command)).subject(subject);
    let mut line = serde_json::to_value(Line::new(&event, &origin, None, connection.now()))?;
    if let Some(members) = line.as_object_mut() {
        members.insert("place".to_owned(), place);
    }
    append(connection, &format!("{line}\n"))
        .with_context(|| format!("{command} of {subject} is done, but could not be written to {}", connection.journal.display()))
        .map_err(Failure::from)
}

/// What the command is among the acts of docs/events.md.
fn act(command: &str) -> Act {
    match command {
        "user.add" => Act::UserAdded,
        "user.disable" => Act::UserDisabled,
        "user.enable" => Act::UserEnabled,
        "user.passwd" => Act::UserPasswordSet,
        "user.grant" => Act::UserGranted,
        "key.revoke" => Act::ApiKeyDeleted,
        "session.revoke" | "session.revoke-all" => Act::SessionRevoked,
        "forget.export" => Act::PersonExported,
        "forget.begin" | "forget.erase" => Act::PersonForgotten,
        "users.export" => Act::UsersExported,
        "users.import" => Act::UsersImported,
        "keys.init" => Act::KeysMade,
        _ => Act::KeysRotated,
    }
}

fn append(connection: &Connection, line: &str) -> std::io::Result<()> {
    if let Some(folder) = connection.journal.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    let mut file = OpenOptions::new().append(true).create(true).mode(0o600).open(&connection.journal)?;
    file.write_all(line.as_bytes())?;
    file.sync_data()
}

/// The ARN that AWS knows the operator by; locally the name on this machine.
async fn operator(connection: &Connection) -> &str {
    connection.operator.get_or_init(|| name_operator(connection)).await
}

async fn name_operator(connection: &Connection) -> String {
    let asked = match &connection.identity {
        Some(sts) => sts.get_caller_identity().send().await.ok().and_then(|identity| identity.arn),
        None => connection.environment.optional("USER").or_else(|| connection.environment.optional("LOGNAME")),
    };
    asked.unwrap_or_else(|| "unknown".to_owned())
}

//! What operators did: a JSON line for each change. Imports [`crate::connection`].

use std::fs::{DirBuilder, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};

use anyhow::Context;
use serde_json::json;

use crate::Failure;
use crate::connection::{Connection, Place};

/// Writes down that `act` was done to `subject`, when and by whom. Every command that changed something ends here.
///
/// One `write` to a file that is only appended to: lines of two operators do not mix.
///
/// # Errors
/// If the journal can't be written; the act is done all the same, and the text says so.
pub async fn record(connection: &Connection, act: &str, subject: &str) -> Result<(), Failure> {
    let place = match &connection.place {
        Place::Local(data) => json!({ "local": data }),
        Place::Aws(stack) => json!({ "stack": stack }),
    };
    let line = json!({ "time": connection.now(), "act": act, "subject": subject, "operator": operator(connection).await, "place": place });
    append(connection, &format!("{line}\n"))
        .with_context(|| format!("{act} of {subject} is done, but could not be written to {}", connection.journal.display()))
        .map_err(Failure::from)
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

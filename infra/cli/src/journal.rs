//! What operators did: a JSON line for each change. Imports [`crate::connection`].

use std::fs::{DirBuilder, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};

use anyhow::Context;
use latchkey::audit::{Act, Event, Line, Origin};
use serde_json::json;

use crate::Failure;
use crate::connection::{Connection, Place};

/// An operator's act, its name in the journal, and the service's own act that it is.
macro_rules! acts {
    ($($act:ident = $name:literal, $audited:ident;)*) => {
        /// What an operator did.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum OperatorAct {
            $(#[doc = concat!("`", $name, "`.")] $act,)*
        }

        impl OperatorAct {
            /// Every act, in the order of docs/cli.md.
            pub const ALL: &[Self] = &[$(Self::$act,)*];

            /// The name that a line has in `operation`, like `user.add`.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$act => $name,)*
                }
            }

            fn audited(self) -> Act {
                match self {
                    $(Self::$act => Act::$audited,)*
                }
            }
        }
    };
}

acts! {
    UserAdd = "user.add", UserAdded;
    UserDisable = "user.disable", UserDisabled;
    UserEnable = "user.enable", UserEnabled;
    UserPasswd = "user.passwd", UserPasswordSet;
    UserGrant = "user.grant", UserGranted;
    KeyRevoke = "key.revoke", ApiKeyDeleted;
    SessionRevoke = "session.revoke", SessionRevoked;
    SessionRevokeAll = "session.revoke-all", SessionRevoked;
    KeysInit = "keys.init", KeysMade;
    KeysPublish = "keys.publish", KeysRotated;
    KeysWriteSince = "keys.write-since", KeysRotated;
    KeysAddNext = "keys.add-next", KeysRotated;
    KeysPromote = "keys.promote", KeysRotated;
    KeysRemove = "keys.remove", KeysRotated;
    ForgetExport = "forget.export", PersonExported;
    ForgetBegin = "forget.begin", PersonForgotten;
    ForgetErase = "forget.erase", PersonForgotten;
    UsersImport = "users.import", UsersImported;
    UsersExport = "users.export", UsersExported;
}

/// Records that `act` was done to `subject`, when and by whom, as an audit event in the service's own format. Every
/// command that changed something ends here.
///
/// The line is one `write` to a file that is only appended to, so the lines of two operators do not mix.
///
/// # Errors
/// If the journal cannot be written. The act is done all the same, and the text says so.
pub async fn record(connection: &Connection, act: OperatorAct, subject: &str) -> Result<(), Failure> {
    let place = match &connection.place {
        Place::Local(data) => json!({ "local": data }),
        Place::Aws(stack) => json!({ "stack": stack }),
    };
    let name = act.name();
    let origin = Origin { operation: name.to_owned(), operator: Some(operator(connection).await.to_owned()), ..Origin::default() };
    let event = Event::of(act.audited()).subject(subject);
    let mut line = serde_json::to_value(Line::new(&event, &origin, None, connection.now()))?;
    if let Some(members) = line.as_object_mut() {
        members.insert("place".to_owned(), place);
    }
    append(connection, &format!("{line}\n"))
        .with_context(|| format!("{name} of {subject} is done, but could not be written to {}", connection.journal.display()))
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

/// The ARN that AWS knows the operator by; locally, the user name on this machine.
async fn operator(connection: &Connection) -> &str {
    connection.operator.get_or_init(|| name_operator(connection)).await
}

async fn name_operator(connection: &Connection) -> String {
    let name = match &connection.identity {
        Some(sts) => sts.get_caller_identity().send().await.ok().and_then(|identity| identity.arn),
        None => connection.environment.optional("USER").or_else(|| connection.environment.optional("LOGNAME")),
    };
    name.unwrap_or_else(|| "unknown".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_docs_list_every_act_in_this_order() {
        let docs = include_str!("../../../docs/cli.md");
        let listed = docs.split("Acts: ").nth(1).unwrap().split(". ").next().unwrap();
        let listed: Vec<_> = listed.split('`').skip(1).step_by(2).collect();

        assert_eq!(listed, OperatorAct::ALL.iter().map(|act| act.name()).collect::<Vec<_>>());
    }
}

//! What operators meant to do and did: a JSON line before each act and one after it. Imports [`crate::connection`].

use std::fmt::Display;
use std::fs::{DirBuilder, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};

use anyhow::Context;
use latchkey::audit::{Act, Event, Line, Origin};
use latchkey::domain::RandomId;
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
    UserSet = "user.set", UserChanged;
    UserDisable = "user.disable", UserDisabled;
    UserEnable = "user.enable", UserEnabled;
    UserUnlock = "user.unlock", UserUnlocked;
    UserPasswd = "user.passwd", UserPasswordSet;
    UserGrant = "user.grant", UserGranted;
    UserReindex = "user.reindex", UsersListed;
    KeyAdd = "key.add", ApiKeyAdded;
    KeyShow = "key.show", ApiKeyShown;
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
    ForgetErase = "forget.erase", PersonForgotten;
    UsersImport = "users.import", UsersImported;
    UsersExport = "users.export", UsersExported;
}

/// An act that is in the journal as what an operator is about to do.
///
/// Its lines have one `entry`. The first says `intent`, and stands there before anything is done. If it is the only one, the program
/// ended before it could say more: the act may be done.
pub struct Entry<'c> {
    connection: &'c Connection,
    act: OperatorAct,
    subject: String,
    id: RandomId,
}

/// Records that `act` is about to be done to `subject`, when and by whom. Every command that changes something, or shows a secret,
/// begins here.
///
/// # Errors
/// If the journal cannot be written: then nothing may be done.
pub async fn begin<'c>(connection: &'c Connection, act: OperatorAct, subject: impl Display) -> Result<Entry<'c>, Failure> {
    let entry = Entry { connection, act, subject: subject.to_string(), id: RandomId::random() };
    let written = entry.write("intent", &entry.subject).await;
    let refused = || format!("{} of {} was not done, because it could not be recorded", act.name(), entry.subject);
    written.with_context(refused)?;
    Ok(entry)
}

impl Entry<'_> {
    /// The act.
    #[must_use]
    pub fn act(&self) -> OperatorAct {
        self.act
    }

    /// Does `deed`, and records it if it fails. Whether a deed that failed for want of an answer is done nobody knows.
    ///
    /// # Errors
    /// That of `deed`.
    pub async fn run<T, E>(&self, deed: impl Future<Output = Result<T, E>>) -> Result<T, Failure>
    where
        Failure: From<E>,
    {
        match deed.await {
            Ok(done) => Ok(done),
            Err(error) => {
                let failure = Failure::from(error);
                if let Err(error) = self.write("failed", &self.subject).await {
                    self.connection.output.remark(format!("{error:#}"));
                }
                Err(failure)
            }
        }
    }

    /// Records that the act is done, as an audit event in the service's own format.
    ///
    /// # Errors
    /// If the journal cannot be written. The act is done all the same, and the text says so.
    pub async fn done(&self) -> Result<(), Failure> {
        self.done_to(&self.subject).await
    }

    /// The same, to what is known of the subject by now. An act on many things is recorded for each.
    ///
    /// # Errors
    /// If the journal cannot be written. The act is done all the same, and the text says so.
    pub async fn done_to(&self, subject: &str) -> Result<(), Failure> {
        let told = || format!("{} of {subject} is done, but could not be recorded", self.act.name());
        Ok(self.write("event", subject).await.with_context(told)?)
    }

    /// Records that nothing had to be done, or could be.
    ///
    /// # Errors
    /// If the journal cannot be written.
    pub async fn unchanged(&self) -> Result<(), Failure> {
        let told = || format!("{} of {} changed nothing, which could not be recorded", self.act.name(), self.subject);
        Ok(self.write("unchanged", &self.subject).await.with_context(told)?)
    }

    /// Appends a line that has the act's event in the member `word`. Only what is done has it in `event`.
    ///
    /// The line is one `write` to a file that is only appended to, so the lines of two operators do not mix.
    async fn write(&self, word: &str, subject: &str) -> anyhow::Result<()> {
        let Self { connection, act, .. } = self;
        let place = match &connection.place {
            Place::Local(data) => json!({ "local": data }),
            Place::Aws(stack) => json!({ "stack": stack }),
        };
        let origin =
            Origin { operation: act.name().to_owned(), operator: Some(operator(connection).await.to_owned()), ..Origin::default() };
        let event = Event::of(act.audited()).subject(subject);
        let mut line = serde_json::to_value(Line::new(&event, &origin, None, connection.now()))?;
        if let Some(members) = line.as_object_mut() {
            let event = members.remove("event").unwrap_or_default();
            members.insert(word.to_owned(), event);
            members.insert("entry".to_owned(), self.id.to_string().into());
            members.insert("place".to_owned(), place);
        }
        append(connection, &format!("{line}\n")).with_context(|| format!("{} cannot be written", connection.journal.display()))
    }
}

/// Records that the act is done, if there was one to do.
///
/// # Errors
/// If the journal cannot be written. The act is done all the same, and the text says so.
pub async fn done(entry: Option<Entry<'_>>) -> Result<(), Failure> {
    match entry {
        Some(entry) => entry.done().await,
        None => Ok(()),
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

//! Erases everything about one person. An interruption leaves nothing usable, and a second run finds the rest.
//!
//! A user is disabled first: from then on no login, key or token of that user works, and nothing new is created. The
//! user's own rows go last, because a second run begins with them. A row that leads to other rows goes after those.

use latchkey::store::directory::{FoundSession, UserChange};
use serde::Serialize;

use super::Person;
use super::collect::{own_partitions, sessions, tokens};
use crate::connection::Connection;
use crate::journal::{self, OperatorAct};
use crate::{Failure, user};

/// How many rows were erased.
#[derive(Default, Serialize)]
struct Erased {
    subject: String,
    sessions: usize,
    issued_sessions: usize,
    tokens: usize,
    user: bool,
}

pub async fn run(connection: &Connection, person: &Person) -> Result<(), Failure> {
    let entry = journal::begin(connection, OperatorAct::ForgetErase, person.subject()).await?;
    let erased = entry.run(erase(connection, person)).await?;
    let Erased { sessions, issued_sessions, tokens, .. } = &erased;
    let sentence = format!(
        "Erased {}. Sessions: {sessions}, exchanged in that name: {issued_sessions}, rows of keys and tokens: {tokens}.",
        person.name()
    );
    connection.output.answer(sentence, &erased)?;
    entry.done().await
}

async fn erase(connection: &Connection, person: &Person) -> Result<Erased, Failure> {
    let directory = &connection.directory;
    let mut erased = Erased { subject: person.subject(), ..Erased::default() };
    disable(connection, person).await?;

    end_sessions(connection, person, &mut erased).await?;
    let mut keys = own_partitions(connection, person).await?;
    keys.extend(tokens(connection, person).await?.into_iter().map(|token| token.key));
    directory.delete_tokens(&keys).await?;
    erased.tokens += keys.len();
    // An exchange that had read the user as active may have begun a session meanwhile.
    end_sessions(connection, person, &mut erased).await?;

    if let Person::User(row) = person {
        if !directory.delete_user(row).await? {
            return Err(Failure::Refused(format!("The name {} belongs to another user by now. See `latchkey user list`.", row.username)));
        }
        erased.user = true;
    }
    Ok(erased)
}

async fn disable(connection: &Connection, person: &Person) -> Result<(), Failure> {
    let Person::User(row) = person else { return Ok(()) };
    let wanted = UserChange { disabled_at: Some(Some(connection.now())), next_epoch: true, ..UserChange::default() };
    user::change(connection, &row.user_id.to_string(), |user| user.is_active().then(|| wanted.clone())).await.map(drop)
}

/// Deletes the rows of the person's sessions and one-time tokens, and of those in the person's name.
async fn end_sessions(connection: &Connection, person: &Person, erased: &mut Erased) -> Result<(), Failure> {
    let found = sessions(connection, person).await?;
    let keys: Vec<_> = found.iter().map(FoundSession::key).collect();
    connection.directory.delete_sessions(&keys).await?;
    for row in found {
        match row {
            FoundSession::Session(row) if row.customer_id == person.customer_id() => erased.sessions += 1,
            FoundSession::Session(_) => erased.issued_sessions += 1,
            FoundSession::OneTimeToken(_) | FoundSession::Former(_) => erased.tokens += 1,
        }
    }
    Ok(())
}

//! Erases everything about one person. An interruption leaves nothing usable, and a second run finds the rest.
//!
//! A user is disabled first: from then on no login, key or token of that user works, and nothing new is created. The
//! user's own rows go last, because a second run begins with them. `users-delete` and the `eraser` take the same steps
//! ([`Erasure`]), and free the name before the scan.

use latchkey::store::directory::FoundSession;
use latchkey::store::{Erasure, UserChange};
use serde::Serialize;

use super::Person;
use crate::connection::Connection;
use crate::journal::{self, OperatorAct};
use crate::{Failure, scan, user};

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
    let erasure = Erasure::new(&connection.database);
    let mut erased = Erased { subject: person.subject(), ..Erased::default() };
    disable(connection, person).await?;

    // The sessions first, so that they are counted by what they are.
    sweep_sessions(connection, &erasure, person, &mut erased).await?;
    if let Person::User(user) = person {
        let own = erasure.delete_own_rows(user.user_id, user.mailbox().as_ref()).await?;
        erased.sessions += own.sessions;
        erased.tokens += own.tokens;
    }
    erased.tokens += sweep_tokens(connection, &erasure, person).await?;
    // An exchange that had read the user as active may have begun a session meanwhile.
    sweep_sessions(connection, &erasure, person, &mut erased).await?;

    if let Person::User(row) = person {
        if !erasure.finish(row.user_id, Some(row)).await? {
            return Err(Failure::Refused(format!("The name {} belongs to another user by now. See `latchkey user list`.", row.username)));
        }
        erased.user = true;
    }
    Ok(erased)
}

async fn disable(connection: &Connection, person: &Person) -> Result<(), Failure> {
    let Person::User(row) = person else { return Ok(()) };
    let wanted = UserChange::disable(connection.now());
    user::change(connection, &row.user_id.to_string(), |user| user.is_active().then(|| wanted.clone())).await.map(drop)
}

/// Deletes the rows of the person's sessions and one-time tokens, and of those in the person's name.
async fn sweep_sessions(connection: &Connection, erasure: &Erasure, person: &Person, erased: &mut Erased) -> Result<(), Failure> {
    let subjects = &[person.subject()];
    let found = scan::whole(connection, &connection.tables.sessions, "Searching the sessions", |segment, from| {
        erasure.sweep_sessions(subjects, segment, from)
    });
    for row in found.await? {
        match row {
            FoundSession::Session(row) if row.customer_id == person.customer_id() => erased.sessions += 1,
            FoundSession::Session(_) => erased.issued_sessions += 1,
            FoundSession::OneTimeToken(_) | FoundSession::Former(_) => erased.tokens += 1,
        }
    }
    Ok(())
}

/// How many rows of the person's entity tokens, and of what the person's idempotency keys made, are deleted.
async fn sweep_tokens(connection: &Connection, erasure: &Erasure, person: &Person) -> Result<usize, Failure> {
    let subjects = &[person.subject()];
    let found = scan::whole(connection, &connection.tables.tokens, "Searching the tokens", |segment, from| {
        erasure.sweep_tokens(subjects, segment, from)
    });
    Ok(found.await?.len())
}

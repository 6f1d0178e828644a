//! Erases everything about one person, in an order in which an interruption leaves nothing usable and a second run finds the rest.
//!
//! A user is disabled first: from then on no login, no key and no token of that user works and nothing new is made. The user's own
//! rows go last, since they are what a second run begins with. A row by which others are found goes after them.

use latchkey::store::directory::UserChange;
use latchkey::store::schema;
use serde::Serialize;

use super::Person;
use super::collect::{own_partitions, sessions, tokens};
use crate::connection::Connection;
use crate::{Failure, journal, user};

/// What was erased, in rows.
#[derive(Default, Serialize)]
struct Erased {
    subject: String,
    sessions: usize,
    issued_sessions: usize,
    tokens: usize,
    user: bool,
}

pub async fn run(connection: &Connection, person: &Person) -> Result<(), Failure> {
    let directory = &connection.directory;
    let mut erased = Erased { subject: person.subject(), ..Erased::default() };
    journal::record(connection, "forget.begin", &person.subject()).await?;
    disable(connection, person).await?;

    end_sessions(connection, person, &mut erased).await?;
    let mut keys = own_partitions(connection, person).await?;
    keys.extend(tokens(connection, person).await?.into_iter().map(|token| token.key));
    directory.delete_tokens(&keys).await?;
    erased.tokens = keys.len();
    // An exchange that had read the user as active could still begin a session until its token was gone.
    end_sessions(connection, person, &mut erased).await?;

    if let Person::User(row) = person {
        if !directory.delete_user(row).await? {
            return Err(Failure::Refused(format!(
                "The name {} belongs to another user by now; look at `latchkey user list`.",
                row.username
            )));
        }
        erased.user = true;
    }
    let Erased { sessions, issued_sessions, tokens, .. } = &erased;
    let sentence =
        format!("Erased {}. Sessions: {sessions}, made in that name: {issued_sessions}, rows of keys and tokens: {tokens}.", person.name());
    connection.output.answer(sentence, &erased)?;
    journal::record(connection, "forget.erase", &person.subject()).await
}

async fn disable(connection: &Connection, person: &Person) -> Result<(), Failure> {
    let Person::User(row) = person else { return Ok(()) };
    let wanted = UserChange { disabled_at: Some(Some(connection.now())), next_epoch: true, ..UserChange::default() };
    user::change(connection, &row.user_id.to_string(), |user| user.is_active().then(|| wanted.clone())).await.map(drop)
}

async fn end_sessions(connection: &Connection, person: &Person, erased: &mut Erased) -> Result<(), Failure> {
    let directory = &connection.directory;
    let found = sessions(connection, person).await?;

    // Of the person's own sessions the issuers' rows go first: they name the person, and only the session tells where they are.
    let own = found.own.iter();
    let pointers: Vec<_> = own.clone().filter_map(|row| Some(schema::issued_session(row.issuer_id?, row.session_id))).collect();
    directory.delete_sessions(&pointers).await?;
    let rows: Vec<_> = own.map(|row| schema::session(&row.subject, row.session_id)).collect();
    directory.delete_sessions(&rows).await?;
    erased.sessions += rows.len();

    // Of the sessions that were made in the person's name it is the other way round.
    if let Person::User(user) = person {
        let rows: Vec<_> = found.issued.iter().map(|row| schema::session(&row.customer_id, row.session_id)).collect();
        directory.delete_sessions(&rows).await?;
        let pointers: Vec<_> = found.issued.iter().map(|row| schema::issued_session(user.user_id, row.session_id)).collect();
        directory.delete_sessions(&pointers).await?;
        erased.issued_sessions += rows.len();
    }
    Ok(())
}

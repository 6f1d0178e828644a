//! Erases everything about one person. An interruption leaves nothing usable, and a second run finds the rest.
//!
//! A user is disabled first: from then on no login, key or token of that user works, and nothing new is created. The
//! user's own rows go last, because a second run begins with them. A row that leads to other rows goes after those.

use latchkey::store::directory::UserChange;
use latchkey::store::schema;
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
    let directory = &connection.directory;
    let mut erased = Erased { subject: person.subject(), ..Erased::default() };
    journal::record(connection, OperatorAct::ForgetBegin, &person.subject()).await?;
    disable(connection, person).await?;

    end_sessions(connection, person, &mut erased).await?;
    let mut keys = own_partitions(connection, person).await?;
    keys.extend(tokens(connection, person).await?.into_iter().map(|token| token.key));
    directory.delete_tokens(&keys).await?;
    erased.tokens = keys.len();
    // An exchange that had read the user as active could begin a session until its token was gone.
    end_sessions(connection, person, &mut erased).await?;

    if let Person::User(row) = person {
        if !directory.delete_user(row).await? {
            return Err(Failure::Refused(format!("The name {} belongs to another user by now. See `latchkey user list`.", row.username)));
        }
        erased.user = true;
    }
    let Erased { sessions, issued_sessions, tokens, .. } = &erased;
    let sentence = format!(
        "Erased {}. Sessions: {sessions}, exchanged in that name: {issued_sessions}, rows of keys and tokens: {tokens}.",
        person.name()
    );
    connection.output.answer(sentence, &erased)?;
    journal::record(connection, OperatorAct::ForgetErase, &person.subject()).await
}

async fn disable(connection: &Connection, person: &Person) -> Result<(), Failure> {
    let Person::User(row) = person else { return Ok(()) };
    let wanted = UserChange { disabled_at: Some(Some(connection.now())), next_epoch: true, ..UserChange::default() };
    user::change(connection, &row.user_id.to_string(), |user| user.is_active().then(|| wanted.clone())).await.map(drop)
}

async fn end_sessions(connection: &Connection, person: &Person, erased: &mut Erased) -> Result<(), Failure> {
    let directory = &connection.directory;
    let found = sessions(connection, person).await?;

    // The person's own sessions: the issuers' rows go first, since only the session leads to them.
    let own = found.own.iter();
    let pointers: Vec<_> = own.clone().filter_map(|row| Some(schema::issued_session(row.issuer_id?, row.session_id))).collect();
    directory.delete_sessions(&pointers).await?;
    let rows: Vec<_> = own.map(|row| schema::session(&row.subject, row.session_id)).collect();
    directory.delete_sessions(&rows).await?;
    erased.sessions += rows.len();

    // Sessions in the person's name: the person's row goes last, since only it leads to the session.
    if let Person::User(user) = person {
        let rows: Vec<_> = found.issued.iter().map(|row| schema::session(&row.customer_id, row.session_id)).collect();
        directory.delete_sessions(&rows).await?;
        let pointers: Vec<_> = found.issued.iter().map(|row| schema::issued_session(user.user_id, row.session_id)).collect();
        directory.delete_sessions(&pointers).await?;
        erased.issued_sessions += rows.len();
    }
    Ok(())
}

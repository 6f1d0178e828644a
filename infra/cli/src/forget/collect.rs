//! Finds everything about one person.

use latchkey::store::directory::{FoundSession, FoundToken};
use latchkey::store::{ApiKeyRow, ApiKeys};

use super::Person;
use crate::Failure;
use crate::connection::Connection;
use crate::scan;

/// Everything about one person except the user's own rows.
pub struct Found {
    pub api_keys: Vec<ApiKeyRow>,
    pub sessions: Vec<FoundSession>,
    pub tokens: Vec<FoundToken>,
}

pub async fn everything(connection: &Connection, person: &Person) -> Result<Found, Failure> {
    let api_keys = match person {
        Person::User(user) => ApiKeys::new(&connection.database).list(user.user_id).await?,
        Person::Customer(_) => Vec::new(),
    };
    Ok(Found { api_keys, sessions: sessions(connection, person).await?, tokens: tokens(connection, person).await? })
}

/// The person's sessions and one-time tokens, and those that were made in the person's name.
async fn sessions(connection: &Connection, person: &Person) -> Result<Vec<FoundSession>, Failure> {
    let (directory, subjects) = (&connection.directory, &[person.subject()]);
    scan::whole(connection, &connection.tables.sessions, "Searching the sessions", |segment, from| {
        directory.sessions_about(subjects, segment, from)
    })
    .await
}

/// Entity tokens are found by their pair, so only a scan of the whole table finds those of one person.
async fn tokens(connection: &Connection, person: &Person) -> Result<Vec<FoundToken>, Failure> {
    let (directory, subjects) = (&connection.directory, &[person.subject()]);
    scan::whole(connection, &connection.tables.tokens, "Searching the tokens", |segment, from| {
        directory.tokens_about(subjects, segment, from)
    })
    .await
}

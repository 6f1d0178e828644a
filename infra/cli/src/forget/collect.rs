//! Finds everything about one person.

use latchkey::domain::{EmailAddress, Locator};
use latchkey::store::directory::{FoundSession, FoundToken};
use latchkey::store::schema::{self, Key};
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
pub async fn sessions(connection: &Connection, person: &Person) -> Result<Vec<FoundSession>, Failure> {
    let (directory, subject) = (&connection.directory, &person.subject());
    scan::whole(connection, &connection.tables.sessions, "Searching the sessions", |segment, from| {
        directory.sessions_about(subject, segment, from)
    })
    .await
}

/// Entity tokens are found by their pair, so only a scan of the whole table finds those of one person.
pub async fn tokens(connection: &Connection, person: &Person) -> Result<Vec<FoundToken>, Failure> {
    let (directory, subject) = (&connection.directory, &person.subject());
    scan::whole(connection, &connection.tables.tokens, "Searching the tokens", |segment, from| {
        directory.tokens_about(subject, segment, from)
    })
    .await
}

/// The keys of all rows in the person's own partitions of the tokens: API keys, attempts at one-time passwords, mails.
pub async fn own_partitions(connection: &Connection, person: &Person) -> Result<Vec<Key>, Failure> {
    // Only users have an address to mail a one-time password to.
    let Person::User(user) = person else { return Ok(Vec::new()) };
    let place = Locator::of_user(user.user_id);
    let address = user.email.as_deref().and_then(|address| address.parse::<EmailAddress>().ok());
    let partitions = [schema::otp_attempts_of(&place), schema::outbox_of(&place), schema::api_keys_of(user.user_id)];
    let mut keys = Vec::new();
    for partition in partitions.into_iter().chain(address.map(|address| schema::mailbox_of(&address.place()))) {
        keys.extend(connection.directory.token_keys_in(&partition).await?);
    }
    Ok(keys)
}

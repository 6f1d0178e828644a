//! Finds everything about one person.

use latchkey::domain::Locator;
use latchkey::store::directory::{FoundToken, Segment};
use latchkey::store::schema::{self, Key};
use latchkey::store::{ApiKeyRow, ApiKeys, IssuedSessionRow, SessionRow};

use super::Person;
use crate::Failure;
use crate::connection::Connection;
use crate::progress::Progress;

/// Everything about one person except the user's own rows.
pub struct Found {
    pub api_keys: Vec<ApiKeyRow>,
    pub sessions: Sessions,
    pub tokens: Vec<FoundToken>,
}

/// The person's own sessions, and those that were exchanged in the person's name.
pub struct Sessions {
    pub own: Vec<SessionRow>,
    pub issued: Vec<IssuedSessionRow>,
}

/// How many parts of the table are scanned in parallel.
const SEGMENTS: u16 = 4;

pub async fn everything(connection: &Connection, person: &Person) -> Result<Found, Failure> {
    let api_keys = match person {
        Person::User(user) => ApiKeys::new(&connection.database).list(user.user_id).await?,
        Person::Customer(_) => Vec::new(),
    };
    Ok(Found { api_keys, sessions: sessions(connection, person).await?, tokens: tokens(connection, person).await? })
}

pub async fn sessions(connection: &Connection, person: &Person) -> Result<Sessions, Failure> {
    let own = connection.directory.sessions_of(&person.subject()).await?;
    let issued = match person {
        Person::User(user) => connection.directory.sessions_issued_by(user.user_id).await?,
        Person::Customer(_) => Vec::new(),
    };
    Ok(Sessions { own, issued })
}

/// Tokens have ids of their own, so only a scan of the whole table finds those of one person.
pub async fn tokens(connection: &Connection, person: &Person) -> Result<Vec<FoundToken>, Failure> {
    let progress = Progress::new(&connection.output, "Searching the tokens", count(connection).await);
    let (subject, progress) = (&person.subject(), &progress);
    let segments = (0..SEGMENTS).map(|number| async move {
        let mut found = Vec::new();
        let mut from = None;
        loop {
            let page = connection.directory.tokens_about(subject, Segment { number, of: SEGMENTS }, from).await?;
            progress.advance(page.scanned);
            found.extend(page.rows);
            from = page.next;
            if from.is_none() {
                return Ok::<_, Failure>(found);
            }
        }
    });
    Ok(futures_util::future::try_join_all(segments).await?.into_iter().flatten().collect())
}

/// About how many rows the table has; DynamoDB counts them a few times a day.
async fn count(connection: &Connection) -> Option<u64> {
    let described = connection.dynamodb.describe_table().table_name(&connection.tables.tokens).send().await.ok()?;
    u64::try_from(described.table?.item_count?).ok().filter(|count| *count > 0)
}

/// The keys of all rows in the person's own partitions of the tokens: API keys, guard rows of idempotency keys,
/// attempts at one-time passwords.
pub async fn own_partitions(connection: &Connection, person: &Person) -> Result<Vec<Key>, Failure> {
    let attempts = schema::otp_attempts_of(&Locator::of_customer(&person.customer_id()));
    let mut keys = connection.directory.token_keys_in(&attempts).await?;
    if let Person::User(user) = person {
        keys.extend(connection.directory.token_keys_in(&schema::api_keys_of(user.user_id)).await?);
    }
    Ok(keys)
}

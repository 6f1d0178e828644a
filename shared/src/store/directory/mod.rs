//! What only an operator asks of the tables: lists, and everything about one person. No function calls this but the
//! `eraser`, which no request waits for.

mod addresses;
mod erase;
mod reindex;
mod scan;

pub use addresses::GivenAddress;
pub use reindex::UnlistedUser;
pub use scan::{Cursor, FoundSession, FoundToken, Page, Segment, UserRows};

use super::schema::{self, Key, PK, SUBJECT};
use super::{Database, SessionKind, SessionRow, StoreError};
use crate::domain::{KeyId, SessionId, Subject, UserId};

/// The operator's view of the tables.
#[derive(Clone, Debug)]
pub struct Directory(Database);

impl Directory {
    /// The directory of `database`.
    #[must_use]
    pub fn new(database: &Database) -> Self {
        Self(database.clone())
    }

    /// The session of that id, live or not. One consistent GetItem.
    ///
    /// # Errors
    /// [`StoreError`] if the table does not answer.
    pub async fn find_session(&self, id: SessionId) -> Result<Option<SessionRow>, StoreError> {
        let row: Option<SessionRow> = self.0.sessions().find(schema::session(id)).await?;
        Ok(row.filter(|row| row.kind != SessionKind::Pending))
    }

    /// All sessions of a subject that have begun, oldest first; those that were ended too, until TTL sweeps them.
    ///
    /// # Errors
    /// [`StoreError`] if the table does not answer.
    pub async fn sessions_of(&self, subject: Subject) -> Result<Vec<SessionRow>, StoreError> {
        let mut rows: Vec<SessionRow> = self.0.sessions().query(SUBJECT.is(subject.locator())).await?;
        rows.retain(|row| row.kind != SessionKind::Pending);
        rows.sort_by_key(|row| (row.created_at, row.session_id));
        Ok(rows)
    }

    /// Deletes an API key; `false` if there is none. One transaction, so that a retry after a lost answer returns
    /// `true` too.
    ///
    /// # Errors
    /// [`StoreError`] if the table does not answer.
    pub async fn delete_api_key(&self, user: UserId, id: KeyId) -> Result<bool, StoreError> {
        self.0.write_all([self.0.tokens().delete(schema::api_key(user, id)).only_if(PK.exists())]).await
    }

    /// The keys of all rows in a partition of the tokens.
    ///
    /// # Errors
    /// [`StoreError`] if the table does not answer.
    pub async fn token_keys_in(&self, partition: &str) -> Result<Vec<Key>, StoreError> {
        Ok(self.0.tokens().query_items(PK.is(partition)).await?.into_iter().map(schema::token_key).collect())
    }
}

//! Auth headers, which are named API keys: a row each in their owner's partition. The token itself is never stored.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::rows::{json, unix};
use super::schema::{self, KEY_PREFIX, PK, SK};
use super::transaction::Outcome;
use super::{Database, IdempotencyGuard, LoginSession, RepeatError, StoreError};
use crate::domain::{Acl, KeyId, RandomId, Timestamp, UserId};

/// An API key.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ApiKeyRow {
    /// The owner.
    pub user_id: UserId,
    /// The key's id.
    pub key_id: KeyId,
    /// What the owner calls it; names may repeat.
    pub name: String,
    /// When it was created.
    #[serde(with = "unix")]
    pub created_at: Timestamp,
    /// The number of the token key that it is sealed under.
    pub sealed_under: u8,
    /// What it may do, if less than its owner.
    #[serde(default, with = "json::option", skip_serializing_if = "Option::is_none")]
    pub acl: Option<Acl>,
}

/// Why no key was created.
#[derive(Debug, Error)]
pub enum NewApiKeyError {
    /// The session has ended, or its user is disabled.
    #[error("the session is not live")]
    SessionEnded,
    /// The request's `Idempotency-Key` has been used.
    #[error(transparent)]
    Repeated(#[from] RepeatError),
    /// The table did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why no key was deleted.
#[derive(Debug, Error)]
pub enum DeleteApiKeyError {
    /// The session has ended, or its user is disabled.
    #[error("the session is not live")]
    SessionEnded,
    /// The owner has no such key.
    #[error("no such key")]
    NotFound,
    /// The table did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Reads and writes API keys.
#[derive(Clone, Debug)]
pub struct ApiKeys(Database);

impl ApiKeys {
    /// The API keys in `database`.
    #[must_use]
    pub fn new(database: &Database) -> Self {
        Self(database.clone())
    }

    /// Creates a key if the owner's session is live: one transaction. Returns its row, or the row that the same request
    /// created before.
    ///
    /// # Errors
    /// [`NewApiKeyError::SessionEnded`] if the session is not live at that instant, even if the request is a repeated
    /// one.
    pub async fn insert_new(
        &self,
        row: ApiKeyRow,
        session: &LoginSession,
        guard: Option<&IdempotencyGuard>,
    ) -> Result<ApiKeyRow, NewApiKeyError> {
        let mut transaction = self.0.transaction();
        session.check_in(&mut transaction, &self.0);
        let put = self.0.tokens().put(schema::api_key(row.user_id, row.key_id), &row)?;
        transaction.add(put.only_if(PK.is_absent()));
        let guarded = match guard {
            Some(guard) => Some((guard, transaction.add(guard.insert(&self.0, RandomId::from_bytes(*row.key_id.bytes()), None)?))),
            None => None,
        };
        match (transaction.commit().await?, guarded) {
            (Outcome::Committed, _) => Ok(row),
            (Outcome::Refused(refusal), Some((guard, write))) if refusal.is_only_of(write) => {
                let (id, _) = guard.made(refusal.row(write))??;
                let id = KeyId::from_bytes(*id.bytes());
                let made = self.0.tokens().find(schema::api_key(session.user, id)).await?;
                Ok(made.ok_or(RepeatError::Gone)?)
            }
            (Outcome::Refused(_), _) => Err(NewApiKeyError::SessionEnded),
        }
    }

    /// All keys of a user, oldest first; a Query for each megabyte.
    ///
    /// # Errors
    /// [`StoreError`] if the table does not answer.
    pub async fn list(&self, user: UserId) -> Result<Vec<ApiKeyRow>, StoreError> {
        let keys = PK.is(schema::api_keys_of(user).as_str()).and(SK.begins_with(KEY_PREFIX));
        let mut rows: Vec<ApiKeyRow> = self.0.tokens().query(keys).await?;
        rows.sort_by_key(|row| (row.created_at, row.key_id));
        Ok(rows)
    }

    /// Deletes a key if its owner's session is live. One transaction, so that a retry after a lost answer succeeds too.
    ///
    /// # Errors
    /// [`DeleteApiKeyError::NotFound`] if the owner has no such key.
    pub async fn delete(&self, id: KeyId, session: &LoginSession) -> Result<(), DeleteApiKeyError> {
        let mut transaction = self.0.transaction();
        session.check_in(&mut transaction, &self.0);
        let delete = transaction.add(self.0.tokens().delete(schema::api_key(session.user, id)).only_if(PK.exists()));
        match transaction.commit().await? {
            Outcome::Committed => Ok(()),
            Outcome::Refused(refusal) if refusal.is_only_of(delete) => Err(DeleteApiKeyError::NotFound),
            Outcome::Refused(_) => Err(DeleteApiKeyError::SessionEnded),
        }
    }
}

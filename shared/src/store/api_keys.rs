//! Auth headers, that is named API keys: a row each in their owner's partition. The token itself is never stored.

use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::rows::{json, unix};
use super::schema::{self, KEY_PREFIX, PK, SK, s};
use super::transaction::{self, Outcome};
use super::{Database, LoginSession, Once, RepeatError, StoreError};
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
    /// When it was made.
    #[serde(with = "unix")]
    pub created_at: Timestamp,
    /// The number of the token key that it is sealed under.
    pub sealed_under: u8,
    /// What it may do, if less than its owner.
    #[serde(default, with = "json::option", skip_serializing_if = "Option::is_none")]
    pub acl: Option<Acl>,
}

/// Why no key was made.
#[derive(Debug, Error)]
pub enum NewApiKeyError {
    /// The session is over, or its user disabled.
    #[error("the session is not live")]
    SessionEnded,
    /// The request's `Idempotency-Key` has been used.
    #[error(transparent)]
    Repeated(#[from] RepeatError),
    /// The table can not tell.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why no key was deleted.
#[derive(Debug, Error)]
pub enum DeleteApiKeyError {
    /// The session is over, or its user disabled.
    #[error("the session is not live")]
    SessionEnded,
    /// There is no such key of this owner.
    #[error("no such key")]
    NotFound,
    /// The table can not tell.
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

    /// Makes a key if the owner's session is live: one transaction. Returns its row, or the row that the same request made before.
    ///
    /// # Errors
    /// [`NewApiKeyError::SessionEnded`] if the session is not live at that instant, before [`NewApiKeyError::Repeated`].
    pub async fn insert_new(&self, row: ApiKeyRow, session: &LoginSession, once: Option<&Once>) -> Result<ApiKeyRow, NewApiKeyError> {
        let mut item: schema::Key = serde_dynamo::to_item(&row).map_err(StoreError::from)?;
        item.extend(schema::api_key(row.user_id, row.key_id));
        let put = Put::builder().table_name(&self.0.tables.tokens).set_item(Some(item));
        let put = put.condition_expression(format!("attribute_not_exists({PK})")).build().map_err(StoreError::from)?;
        let checks = session.checks(&self.0)?;
        let remember = once.map(|once| once.remember(&self.0, RandomId::from_bytes(*row.key_id.bytes()))).transpose()?;
        let items = checks.into_iter().chain([TransactWriteItem::builder().put(put)]).chain(remember);
        let refusals = match transaction::write(&self.0.client, items).await? {
            Outcome::Committed => return Ok(row),
            Outcome::Refused(refusals) => refusals,
        };
        match (once, refusals.as_slice()) {
            (Some(once), [refusal]) if refusal.index > LoginSession::CHECKS => {
                let id = KeyId::from_bytes(*once.made(refusal)??.bytes());
                Ok(self.find(session.user, id).await?.ok_or(RepeatError::Gone)?)
            }
            _ => Err(NewApiKeyError::SessionEnded),
        }
    }

    async fn find(&self, user: UserId, id: KeyId) -> Result<Option<ApiKeyRow>, StoreError> {
        let request = self.0.client.get_item().table_name(&self.0.tables.tokens);
        let output = request.set_key(Some(schema::api_key(user, id))).consistent_read(true).send().await?;
        output.item.map(serde_dynamo::from_item).transpose().map_err(StoreError::from)
    }

    /// All keys of a user, oldest first; a Query for each megabyte.
    ///
    /// # Errors
    /// [`StoreError`] if the table can not tell.
    pub async fn list(&self, user: UserId) -> Result<Vec<ApiKeyRow>, StoreError> {
        let mut rows: Vec<ApiKeyRow> = Vec::new();
        let mut start = None;
        loop {
            let query = self.0.client.query().table_name(&self.0.tables.tokens).consistent_read(true);
            let query = query.key_condition_expression(format!("{PK} = :pk AND begins_with({SK}, :prefix)"));
            let query = query.expression_attribute_values(":pk", s(schema::api_keys_of(user)));
            let query = query.expression_attribute_values(":prefix", s(KEY_PREFIX)).set_exclusive_start_key(start);
            let page = query.send().await?;
            rows.extend(serde_dynamo::from_items::<_, ApiKeyRow>(page.items.unwrap_or_default())?);
            start = page.last_evaluated_key;
            if start.is_none() {
                break;
            }
        }
        rows.sort_by_key(|row| (row.created_at, row.key_id));
        Ok(rows)
    }

    /// Deletes a key if its owner's session is live: one transaction, so that a retry after a lost answer is told "deleted" too.
    ///
    /// # Errors
    /// [`DeleteApiKeyError::NotFound`] if this owner has no such key.
    pub async fn delete(&self, id: KeyId, session: &LoginSession) -> Result<(), DeleteApiKeyError> {
        let delete = Delete::builder().table_name(&self.0.tables.tokens).set_key(Some(schema::api_key(session.user, id)));
        let delete = delete.condition_expression(format!("attribute_exists({PK})")).build().map_err(StoreError::from)?;
        let checks = session.checks(&self.0)?;
        match transaction::write(&self.0.client, checks.into_iter().chain([TransactWriteItem::builder().delete(delete)])).await? {
            Outcome::Committed => Ok(()),
            Outcome::Refused(refusals) if refusals.iter().all(|refusal| refusal.index >= LoginSession::CHECKS) => {
                Err(DeleteApiKeyError::NotFound)
            }
            Outcome::Refused(_) => Err(DeleteApiKeyError::SessionEnded),
        }
    }
}

//! Sessions: a row for every JWT, so that each can be revoked.

use aws_sdk_dynamodb::types::{Delete, TransactWriteItem};
use serde::{Deserialize, Serialize};

use super::rows::{json, unix};
use super::schema::{self, EXPIRES_AT, SUBJECT, n};
use super::transaction::{self, Outcome};
use super::{Database, LoginSession, StoreError};
use crate::domain::{Acl, CustomClaims, SessionId, Timestamp};

/// What a session came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SessionKind {
    /// A person logged in with a password.
    Login,
    /// A customer's one-time token was exchanged.
    Exchange,
}

/// A session. A session that is revoked has no row.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SessionRow {
    /// A user's id or a customer's.
    pub subject: String,
    /// The `jti` of its JWT.
    pub session_id: SessionId,
    /// What it came from.
    pub kind: SessionKind,
    /// When it began.
    #[serde(with = "unix")]
    pub created_at: Timestamp,
    /// From when on it is over.
    #[serde(with = "unix")]
    pub expires_at: Timestamp,
    /// Of a login: the user's epoch. A changed password starts a new one and so ends this session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<u64>,
    /// Of an exchange: what the session may do.
    #[serde(default, with = "json::option", skip_serializing_if = "Option::is_none")]
    pub acl: Option<Acl>,
    /// Of an exchange: the team's own claims.
    #[serde(default, with = "json::option", skip_serializing_if = "Option::is_none")]
    pub custom_claims: Option<CustomClaims>,
}

impl SessionRow {
    /// Whether the session has not expired; TTL sweeps late.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.expires_at > now
    }
}

/// Writes sessions.
#[derive(Clone, Debug)]
pub struct Sessions(Database);

impl Sessions {
    /// The sessions in `database`.
    #[must_use]
    pub fn new(database: &Database) -> Self {
        Self(database.clone())
    }

    /// Begins a session. Its id is random and its content the same at every retry: a repeated put changes nothing.
    ///
    /// # Errors
    /// [`StoreError`] if the table did not take it.
    pub async fn put(&self, session: &SessionRow) -> Result<(), StoreError> {
        let request = self.0.client.put_item().table_name(&self.0.tables.sessions);
        request.set_item(Some(serde_dynamo::to_item(session)?)).send().await.map(drop).map_err(StoreError::from)
    }
}

impl Sessions {
    /// Ends a login session. A transaction, so that a retry after a lost answer is told "ended" too; `false` if there was none.
    ///
    /// # Errors
    /// [`StoreError`] if the table can not tell.
    pub async fn end_login(&self, session: &LoginSession) -> Result<bool, StoreError> {
        let delete = Delete::builder().table_name(&self.0.tables.sessions);
        let delete = delete.set_key(Some(schema::login_session(session.user, session.session)));
        let delete = delete.condition_expression(format!("attribute_exists({SUBJECT}) AND {EXPIRES_AT} > :now"));
        let delete = delete.expression_attribute_values(":now", n(session.now.unix())).build()?;
        Ok(transaction::write(&self.0.client, [TransactWriteItem::builder().delete(delete)]).await? == Outcome::Committed)
    }
}

/// The put of a new session as part of a transaction.
pub(super) fn insert_new(
    database: &Database,
    session: &SessionRow,
) -> Result<aws_sdk_dynamodb::types::builders::TransactWriteItemBuilder, StoreError> {
    let item: schema::Key = serde_dynamo::to_item(session)?;
    let put = aws_sdk_dynamodb::types::Put::builder().table_name(&database.tables.sessions).set_item(Some(item));
    let put = put.condition_expression(format!("attribute_not_exists({SUBJECT})")).build()?;
    Ok(TransactWriteItem::builder().put(put))
}

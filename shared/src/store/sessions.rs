//! Sessions: a row for every JWT, so that each can be revoked.

use aws_sdk_dynamodb::types::builders::TransactWriteItemBuilder;
use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem};
use serde::{Deserialize, Serialize};

use super::rows::{json, unix};
use super::schema::{self, EXPIRES_AT, SUBJECT, n};
use super::transaction::{self, Outcome};
use super::{Database, StoreError, UserRow};
use crate::domain::{Acl, CustomClaims, CustomerId, SessionId, Timestamp, UserId};

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
    /// Of a login, and of a customer who is a user here: the user's epoch. A changed password starts a new one and so ends this
    /// session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<u64>,
    /// Of an exchange: in whose name the token was made. That user finds the session by its id alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer_id: Option<UserId>,
    /// Of an exchange with an `Idempotency-Key`: what was asked for, hashed, so that another request under the same key is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_hash: Option<String>,
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

    /// Whether the session of a user here is in order with the user's row: active, and in the same epoch. The session of any other
    /// customer has no epoch and depends on nobody.
    #[must_use]
    pub fn is_backed_by(&self, user: Option<&UserRow>) -> bool {
        self.epoch.is_none_or(|epoch| user.is_some_and(|user| user.is_active() && user.epoch == epoch))
    }
}

/// Who has a session that was made in a user's name.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct IssuedSessionRow {
    /// The session's id.
    pub session_id: SessionId,
    /// Whose session it is.
    pub customer_id: CustomerId,
    /// When the session is over, and this row of no use.
    #[serde(with = "unix")]
    pub expires_at: Timestamp,
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

    /// Ends a session of `subject`, and the row by which its issuer, if it has one, finds it. A transaction, so that a retry after
    /// a lost answer is told "ended" too; `false` if there was none.
    ///
    /// # Errors
    /// [`StoreError`] if the table can not tell.
    pub async fn end(
        &self,
        subject: impl std::fmt::Display,
        session: SessionId,
        issuer: Option<UserId>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let delete = Delete::builder().table_name(&self.0.tables.sessions).set_key(Some(schema::session(subject, session)));
        let delete = delete.condition_expression(format!("attribute_exists({SUBJECT}) AND {EXPIRES_AT} > :now"));
        let delete = delete.expression_attribute_values(":now", n(now.unix())).build()?;
        let issued = issuer.map(|issuer| {
            let delete = Delete::builder().table_name(&self.0.tables.sessions);
            delete.set_key(Some(schema::issued_session(issuer, session))).build()
        });
        let deletes = [Some(delete), issued.transpose()?].into_iter().flatten();
        let items = deletes.map(|delete| TransactWriteItem::builder().delete(delete));
        Ok(transaction::write(&self.0.client, items).await? == Outcome::Committed)
    }
}

/// The put of a new session as part of a transaction.
pub(super) fn insert_new(database: &Database, session: &SessionRow) -> Result<TransactWriteItemBuilder, StoreError> {
    let put = Put::builder().table_name(&database.tables.sessions).set_item(Some(serde_dynamo::to_item(session)?));
    let put = put.condition_expression(format!("attribute_not_exists({SUBJECT}) OR {EXPIRES_AT} <= :now"));
    let put = put.expression_attribute_values(":now", n(session.created_at.unix())).build()?;
    Ok(TransactWriteItem::builder().put(put))
}

/// The put of the row by which `issuer` finds the session of `customer`.
pub(super) fn insert_issued(
    database: &Database,
    issuer: UserId,
    customer: &CustomerId,
    session: &SessionRow,
) -> Result<TransactWriteItemBuilder, StoreError> {
    let row = IssuedSessionRow { session_id: session.session_id, customer_id: customer.clone(), expires_at: session.expires_at };
    let mut item: schema::Key = serde_dynamo::to_item(row)?;
    item.extend(schema::issued_session(issuer, session.session_id));
    let put = Put::builder().table_name(&database.tables.sessions).set_item(Some(item)).build()?;
    Ok(TransactWriteItem::builder().put(put))
}

//! Sessions: a row for every JWT, so that each can be revoked.

use serde::{Deserialize, Serialize};

use super::rows::{json, unix};
use super::schema::{self, EXPIRES_AT, SUBJECT};
use super::write::{Put, Write};
use super::{Database, StoreError, UserRow};
use crate::domain::{Acl, CustomClaims, CustomerId, SessionId, Timestamp, UserId};

/// How a session began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SessionKind {
    /// A person logged in with a password.
    Login,
    /// A customer's one-time token was exchanged.
    Exchange,
}

/// A session. A revoked session has no row.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SessionRow {
    /// A user's id or a customer's.
    pub subject: String,
    /// The `jti` of its JWT.
    pub session_id: SessionId,
    /// How it began.
    pub kind: SessionKind,
    /// When it began.
    #[serde(with = "unix")]
    pub created_at: Timestamp,
    /// When it expires.
    #[serde(with = "unix")]
    pub expires_at: Timestamp,
    /// The user's epoch, if the subject is a user here. A changed password starts a new epoch, which ends this session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<u64>,
    /// Exchange only: the user in whose name the token was created. That user finds the session by its id alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer_id: Option<UserId>,
    /// Exchange with an `Idempotency-Key` only: the hash of the request, to detect another request under the same key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_hash: Option<String>,
    /// Exchange only: what the session may do.
    #[serde(default, with = "json::option", skip_serializing_if = "Option::is_none")]
    pub acl: Option<Acl>,
    /// Exchange only: the team's own claims.
    #[serde(default, with = "json::option", skip_serializing_if = "Option::is_none")]
    pub custom_claims: Option<CustomClaims>,
}

impl SessionRow {
    /// Whether the session has not expired; TTL sweeps late.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.expires_at > now
    }

    /// Whether `user` still backs the session: active, and in the same epoch. The session of a customer who is no user
    /// here has no epoch and depends on nobody.
    #[must_use]
    pub fn is_backed_by(&self, user: Option<&UserRow>) -> bool {
        self.epoch.is_none_or(|epoch| user.is_some_and(|user| user.is_active() && user.epoch == epoch))
    }
}

/// Tells an issuer whose session it is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct IssuedSessionRow {
    /// The session's id.
    pub session_id: SessionId,
    /// Whose session it is.
    pub customer_id: CustomerId,
    /// When the session expires, and this row is of no more use.
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

    /// Begins a session. Its id is random, and a retry writes the same row: a repeated put changes nothing.
    ///
    /// # Errors
    /// [`StoreError`] if the table does not answer.
    pub async fn put(&self, session: &SessionRow) -> Result<(), StoreError> {
        put(&self.0, session)?.send().await.map(drop)
    }

    /// Ends a session of `subject`, and deletes the row by which its issuer, if any, finds it. `false` if there was no
    /// live session. One transaction, so that a retry after a lost answer returns `true` too.
    ///
    /// # Errors
    /// [`StoreError`] if the table does not answer.
    pub async fn end(
        &self,
        subject: impl std::fmt::Display,
        session: SessionId,
        issuer: Option<UserId>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let table = self.0.sessions();
        let own = table.delete(schema::session(subject, session)).only_if(SUBJECT.exists().and(EXPIRES_AT.is_after(now)));
        let issued = issuer.map(|issuer| table.delete(schema::issued_session(issuer, session)));
        self.0.write_all([own].into_iter().chain(issued)).await
    }
}

fn put<'d>(database: &'d Database, session: &SessionRow) -> Result<Write<'d, Put>, StoreError> {
    database.sessions().put(schema::session(&session.subject, session.session_id), session)
}

/// Begins a session whose id nobody has, for a transaction.
pub(super) fn insert_new<'d>(database: &'d Database, session: &SessionRow) -> Result<Write<'d, Put>, StoreError> {
    Ok(put(database, session)?.only_if(SUBJECT.is_absent().or(EXPIRES_AT.is_not_after(session.created_at))))
}

/// Writes the row by which `issuer` finds the session of `customer`, for a transaction.
pub(super) fn insert_issued<'d>(
    database: &'d Database,
    issuer: UserId,
    customer: &CustomerId,
    session: &SessionRow,
) -> Result<Write<'d, Put>, StoreError> {
    let row = IssuedSessionRow { session_id: session.session_id, customer_id: customer.clone(), expires_at: session.expires_at };
    database.sessions().put(schema::issued_session(issuer, session.session_id), &row)
}

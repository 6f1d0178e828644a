//! Sessions: a row for every JWT, so that each can be revoked.
//!
//! A one-time token is a row of the same table, and the exchange makes it a session. What is ended stays as a tombstone
//! until it expires: one write, which a retry after a lost answer recognises as its own.

use serde::{Deserialize, Serialize};

use super::expression::Condition;
use super::rows::{json, unix};
use super::schema::{self, ENDED_BY, EXPIRES_AT, KIND, SUBJECT};
use super::write::{Put, Write};
use super::{Database, StoreError, UserRow};
use crate::domain::{Acl, CustomClaims, CustomerId, Locator, RandomId, SessionId, Subject, Timestamp, UserAgent, UserId};

/// How a session began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::IntoStaticStr)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum SessionKind {
    /// It has not begun: the row is a one-time token.
    Pending,
    /// A person logged in with a password.
    Login,
    /// A customer's one-time token was exchanged.
    Exchange,
}

/// A session.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SessionRow {
    /// The place of its subject, who is a user or a customer.
    pub subject: Locator,
    /// Its own part of its id.
    pub session_id: RandomId,
    /// The subject's id.
    pub customer_id: CustomerId,
    /// How it began.
    pub kind: SessionKind,
    /// When it began.
    #[serde(with = "unix")]
    pub created_at: Timestamp,
    /// When it expires.
    #[serde(with = "unix")]
    pub expires_at: Timestamp,
    /// The write that ended it, before it expired.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_by: Option<RandomId>,
    /// The user's epoch, if the subject is a user here. A changed password starts a new epoch, which ends this session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<u64>,
    /// Login only: what the client said that it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<UserAgent>,
    /// Exchange only: the user in whose name the token was created. That user finds the session by its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer_id: Option<UserId>,
    /// Exchange only: what the token granted.
    #[serde(default, with = "json::option", skip_serializing_if = "Option::is_none")]
    pub acl: Option<Acl>,
    /// Exchange only: the claims of the token.
    #[serde(default, with = "json::option", skip_serializing_if = "Option::is_none")]
    pub custom_claims: Option<CustomClaims>,
    /// Exchange only: what the session may do, if that is not what the token granted.
    #[serde(default, with = "json::option", skip_serializing_if = "Option::is_none")]
    pub granted_acl: Option<Acl>,
    /// Exchange only: the session's claims, if they are not the token's.
    #[serde(default, with = "json::option", skip_serializing_if = "Option::is_none")]
    pub granted_claims: Option<CustomClaims>,
    /// Exchange with an `Idempotency-Key` only: the mark of the key and the token, which a repetition has too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency: Option<Locator>,
    /// Exchange with an `Idempotency-Key` only: the hash of the request, to detect another request under the same key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_hash: Option<String>,
}

impl SessionRow {
    /// What a login of `user` begins.
    #[must_use]
    pub fn of_login(id: SessionId, user: &UserRow, now: Timestamp, expires_at: Timestamp) -> Self {
        Self {
            subject: id.subject,
            session_id: id.id,
            customer_id: user.user_id.into(),
            kind: SessionKind::Login,
            created_at: now,
            expires_at,
            epoch: Some(user.epoch),
            ended_by: None,
            user_agent: None,
            issuer_id: None,
            acl: None,
            custom_claims: None,
            granted_acl: None,
            granted_claims: None,
            idempotency: None,
            request_hash: None,
        }
    }

    /// The session's id.
    #[must_use]
    pub fn id(&self) -> SessionId {
        SessionId { subject: self.subject, id: self.session_id }
    }

    /// Whether the session has begun, has not been ended and has not expired; TTL sweeps late.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.kind != SessionKind::Pending && self.is_unended(now)
    }

    /// Whether the row, session or one-time token, has not been ended and has not expired.
    pub(super) fn is_unended(&self, now: Timestamp) -> bool {
        self.ended_by.is_none() && self.expires_at > now
    }

    /// Whether `user` still backs the session: active, and in the same epoch. The session of a customer who is no user
    /// here has no epoch and depends on nobody.
    #[must_use]
    pub fn is_backed_by(&self, user: Option<&UserRow>) -> bool {
        self.epoch.is_none_or(|epoch| user.is_some_and(|user| user.is_active_in(epoch)))
    }

    /// What the session may do.
    #[must_use]
    pub fn granted_acl(&self) -> Acl {
        self.granted_acl.as_ref().or(self.acl.as_ref()).cloned().unwrap_or_default()
    }

    /// The team's own claims.
    #[must_use]
    pub fn granted_claims(&self) -> CustomClaims {
        self.granted_claims.as_ref().or(self.custom_claims.as_ref()).cloned().unwrap_or_default()
    }
}

/// The session has begun, was not ended and has not expired.
pub(super) fn is_live(now: Timestamp) -> Condition {
    is_unended(now).and(KIND.is_not(SessionKind::Pending))
}

/// The row, session or one-time token, was not ended and has not expired.
pub(super) fn is_unended(now: Timestamp) -> Condition {
    SUBJECT.exists().and(ENDED_BY.is_absent()).and(EXPIRES_AT.is_after(now))
}

/// How many rows one request reads. Most people's sessions are a few rows, ended ones included.
const PAGE: usize = 100;

/// Reads and writes sessions.
#[derive(Clone, Debug)]
pub struct Sessions(Database);

impl Sessions {
    /// The sessions in `database`.
    #[must_use]
    pub fn new(database: &Database) -> Self {
        Self(database.clone())
    }

    /// Begins a new session. Its id has 122 random bits: a row that is there already is this put, whose answer was lost, and it
    /// stays as it is, also if the session was ended meanwhile.
    ///
    /// # Errors
    /// [`StoreError`] if the table does not answer.
    pub async fn insert_new(&self, session: &SessionRow) -> Result<(), StoreError> {
        insert_new(&self.0, session)?.send().await.map(drop)
    }

    /// Sessions and one-time tokens of `user`, ended and expired ones too, of those after the id `after`; and the id to go on
    /// after, if there are more. One consistent Query.
    ///
    /// # Errors
    /// [`StoreError`] if the table does not answer.
    pub async fn page_of(&self, user: UserId, after: Option<RandomId>) -> Result<(Vec<SessionRow>, Option<RandomId>), StoreError> {
        let subject = Subject::User(user).locator();
        let after = after.map(|id| schema::session(SessionId { subject, id }));
        let (rows, has_more): (Vec<SessionRow>, _) = self.0.sessions().query_page(SUBJECT.is(subject), after, PAGE).await?;
        let next = rows.last().map(|row| row.session_id).filter(|_| has_more);
        Ok((rows, next))
    }

    /// Ends a session; `false` if it is not live. One UpdateItem, which a retry after a lost answer recognises as its own.
    /// Of two callers at the same instant one gets `true`.
    ///
    /// # Errors
    /// [`StoreError`] if the table does not answer.
    pub async fn end(&self, session: SessionId, now: Timestamp) -> Result<bool, StoreError> {
        end(&self.0, session, is_live(now)).await
    }
}

/// Ends the session or one-time token while `is_live` holds: it stays as a tombstone.
pub(super) async fn end(database: &Database, session: SessionId, is_live: Condition) -> Result<bool, StoreError> {
    let attempt = RandomId::random();
    let update = database.sessions().update(schema::session(session)).set(ENDED_BY, attempt);
    update.only_if(is_live.or(ENDED_BY.is(attempt))).send().await
}

/// Begins a session whose id nobody has. In a transaction, a refusal returns the row that is there.
pub(super) fn insert_new<'d>(database: &'d Database, session: &SessionRow) -> Result<Write<'d, Put>, StoreError> {
    let put = database.sessions().put(schema::session(session.id()), session)?;
    Ok(put.only_if(SUBJECT.is_absent().or(EXPIRES_AT.is_not_after(session.created_at))).or_return_row())
}

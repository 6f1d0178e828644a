//! The caller of the operations on sessions: the holder of the session's JWT, or the user in whose name the session was
//! made.

use http::HeaderMap;

use super::{CallerError, Credential, CredentialRequirement, Gate};
use crate::credentials::SessionClaims;
use crate::domain::{CustomerId, Permission, Scope, SessionId, Timestamp, UserId};
use crate::store::{Batch, Database, IssuedSessionRow, RowKey, Rows, SessionKind, SessionRow, StoreError, UserRow, schema};

/// The JWT of a session whose rows are in a batch.
pub struct PendingSession {
    claims: SessionClaims,
    row: RowKey,
    user: RowKey,
}

impl PendingSession {
    /// Adds the session's row to `batch`, and the user's row in case the customer is a user of this service.
    pub fn new(claims: SessionClaims, batch: &mut Batch<'_>) -> Self {
        let row = batch.session(schema::session(&claims.customer, claims.session));
        Self { row, user: batch.user(&claims.customer), claims }
    }

    /// The claims of the JWT.
    pub(super) fn claims(&self) -> &SessionClaims {
        &self.claims
    }

    /// The session's row, unless the session is over. A customer who is a user of this service must be active and must
    /// not have changed the password since.
    ///
    /// # Errors
    /// [`StoreError`] if a row is unreadable.
    pub fn resolve(&self, rows: &Rows, now: Timestamp) -> Result<Option<SessionRow>, StoreError> {
        let row = live(rows, &self.row, &self.user, now)?;
        // A repeated `Idempotency-Key` can begin a session anew under the id of one that was ended: that is a different
        // session.
        Ok(row.filter(|row| row.kind == SessionKind::Exchange && row.created_at == self.claims.issued_at))
    }
}

fn live(rows: &Rows, row: &RowKey, user: &RowKey, now: Timestamp) -> Result<Option<SessionRow>, StoreError> {
    let (row, user): (Option<SessionRow>, Option<UserRow>) = (rows.find(row)?, rows.find(user)?);
    Ok(row.filter(|row| row.is_live(now) && row.is_backed_by(user.as_ref())))
}

/// The session `id` of `customer`, unless it is over, judged as [`PendingSession::resolve`] does. One request.
///
/// # Errors
/// [`StoreError`] if the store does not answer, or a row is unreadable.
pub async fn live_session(
    database: &Database,
    customer: &CustomerId,
    id: SessionId,
    now: Timestamp,
) -> Result<Option<SessionRow>, StoreError> {
    let mut batch = database.batch();
    let (row, user) = (batch.session(schema::session(customer, id)), batch.user(customer));
    live(&batch.get().await?, &row, &user, now)
}

/// The session in a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionPath {
    /// The session's id.
    pub id: SessionId,
}

/// A credential that can open a session, and whose seal or signature is right.
pub struct SessionCaller {
    id: SessionId,
    credential: Credential,
    now: Timestamp,
}

/// A caller who is known, and the session if it is theirs.
#[derive(Clone, Debug)]
pub struct SessionAccess {
    /// The user who asks. `None` for the session itself.
    pub actor: Option<UserId>,
    /// The session. `None` if it is over, unknown or somebody else's.
    pub session: Option<SessionRow>,
}

impl SessionPath {
    /// Checks the seal or signature of the credential in `headers`, an API key first: no I/O.
    ///
    /// # Errors
    /// [`CallerError::Missing`], [`CallerError::Unsuitable`] or [`CallerError::Refused`].
    pub fn identify(self, headers: &HeaderMap, gate: &Gate<'_>) -> Result<SessionCaller, CallerError> {
        Ok(SessionCaller { id: self.id, credential: gate.caller_or_session(headers)?, now: gate.now })
    }
}

impl SessionCaller {
    /// The session, if it is the caller's own, a login of the caller's, or one that was made in the caller's name. One
    /// request, and a second one for the last.
    ///
    /// An API key finds what was made in its owner's name, but none of its owner's logins. A restricted key must have
    /// been given `operation`.
    ///
    /// # Errors
    /// [`CallerError::Refused`] if the credential has been revoked, [`CallerError::Forbidden`] for a key without the
    /// permission.
    pub async fn access(self, operation: &'static str, database: &Database) -> Result<SessionAccess, CallerError> {
        let (id, now) = (self.id, self.now);
        let mut batch = database.batch();
        let (user, own_login) = match &self.credential {
            Credential::Session(claims) => {
                let pending = PendingSession::new(claims.clone(), &mut batch);
                let session = pending.resolve(&batch.get().await?, now)?.ok_or(CallerError::Refused("the session is over"))?;
                return Ok(SessionAccess { actor: None, session: Some(session).filter(|session| session.session_id == id) });
            }
            Credential::Login(claims) => (claims.user, Some(batch.session(schema::session(claims.user, id)))),
            Credential::ApiKey(key) => (key.user, None),
            Credential::EntityToken(_) | Credential::OneTimeToken(_) => {
                return Err(CallerError::Unsuitable(CredentialRequirement::CallerOrSession));
            }
        };
        let issued = batch.session(schema::issued_session(user, id));
        let pending = self.credential.add_to(&mut batch);
        let user_row = batch.user(user);
        let rows = batch.get().await?;
        let caller = pending.caller(&rows, now)?;
        if !caller.restriction_allows(&Permission::new(operation), &Scope::everywhere()) {
            return Err(CallerError::Forbidden);
        }

        let own_login = own_login.map(|row| live(&rows, &row, &user_row, now)).transpose()?.flatten();
        // The user's partition also holds sessions that others made for the user as their customer.
        let own_login = own_login.filter(|row| row.kind == SessionKind::Login);
        let session = match (own_login, rows.find::<IssuedSessionRow>(&issued)?) {
            (Some(session), _) => Some(session),
            (None, Some(issued)) => live_session(database, &issued.customer_id, id, now).await?,
            (None, None) => None,
        };
        Ok(SessionAccess { actor: Some(user), session })
    }
}

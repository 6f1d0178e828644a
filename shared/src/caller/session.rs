//! A session, by its own JWT or by the credentials of whoever it was made in the name of.

use http::HeaderMap;

use super::{CallerError, Credential, CredentialRequirement, Gate};
use crate::credentials::SessionClaims;
use crate::domain::{CustomerId, Permission, Scope, SessionId, Timestamp, UserId};
use crate::store::{Batch, Database, IssuedSessionRow, RowKey, Rows, SessionKind, SessionRow, StoreError, UserRow, schema};

/// A session's JWT whose rows are in a batch.
pub struct PendingSession {
    claims: SessionClaims,
    row: RowKey,
    user: RowKey,
}

impl PendingSession {
    /// Adds the session's row to `batch`, and the row of the user that the customer may be.
    pub fn new(claims: SessionClaims, batch: &mut Batch<'_>) -> Self {
        let row = batch.session(schema::session(&claims.customer, claims.session));
        Self { row, user: batch.user(&claims.customer), claims }
    }

    /// What the JWT says.
    pub(super) fn claims(&self) -> &SessionClaims {
        &self.claims
    }

    /// The session's row, if it has not been ended and, where the customer is a user here, that user is active and has not changed
    /// the password.
    ///
    /// # Errors
    /// [`StoreError`] if a row can not be read.
    pub fn resolve(&self, rows: &Rows, now: Timestamp) -> Result<Option<SessionRow>, StoreError> {
        let row = live(rows, &self.row, &self.user, now)?;
        // A session that was begun anew under an id that a repeated `Idempotency-Key` gave twice is another one.
        Ok(row.filter(|row| row.kind == SessionKind::Exchange && row.created_at == self.claims.issued_at))
    }
}

fn live(rows: &Rows, row: &RowKey, user: &RowKey, now: Timestamp) -> Result<Option<SessionRow>, StoreError> {
    let (row, user): (Option<SessionRow>, Option<UserRow>) = (rows.find(row)?, rows.find(user)?);
    Ok(row.filter(|row| row.is_live(now) && row.is_backed_by(user.as_ref())))
}

/// The session `id` of `customer`, if it has not been ended and the user that the customer may be backs it. One request.
///
/// # Errors
/// [`StoreError`] if the tables can not tell.
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
    /// Its id.
    pub id: SessionId,
}

/// Credentials whose seals or signatures are right.
pub struct SessionCaller {
    id: SessionId,
    credential: Credential,
    now: Timestamp,
}

/// A caller who is known, and the session as far as it is theirs.
#[derive(Clone, Debug)]
pub struct SessionAccess {
    /// The user who asks, if it is not the session itself.
    pub actor: Option<UserId>,
    /// The session, if there is one that the caller may see.
    pub session: Option<SessionRow>,
}

impl SessionPath {
    /// Checks the seal or the signature of whatever credential there is, an API key first: no I/O.
    ///
    /// # Errors
    /// [`CallerError::Missing`] or [`CallerError::Refused`].
    pub fn identify(self, headers: &HeaderMap, gate: &Gate<'_>) -> Result<SessionCaller, CallerError> {
        Ok(SessionCaller { id: self.id, credential: gate.caller_or_session(headers)?, now: gate.now })
    }
}

impl SessionCaller {
    /// The session: one's own, a login of one's own, or one that was made in one's name. One request; one more for the last.
    ///
    /// An API key finds what was made in its owner's name, not its owner's logins; a key that was given less than its owner has must
    /// have been given `operation`.
    ///
    /// # Errors
    /// [`CallerError`]
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
        if !caller.is_unrestricted_for(&Permission::new(operation), &Scope::everywhere()) {
            return Err(CallerError::Forbidden);
        }

        let own_login = own_login.map(|row| live(&rows, &row, &user_row, now)).transpose()?.flatten();
        // The same partition has what others made for the user as their customer.
        let own_login = own_login.filter(|row| row.kind == SessionKind::Login);
        let session = match (own_login, rows.find::<IssuedSessionRow>(&issued)?) {
            (Some(session), _) => Some(session),
            (None, Some(issued)) => live_session(database, &issued.customer_id, id, now).await?,
            (None, None) => None,
        };
        Ok(SessionAccess { actor: Some(user), session })
    }
}

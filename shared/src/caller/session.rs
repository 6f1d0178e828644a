//! The caller of the operations on sessions: the holder of the session's JWT, or the user in whose name the session was
//! made.

use http::HeaderMap;

use super::{CallerError, Credential, CredentialRequirement, Gate};
use crate::credentials::SessionClaims;
use crate::domain::{Permission, Scope, SessionId, Subject, Timestamp, UserId};
use crate::store::{Batch, Database, RowKey, Rows, SessionKind, SessionRow, StoreError, UserRow, schema};

/// The JWT of a session whose rows are in a batch.
pub struct PendingSession {
    claims: SessionClaims,
    row: RowKey,
    user: Option<RowKey>,
}

impl PendingSession {
    /// Adds the session's row to `batch` and, if the customer is a user of this service, the user's.
    pub fn new(claims: SessionClaims, batch: &mut Batch<'_>) -> Self {
        let row = batch.session(schema::session(claims.session));
        Self { row, user: claims.subject().user().map(|user| batch.user(user)), claims }
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
        let user: Option<UserRow> = rows.find_some(self.user.as_ref())?;
        let row: Option<SessionRow> = rows.find(&self.row)?;
        Ok(row.filter(|row| row.kind == SessionKind::Exchange && row.is_live(now) && row.is_backed_by(user.as_ref())))
    }
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
    /// request, and a second one for the last if its customer is another user.
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
        let (user, is_login) = match &self.credential {
            Credential::Session(claims) => {
                let pending = PendingSession::new(claims.clone(), &mut batch);
                let session = pending.resolve(&batch.get().await?, now)?.ok_or(CallerError::Refused("the session is over"))?;
                return Ok(SessionAccess { actor: None, session: Some(session).filter(|session| session.id() == id) });
            }
            Credential::Login(claims) => (claims.user, true),
            Credential::ApiKey(key) => (key.user, false),
            Credential::EntityToken(_) | Credential::OneTimeToken(_) => {
                return Err(CallerError::Unsuitable(CredentialRequirement::CallerOrSession));
            }
        };
        let row = batch.session(schema::session(id));
        let pending = self.credential.add_to(&mut batch);
        let rows = batch.get().await?;
        let caller = pending.caller(&rows, now)?;
        if !caller.restriction_allows(&Permission::new(operation), &Scope::everywhere()) {
            return Err(CallerError::Forbidden);
        }

        let session: Option<SessionRow> = rows.find(&row)?;
        let is_theirs = |row: &SessionRow| match row.kind {
            SessionKind::Login => is_login && row.id().subject == Subject::User(user).locator(),
            SessionKind::Exchange => row.issuer_id == Some(user),
            SessionKind::Pending => false,
        };
        let session = match session.filter(|row| row.is_live(now) && is_theirs(row)) {
            Some(session) => backed(session, &caller.user, database).await?,
            None => None,
        };
        Ok(SessionAccess { actor: Some(user), session })
    }
}

/// The session, if the user whose it is still backs it. Reads that user's row unless it is `known`, or there is none.
async fn backed(session: SessionRow, known: &UserRow, database: &Database) -> Result<Option<SessionRow>, StoreError> {
    let subject = Subject::at(session.subject, &session.customer_id).user();
    let other = match subject {
        Some(user) if user != known.user_id => {
            let mut batch = database.batch();
            let row = batch.user(user);
            batch.get().await?.find(&row)?
        }
        _ => None,
    };
    let user = if subject == Some(known.user_id) { Some(known) } else { other.as_ref() };
    Ok(session.is_backed_by(user).then_some(session))
}

//! Who is asking: credentials in a request become a [`Caller`] with an ACL. Imports `domain`, `credentials` and `store`.
//!
//! It goes in two steps, so that an operation reads all it decides on in one request: [`Gate`] checks seals and signatures
//! without any I/O and refuses what is forged; what passed names the rows it needs ([`Credential::ask`]), and with those rows
//! becomes a caller ([`Asked::resolve`]), unless it has been revoked.

mod entity;
mod gate;
mod one_time;
mod password;
mod session;
mod standing;

use thiserror::Error;

use crate::credentials::{ApiKey, LoginClaims};
use crate::domain::{Acl, AclItem, Locator, Permission, Scope, SessionId, Timestamp, UserId};
use crate::store::{ApiKeyRow, Batch, RowKey, Rows, SessionRow, StoreError, UserRow, schema};

pub use entity::{EntityAccess, EntityCaller, EntityPath};
pub use gate::{Gate, bearer, login};
pub use one_time::AskedToken;
pub use password::{PasswordGate, PasswordGateError, ProvenUser};
pub use session::{AskedSession, SessionAccess, SessionCaller, SessionPath, live_session};
pub use standing::{AskedStanding, Kind, Opened, Standing};

/// Why a request's credentials do not make a caller.
#[derive(Debug, Error)]
pub enum CallerError {
    /// The request carries no credential of the kind that the operation takes.
    #[error("no credentials")]
    Missing,
    /// The credential is not one that this service made, or has expired or been revoked. Callers are not told which.
    #[error("credentials refused: {0}")]
    Refused(&'static str),
    /// The caller is known and may not do this.
    #[error("the caller lacks the permission")]
    Forbidden,
    /// The tables can not tell.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A credential whose seal or signature is right; whether it has been revoked stands in its rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    /// A named API key.
    ApiKey(ApiKey),
    /// The JWT of a login.
    Login(LoginClaims),
}

/// A credential whose rows are in a batch.
pub struct Asked {
    credential: Credential,
    /// The API key's row or the session's.
    row: RowKey,
    user: RowKey,
}

/// Who is asking.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The user: who logged in, or the API key's owner.
    pub user: UserRow,
    /// The key or the session, told apart from others without its id.
    pub credential_id: Locator,
    /// When the key was made or the session began.
    pub credential_made_at: Timestamp,
    /// Of a login: its session, and when that is over.
    pub session: Option<(SessionId, Timestamp)>,
    /// Of an API key that was given less than its owner has: what it was given.
    restriction: Option<Acl>,
}

impl Credential {
    /// Whose it is.
    #[must_use]
    pub fn user(&self) -> UserId {
        match self {
            Self::ApiKey(key) => key.user,
            Self::Login(claims) => claims.user,
        }
    }

    /// Adds the rows that tell whether this credential is still good to `batch`.
    pub fn ask(self, batch: &mut Batch<'_>) -> Asked {
        let (row, user) = match &self {
            Self::ApiKey(key) => (batch.token(schema::api_key(key.user, key.id)), key.user),
            Self::Login(claims) => (batch.session(schema::session(claims.user, claims.session)), claims.user),
        };
        let user = batch.user(user);
        Asked { credential: self, row, user }
    }
}

impl Asked {
    /// The caller, if the credential has not been revoked and the user is active.
    ///
    /// # Errors
    /// [`CallerError::Refused`] says why not, for the log.
    pub fn resolve(self, rows: &Rows, now: Timestamp) -> Result<Caller, CallerError> {
        let user: UserRow = rows.find(&self.user)?.ok_or(CallerError::Refused("no such user"))?;
        if !user.is_active() {
            return Err(CallerError::Refused("the user is disabled"));
        }
        match self.credential {
            Credential::ApiKey(_) => {
                let key: ApiKeyRow = rows.find(&self.row)?.ok_or(CallerError::Refused("the API key is revoked"))?;
                let credential_id = Locator::of_api_key(key.key_id);
                Ok(Caller { user, credential_id, credential_made_at: key.created_at, session: None, restriction: key.acl })
            }
            Credential::Login(claims) => {
                let session: SessionRow = rows.find(&self.row)?.ok_or(CallerError::Refused("the session is revoked"))?;
                if !session.is_live(now) || session.epoch != Some(user.epoch) || claims.epoch != user.epoch {
                    return Err(CallerError::Refused("the session is over"));
                }
                Ok(Caller {
                    user,
                    credential_id: Locator::of_session(session.session_id),
                    credential_made_at: session.created_at,
                    session: Some((session.session_id, session.expires_at)),
                    restriction: None,
                })
            }
        }
    }
}

impl Caller {
    /// The user's id.
    #[must_use]
    pub fn user_id(&self) -> UserId {
        self.user.user_id
    }

    /// Whether the caller may do `permission` on `scope`: the user may, and so may the key if it was given less.
    #[must_use]
    pub fn may(&self, permission: &Permission, scope: &Scope) -> bool {
        self.user.acl.grants(permission, scope) && self.is_unrestricted_for(permission, scope)
    }

    /// Whether the caller may make one-time tokens for any customer, with any claims.
    #[must_use]
    pub fn may_issue_tokens(&self) -> bool {
        may_issue_tokens(&self.user.acl) && self.restriction.as_ref().is_none_or(may_issue_tokens)
    }

    /// Whether handing out `acl` is no escalation.
    #[must_use]
    pub fn covers(&self, acl: &Acl) -> bool {
        self.user.acl.covers(acl) && self.restriction.as_ref().is_none_or(|own| own.covers(acl))
    }

    /// What the caller may do: the user's ACL or, of a key that was given less, what the user can still do of that.
    #[must_use]
    pub fn acl(&self) -> Acl {
        let Some(restriction) = &self.restriction else { return self.user.acl.clone() };
        let items = restriction.0.iter().map(|item| {
            let granted = item.permissions.iter().filter(|permission| self.user.acl.grants(permission, &item.scope));
            AclItem { scope: item.scope.clone(), permissions: granted.cloned().collect() }
        });
        Acl(items.filter(|item| !item.permissions.is_empty()).collect())
    }

    /// Whether the key was not given less, or was given this.
    pub fn is_unrestricted_for(&self, permission: &Permission, scope: &Scope) -> bool {
        self.restriction.as_ref().is_none_or(|own| own.grants(permission, scope))
    }
}

/// Whether `acl` grants to make one-time tokens for any customer, with any claims.
#[must_use]
pub fn may_issue_tokens(acl: &Acl) -> bool {
    acl.grants(&Permission::new("authentication-token-create"), &Scope::everywhere())
}

/// Writes the id of the row that a request is about into its log lines, in place of the token or the path that names it.
pub fn note_row(id: impl std::fmt::Display) {
    tracing::Span::current().record("row", tracing::field::display(id));
}

//! The stages of a credential: its seal or signature is right ([`Credential`]); its rows are in a batch
//! ([`PendingCredential`]); it makes its user a [`Caller`], or is reported as an [`ActiveCredential`].

use super::{ActiveCredential, Caller, CallerError, PendingOneTimeToken, PendingSession};
use crate::credentials::{ApiKey, CredentialKind, EntityToken, LoginClaims, OneTimeToken, SessionClaims};
use crate::domain::{Locator, Timestamp, UserId};
use crate::store::{ApiKeyRow, Batch, EntityTokenRow, RowKey, Rows, SessionKind, SessionRow, StoreError, UserRow, schema};

/// A credential whose seal or signature is right. Whether it has been revoked is decided by its rows.
#[derive(Clone, Debug, PartialEq)]
pub enum Credential {
    /// The JWT of a login.
    Login(LoginClaims),
    /// The JWT of an exchanged session.
    Session(SessionClaims),
    /// A named API key.
    ApiKey(ApiKey),
    /// An entity token.
    EntityToken(EntityToken),
    /// A one-time token.
    OneTimeToken(OneTimeToken),
}

/// A credential whose rows are in a batch.
pub enum PendingCredential {
    /// The JWT of a login, the session's row and the user's.
    Login(LoginClaims, RowKey, RowKey),
    /// The JWT of an exchanged session.
    Session(PendingSession),
    /// An API key's row and its owner's.
    ApiKey(RowKey, RowKey),
    /// An entity token, its row and, if it names a user of this service, that user's.
    EntityToken(EntityToken, RowKey, Option<RowKey>),
    /// A one-time token.
    OneTimeToken(PendingOneTimeToken),
}

impl Credential {
    /// The kind of the credential.
    #[must_use]
    pub fn kind(&self) -> CredentialKind {
        match self {
            Self::Login(_) => CredentialKind::Login,
            Self::Session(_) => CredentialKind::Session,
            Self::ApiKey(_) => CredentialKind::ApiKey,
            Self::EntityToken(_) => CredentialKind::EntityToken,
            Self::OneTimeToken(_) => CredentialKind::OneTimeToken,
        }
    }

    /// The user whom the credential makes a caller, if it makes one.
    #[must_use]
    pub fn user(&self) -> Option<UserId> {
        match self {
            Self::Login(claims) => Some(claims.user),
            Self::ApiKey(key) => Some(key.user),
            Self::Session(_) | Self::EntityToken(_) | Self::OneTimeToken(_) => None,
        }
    }

    /// Adds the rows that decide whether the credential is still good to `batch`.
    pub fn add_to(self, batch: &mut Batch<'_>) -> PendingCredential {
        match self {
            Self::Login(claims) => {
                let session = batch.session(schema::session(claims.session));
                PendingCredential::Login(claims, session, batch.user(claims.user))
            }
            Self::Session(claims) => PendingCredential::Session(PendingSession::new(claims, batch)),
            Self::ApiKey(key) => PendingCredential::ApiKey(batch.token(schema::api_key(key.user, key.id)), batch.user(key.user)),
            Self::EntityToken(token) => {
                let row = batch.token(schema::entity_token(&token.locator));
                PendingCredential::EntityToken(token, row, token.user.map(|user| batch.user(user)))
            }
            Self::OneTimeToken(token) => PendingCredential::OneTimeToken(PendingOneTimeToken::new(&token, batch)),
        }
    }
}

impl PendingCredential {
    /// The caller. Only a login and an API key make their user one.
    ///
    /// # Errors
    /// [`CallerError::Refused`] if the credential has been revoked or the user is disabled; it says which, for the log.
    pub fn caller(&self, rows: &Rows, now: Timestamp) -> Result<Caller, CallerError> {
        match self {
            Self::Login(claims, session, user) => {
                let user = active_user(rows, user)?;
                let session: SessionRow = rows.find(session)?.ok_or(CallerError::Refused("the session is revoked"))?;
                let is_live = session.kind == SessionKind::Login && session.is_live(now) && session.epoch == Some(user.epoch);
                // The session may have moved to a later epoch than the JWT was minted in, never to an earlier one.
                if !is_live || claims.epoch > user.epoch {
                    return Err(CallerError::Refused("the session is over"));
                }
                Ok(Caller {
                    user,
                    credential_id: Locator::of_session(session.id()),
                    credential_made_at: session.created_at,
                    session: Some((session.id(), session.expires_at)),
                    restriction: None,
                })
            }
            Self::ApiKey(key, owner) => {
                let user = active_user(rows, owner)?;
                let key: ApiKeyRow = rows.find(key)?.ok_or(CallerError::Refused("the API key is revoked"))?;
                let credential_id = Locator::of_api_key(key.key_id);
                Ok(Caller { user, credential_id, credential_made_at: key.created_at, session: None, restriction: key.acl })
            }
            Self::Session(_) | Self::EntityToken(..) | Self::OneTimeToken(_) => Err(CallerError::Refused("it makes nobody a caller")),
        }
    }

    /// What the credential stands for. `None` if it has been revoked, has expired, or belongs to a user who is disabled or,
    /// for an entity token, no member of the entity any more.
    ///
    /// # Errors
    /// [`StoreError`] if a row is unreadable.
    pub fn active(&self, rows: &Rows, now: Timestamp) -> Result<Option<ActiveCredential>, StoreError> {
        match self {
            Self::Login(claims, ..) => Ok(unless_refused(self.caller(rows, now))?.map(|caller| ActiveCredential::login(claims, caller))),
            Self::ApiKey(..) => Ok(unless_refused(self.caller(rows, now))?.map(ActiveCredential::api_key)),
            Self::Session(session) => Ok(session.resolve(rows, now)?.map(|row| ActiveCredential::session(session.claims(), &row))),
            Self::EntityToken(token, row, user) => {
                let user: Option<UserRow> = rows.find_some(user.as_ref())?;
                let row: Option<EntityTokenRow> = rows.find(row)?;
                // A generation that was replaced is refused at once. The grace is for refreshing it, not for using it.
                let is_live = |row: &EntityTokenRow| row.is_live(now) && row.token_id == token.id && row.generation == token.generation;
                let row = row.filter(|row| is_live(row) && row.is_for(user.as_ref()));
                Ok(row.map(|row| ActiveCredential::entity_token(row, user)))
            }
            Self::OneTimeToken(token) => {
                let found = token.resolve(rows)?.filter(|(row, _)| row.is_live(now));
                Ok(found.map(|(row, _)| ActiveCredential::one_time_token(row)))
            }
        }
    }
}

fn active_user(rows: &Rows, user: &RowKey) -> Result<UserRow, CallerError> {
    let user: UserRow = rows.find(user)?.ok_or(CallerError::Refused("no such user"))?;
    if user.is_active() { Ok(user) } else { Err(CallerError::Refused("the user is disabled")) }
}

fn unless_refused(caller: Result<Caller, CallerError>) -> Result<Option<Caller>, StoreError> {
    match caller {
        Ok(caller) => Ok(Some(caller)),
        Err(CallerError::Store(error)) => Err(error),
        Err(_) => Ok(None),
    }
}

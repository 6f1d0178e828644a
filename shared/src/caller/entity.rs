//! The caller of the operations on entity tokens: a backend's API key together with the login of the user in whose name
//! it acts.

use http::HeaderMap;
use thiserror::Error;

use super::headers::acting_user_id;
use super::{CallerError, Credential, CredentialRequirement, Gate, note_row};
use crate::audit::{Act, Event};
use crate::credentials::{ApiKey, KeyNumber, LoginClaims, TokenKeys};
use crate::domain::{EntityId, EntityUserId, Locator, Permission, RandomId, Scope, Timestamp, UserId};
use crate::store::{Database, EntityTokenRow, StoreError, UserRow, schema};

/// The token was sealed under a key that this process has not read yet.
#[derive(Debug, Error)]
#[error("the key ring is older than the token")]
struct StaleRing;

/// The pair of entity and user in the path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntityPath {
    /// The entity.
    pub entity: EntityId,
    /// The user, whose token it is.
    pub user: EntityUserId,
}

/// An API key and a login whose seal and signature are right. The login is that of the user in `userid`.
pub struct EntityCaller<'a> {
    path: &'a EntityPath,
    key: ApiKey,
    login: LoginClaims,
    token_keys: &'a TokenKeys,
    now: Timestamp,
}

/// Who the user in the path is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntitySubject {
    /// An active user of this service, who is a member of the entity.
    Member,
    /// A user of this service who is disabled, or no member of the entity.
    Outsider,
    /// No user of this service: the id is the caller's own.
    Foreign,
}

/// A caller with the right to the operation, and the pair's token as it was read.
#[derive(Clone, Debug)]
pub struct EntityAccess {
    /// The user in whose name the backend acts.
    pub acting: UserId,
    /// The API key, by a name that does not reveal its id.
    pub credential_id: Locator,
    /// The place of the pair's token.
    pub locator: Locator,
    /// Who the user in the path is.
    pub subject: EntitySubject,
    /// The live token, if there is one and its user may still have it.
    pub token: Option<EntityTokenRow>,
    /// A token that would be live, were its user still active and a member. It can be deleted, and nothing else.
    pub withdrawn: Option<EntityTokenRow>,
    /// A token that would be live, had the key that sealed it not left the ring: its text no longer opens anything.
    pub keyless: Option<RandomId>,
}

impl EntityAccess {
    /// The audit event of `act` on the pair's token.
    #[must_use]
    pub fn event(&self, act: Act, path: &EntityPath) -> Event {
        Event::of(act).subject(&path.user).entity(&path.entity).actor(self.acting).credential(self.credential_id).row(self.locator)
    }
}

impl EntityPath {
    /// Checks the seal of `apikey`, the signature of `token`, and that `userid` is the subject of `token`: no I/O.
    ///
    /// # Errors
    /// [`CallerError::Missing`] names the header that is missing; [`CallerError::Unsuitable`] or
    /// [`CallerError::Refused`].
    pub fn identify<'a>(&'a self, headers: &HeaderMap, gate: &Gate<'a>) -> Result<EntityCaller<'a>, CallerError> {
        let key = gate.entity_api_key(headers)?;
        let login = gate.entity_login(headers)?;
        let acting_id = acting_user_id(headers).ok_or(CallerError::Missing(CredentialRequirement::EntityUserId))?;
        if acting_id.parse() != Ok(login.user) {
            return Err(CallerError::Refused("userid is not the subject of token"));
        }
        Ok(EntityCaller { path: self, key, login, token_keys: gate.token_keys, now: gate.now })
    }
}

impl EntityCaller<'_> {
    /// Reads the pair's token and the credentials' rows in one request, and checks the right to `operation`.
    ///
    /// On their own token acting users need to be members of the entity, and a restricted key must have been given
    /// `operation` for it. On another's token both the acting user and the key need `operation` for that entity.
    ///
    /// The row of the user in the path is read with the others. No condition of the write repeats the check: whoever takes
    /// the token later reads that row again.
    ///
    /// # Errors
    /// [`CallerError::Forbidden`] only for a caller whose credentials are good; [`CallerError::Refused`] or
    /// [`CallerError::Store`].
    pub async fn access(self, operation: &'static str, database: &Database) -> Result<EntityAccess, CallerError> {
        let locator = Locator::of_pair(&self.path.entity, &self.path.user);
        note_row(locator);
        let mut batch = database.batch();
        let key = Credential::ApiKey(self.key).add_to(&mut batch);
        let acting = Credential::Login(self.login).add_to(&mut batch);
        let token = batch.token(schema::entity_token(&locator));
        let user = self.path.user.as_user().map(|user| batch.user(user));
        let rows = batch.get().await?;
        let (key, acting) = (key.caller(&rows, self.now)?, acting.caller(&rows, self.now)?);

        let entity = &self.path.entity;
        let (permission, scope) = (Permission::new(operation), Scope::entity(entity));
        let allowed = if self.path.user.is(acting.user_id()) {
            acting.user.is_active_member_of(entity) && key.restriction_allows(&permission, &scope)
        } else {
            acting.may(&permission, &scope) && key.may(&permission, &scope)
        };
        if !allowed {
            return Err(CallerError::Forbidden);
        }
        let user: Option<UserRow> = rows.find_some(user.as_ref())?;
        let token = rows.find(&token)?.filter(|row: &EntityTokenRow| row.is_live(self.now));
        if token.as_ref().is_some_and(|row| self.token_keys.is_older_than(KeyNumber::new(row.sealed_under))) {
            return Err(CallerError::Store(StoreError::unavailable(StaleRing)));
        }
        let (token, keyless) = match token {
            Some(row) if !self.token_keys.has(KeyNumber::new(row.sealed_under)) => (None, Some(row.token_id)),
            token => (token, None),
        };
        let (token, withdrawn) = match token {
            Some(row) if !row.is_for(user.as_ref()) => (None, Some(row)),
            token => (token, None),
        };
        let subject = match user {
            Some(user) if user.is_active_member_of(entity) && self.path.user.is(user.user_id) => EntitySubject::Member,
            Some(_) => EntitySubject::Outsider,
            None => EntitySubject::Foreign,
        };
        Ok(EntityAccess { acting: acting.user_id(), credential_id: key.credential_id, locator, subject, token, withdrawn, keyless })
    }
}

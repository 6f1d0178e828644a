//! Checks the seal or signature of the credentials in a request's headers. No I/O, so a forged credential costs no
//! request.

use http::HeaderMap;

use super::headers::{CredentialHeaders, carries};
use super::{CallerError, Credential, CredentialRequirement};
use crate::credentials::{
    ApiKey, CredentialKind, EntityToken, Issuer, LoginClaims, OneTimeToken, SessionClaims, TokenKeys, VerificationKeys,
};
use crate::domain::Timestamp;

/// What credentials are checked against.
///
/// A refusal says which of three things is wrong: no credential was sent, or one of a kind or in a header that the
/// operation does not take, or one that is not valid. The form of what was sent decides between the first two, never
/// what is stored.
#[derive(Clone, Copy, Debug)]
pub struct Gate<'a> {
    /// Who mints the JWTs.
    pub issuer: &'a Issuer,
    /// The keys that verify them.
    pub jwt_keys: &'a VerificationKeys,
    /// The keys that seal opaque tokens.
    pub token_keys: &'a TokenKeys,
    /// The time of the request.
    pub now: Timestamp,
}

impl Gate<'_> {
    /// `text` as a credential of whatever kind. `None` for anything that is not a credential of this service.
    #[must_use]
    pub fn open(&self, text: &str) -> Option<Credential> {
        match CredentialKind::claimed_by(text)? {
            CredentialKind::Login => LoginClaims::verify(text, self.issuer, self.jwt_keys, self.now).map(Credential::Login).ok(),
            CredentialKind::Session => SessionClaims::verify(text, self.issuer, self.jwt_keys, self.now).map(Credential::Session).ok(),
            CredentialKind::ApiKey => ApiKey::open(self.token_keys, text).map(Credential::ApiKey).ok(),
            CredentialKind::EntityToken => EntityToken::open(self.token_keys, text).map(Credential::EntityToken).ok(),
            CredentialKind::OneTimeToken => OneTimeToken::open(self.token_keys, text).map(Credential::OneTimeToken).ok(),
        }
    }

    /// The login JWT of an operation that takes nothing else.
    ///
    /// # Errors
    /// [`CallerError::Missing`], [`CallerError::Unsuitable`] or [`CallerError::Refused`].
    pub fn login(&self, headers: &HeaderMap) -> Result<LoginClaims, CallerError> {
        login(headers, self.issuer, self.jwt_keys, self.now)
    }

    /// The same where the password must have been proven at most `max_age` seconds ago; 0 is at any time. A renewal of the JWT
    /// proves nothing.
    ///
    /// # Errors
    /// [`CallerError::Stale`], or as [`Gate::login`].
    pub fn fresh_login(&self, headers: &HeaderMap, max_age: u32) -> Result<LoginClaims, CallerError> {
        let login = self.login(headers)?;
        if max_age == 0 || login.is_fresh(max_age, self.now) { Ok(login) } else { Err(CallerError::Stale { max_age }) }
    }

    /// The API key or, where there is none, the login JWT of an operation that takes either. What stands in
    /// `Authorization` beside an API key is ignored.
    ///
    /// # Errors
    /// [`CallerError::Missing`], [`CallerError::Unsuitable`] or [`CallerError::Refused`].
    pub fn caller(&self, headers: &HeaderMap) -> Result<Credential, CallerError> {
        let requirement = CredentialRequirement::Caller;
        match CredentialHeaders::of(headers) {
            CredentialHeaders { api_key: Some(key), .. } => self.open_api_key(key, requirement).map(Credential::ApiKey),
            CredentialHeaders { jwt: Some(jwt), .. } => self.verify_login(jwt, requirement).map(Credential::Login),
            _ => Err(CallerError::Missing(requirement)),
        }
    }

    /// The same for an operation that needs no credential. Without an API key, a session JWT in `Authorization` is
    /// ignored, and so is what is not a credential of this service: the vendors' clients leave session JWTs and
    /// publishable keys there.
    ///
    /// # Errors
    /// [`CallerError::Unsuitable`] or [`CallerError::Refused`]. A wrong credential never counts as none.
    pub fn optional_caller(&self, headers: &HeaderMap) -> Result<Option<Credential>, CallerError> {
        let CredentialHeaders { jwt, api_key } = CredentialHeaders::of(headers);
        match (api_key, jwt.and_then(CredentialKind::claimed_by)) {
            (None, None | Some(CredentialKind::Session)) => Ok(None),
            _ => self.caller(headers).map(Some),
        }
    }

    /// The same for an operation that also takes the JWT of a session.
    ///
    /// # Errors
    /// [`CallerError::Missing`], [`CallerError::Unsuitable`] or [`CallerError::Refused`].
    pub fn caller_or_session(&self, headers: &HeaderMap) -> Result<Credential, CallerError> {
        let requirement = CredentialRequirement::CallerOrSession;
        match CredentialHeaders::of(headers) {
            CredentialHeaders { api_key: Some(key), .. } => self.open_api_key(key, requirement).map(Credential::ApiKey),
            CredentialHeaders { jwt: Some(jwt), .. } if CredentialKind::claimed_by(jwt) == Some(CredentialKind::Session) => {
                let claims = SessionClaims::verify(jwt, self.issuer, self.jwt_keys, self.now);
                claims.map(Credential::Session).map_err(|_| CallerError::Refused("no valid session JWT"))
            }
            CredentialHeaders { jwt: Some(jwt), .. } => self.verify_login(jwt, requirement).map(Credential::Login),
            _ => Err(CallerError::Missing(requirement)),
        }
    }

    /// The API key of an operation on entity tokens.
    ///
    /// # Errors
    /// [`CallerError::Missing`], [`CallerError::Unsuitable`] or [`CallerError::Refused`].
    pub fn entity_api_key(&self, headers: &HeaderMap) -> Result<ApiKey, CallerError> {
        let requirement = CredentialRequirement::EntityApiKey;
        let key = CredentialHeaders::of(headers).api_key;
        let key = key.ok_or_else(|| missing_or_misplaced(headers, CredentialKind::ApiKey, requirement))?;
        self.open_api_key(key, requirement)
    }

    /// The login JWT of an operation on entity tokens: in `token` or, where that is absent, in `Authorization`.
    ///
    /// # Errors
    /// [`CallerError::Missing`], [`CallerError::Unsuitable`] or [`CallerError::Refused`].
    pub fn entity_login(&self, headers: &HeaderMap) -> Result<LoginClaims, CallerError> {
        let requirement = CredentialRequirement::EntityLogin;
        let jwt = CredentialHeaders::of_entity_call(headers).jwt;
        let jwt = jwt.ok_or_else(|| missing_or_misplaced(headers, CredentialKind::Login, requirement))?;
        self.verify_login(jwt, requirement)
    }

    fn open_api_key(&self, text: &str, requirement: CredentialRequirement) -> Result<ApiKey, CallerError> {
        let key = ApiKey::open(self.token_keys, text);
        key.map_err(|_| refusal(text, CredentialKind::ApiKey, requirement, "no valid API key"))
    }

    fn verify_login(&self, jwt: &str, requirement: CredentialRequirement) -> Result<LoginClaims, CallerError> {
        verify_login(jwt, self.issuer, self.jwt_keys, self.now, requirement)
    }
}

/// [`Gate::login`] for an operation that has no keys of opaque tokens.
///
/// # Errors
/// [`CallerError::Missing`], [`CallerError::Unsuitable`] or [`CallerError::Refused`].
pub fn login(headers: &HeaderMap, issuer: &Issuer, keys: &VerificationKeys, now: Timestamp) -> Result<LoginClaims, CallerError> {
    let requirement = CredentialRequirement::Login;
    match CredentialHeaders::of(headers) {
        CredentialHeaders { jwt: Some(jwt), .. } => verify_login(jwt, issuer, keys, now, requirement),
        CredentialHeaders { api_key: Some(_), .. } => Err(CallerError::Unsuitable(requirement)),
        _ => Err(CallerError::Missing(requirement)),
    }
}

fn verify_login(
    jwt: &str,
    issuer: &Issuer,
    keys: &VerificationKeys,
    now: Timestamp,
    requirement: CredentialRequirement,
) -> Result<LoginClaims, CallerError> {
    let claims = LoginClaims::verify(jwt, issuer, keys, now);
    claims.map_err(|_| refusal(jwt, CredentialKind::Login, requirement, "no valid login JWT"))
}

/// Why `text` is refused as a credential of this kind. What has the form of no credential of this service counts as a
/// wrong one of this kind.
fn refusal(text: &str, kind: CredentialKind, requirement: CredentialRequirement, reason: &'static str) -> CallerError {
    match CredentialKind::claimed_by(text) {
        Some(other) if other != kind => CallerError::Unsuitable(requirement),
        _ => CallerError::Refused(reason),
    }
}

/// Why an operation that takes several credentials refuses a request without this one: it stands in another header, or
/// nowhere.
fn missing_or_misplaced(headers: &HeaderMap, kind: CredentialKind, requirement: CredentialRequirement) -> CallerError {
    if carries(headers, kind) { CallerError::Unsuitable(requirement) } else { CallerError::Missing(requirement) }
}

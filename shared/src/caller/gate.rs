//! Checks the seal or the signature of what a request's headers carry: no I/O, so that a forged credential costs nothing.

use http::HeaderMap;

use super::headers::CredentialHeaders;
use super::{CallerError, Credential};
use crate::credentials::{
    ApiKey, CredentialKind, EntityToken, Issuer, LoginClaims, OneTimeToken, SessionClaims, TokenKeys, VerificationKeys,
};
use crate::domain::Timestamp;

/// What credentials are checked against.
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
    /// The credential that `text` is, of whatever kind. `None` for anything but a credential of this service.
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
    /// [`CallerError::Missing`] or [`CallerError::Refused`].
    pub fn login(&self, headers: &HeaderMap) -> Result<LoginClaims, CallerError> {
        login(headers, self.issuer, self.jwt_keys, self.now)
    }

    /// The API key of an operation that takes either, or else its login JWT.
    ///
    /// # Errors
    /// [`CallerError::Missing`] or [`CallerError::Refused`].
    pub fn caller(&self, headers: &HeaderMap) -> Result<Credential, CallerError> {
        self.optional_caller(headers)?.ok_or(CallerError::Missing)
    }

    /// The same for an operation that does without one. Text in `Authorization` that does not claim to be a login JWT is passed over:
    /// the vendors' clients leave session JWTs and publishable keys there.
    ///
    /// # Errors
    /// [`CallerError::Refused`] for one that is not valid: a wrong credential is never taken for none.
    pub fn optional_caller(&self, headers: &HeaderMap) -> Result<Option<Credential>, CallerError> {
        let sent = CredentialHeaders::of(headers);
        match (sent.api_key, sent.jwt) {
            (Some(key), _) => self.open_api_key(key).map(Credential::ApiKey).map(Some),
            (None, Some(jwt)) if CredentialKind::claimed_by(jwt) == Some(CredentialKind::Login) => {
                self.verify_login(jwt).map(Credential::Login).map(Some)
            }
            (None, _) => Ok(None),
        }
    }

    /// The same for an operation that takes a session's JWT too.
    ///
    /// # Errors
    /// [`CallerError::Missing`] or [`CallerError::Refused`].
    pub fn caller_or_session(&self, headers: &HeaderMap) -> Result<Credential, CallerError> {
        if let Some(credential) = self.optional_caller(headers)? {
            return Ok(credential);
        }
        let jwt = CredentialHeaders::of(headers).jwt.ok_or(CallerError::Missing)?;
        let claims = SessionClaims::verify(jwt, self.issuer, self.jwt_keys, self.now);
        claims.map(Credential::Session).map_err(|_| CallerError::Refused("no valid session JWT"))
    }

    /// The API key of an operation on an entity's tokens.
    ///
    /// # Errors
    /// [`CallerError::Missing`] or [`CallerError::Refused`].
    pub fn api_key(&self, headers: &HeaderMap) -> Result<ApiKey, CallerError> {
        self.open_api_key(CredentialHeaders::of(headers).api_key.ok_or(CallerError::Missing)?)
    }

    /// The login JWT of an operation on an entity's tokens, whose contract names `token`; `Authorization` only where that is absent.
    ///
    /// # Errors
    /// [`CallerError::Missing`] or [`CallerError::Refused`].
    pub fn acting_login(&self, headers: &HeaderMap) -> Result<LoginClaims, CallerError> {
        self.verify_login(CredentialHeaders::of_entity_call(headers).jwt.ok_or(CallerError::Missing)?)
    }

    fn open_api_key(&self, text: &str) -> Result<ApiKey, CallerError> {
        ApiKey::open(self.token_keys, text).map_err(|_| CallerError::Refused("no valid API key"))
    }

    fn verify_login(&self, jwt: &str) -> Result<LoginClaims, CallerError> {
        verify_login(jwt, self.issuer, self.jwt_keys, self.now)
    }
}

/// The login JWT of an operation that takes nothing else, where there are no keys of opaque tokens.
///
/// # Errors
/// [`CallerError::Missing`] or [`CallerError::Refused`].
pub fn login(headers: &HeaderMap, issuer: &Issuer, keys: &VerificationKeys, now: Timestamp) -> Result<LoginClaims, CallerError> {
    verify_login(CredentialHeaders::of(headers).jwt.ok_or(CallerError::Missing)?, issuer, keys, now)
}

fn verify_login(jwt: &str, issuer: &Issuer, keys: &VerificationKeys, now: Timestamp) -> Result<LoginClaims, CallerError> {
    LoginClaims::verify(jwt, issuer, keys, now).map_err(|_| CallerError::Refused("no valid login JWT"))
}

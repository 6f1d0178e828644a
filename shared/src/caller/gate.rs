//! Finds the credentials in a request's headers and checks seals and signatures: no I/O, so that a forged token costs nothing.

use http::HeaderMap;

use super::{CallerError, Credential};
use crate::credentials::{ApiKey, Issuer, LoginClaims, TokenKeys, VerificationKeys};
use crate::domain::Timestamp;

/// Where the vendors' clients put an API key.
const API_KEY_HEADERS: [&str; 4] = ["apikey", "x-authorization", "reb-apikey", "x-api-key"];

/// What credentials are checked against.
#[derive(Clone, Copy, Debug)]
pub struct Gate<'a> {
    /// Who minted the JWTs.
    pub issuer: &'a Issuer,
    /// Under which keys they are verified.
    pub jwt_keys: &'a VerificationKeys,
    /// Under which keys API keys are sealed.
    pub token_keys: &'a TokenKeys,
    /// When.
    pub now: Timestamp,
}

impl Gate<'_> {
    /// The login JWT in `Authorization` (raw or `Bearer`) or `token`.
    ///
    /// # Errors
    /// [`CallerError::Missing`] or [`CallerError::Refused`].
    pub fn login(&self, headers: &HeaderMap) -> Result<LoginClaims, CallerError> {
        login(headers, self.issuer, self.jwt_keys, self.now)
    }

    /// The login JWT of an entity operation, whose contract names `token`; `Authorization` only where that is absent.
    ///
    /// # Errors
    /// [`CallerError::Missing`] or [`CallerError::Refused`].
    pub fn login_in_token(&self, headers: &HeaderMap) -> Result<LoginClaims, CallerError> {
        match first(headers, &["token"]) {
            Some(token) => verify(bearer(token), self.issuer, self.jwt_keys, self.now),
            None => self.login(headers),
        }
    }

    /// The API key in any of the headers that clients use.
    ///
    /// # Errors
    /// [`CallerError::Missing`] or [`CallerError::Refused`].
    pub fn api_key(&self, headers: &HeaderMap) -> Result<ApiKey, CallerError> {
        let key = api_key_in(headers).ok_or(CallerError::Missing)?;
        ApiKey::open(self.token_keys, key).map_err(|_| CallerError::Refused("no valid API key"))
    }

    /// The one credential of a request that takes either: the API key where there is one, else a login JWT. What is no login JWT
    /// by its own word is passed over: the vendors' clients leave session JWTs and publishable keys in `Authorization`.
    ///
    /// # Errors
    /// [`CallerError::Refused`] for one that is not valid: a wrong credential is never taken for none.
    pub fn any(&self, headers: &HeaderMap) -> Result<Option<Credential>, CallerError> {
        if api_key_in(headers).is_some() {
            return self.api_key(headers).map(Credential::ApiKey).map(Some);
        }
        if jwt_in(headers).is_some_and(LoginClaims::is_claimed_by) {
            return self.login(headers).map(Credential::Login).map(Some);
        }
        Ok(None)
    }
}

/// The login JWT in `Authorization` (raw or `Bearer`) or `token`, for an operation that takes nothing else.
///
/// # Errors
/// [`CallerError::Missing`] or [`CallerError::Refused`].
pub fn login(headers: &HeaderMap, issuer: &Issuer, keys: &VerificationKeys, now: Timestamp) -> Result<LoginClaims, CallerError> {
    verify(jwt_in(headers).ok_or(CallerError::Missing)?, issuer, keys, now)
}

fn verify(token: &str, issuer: &Issuer, keys: &VerificationKeys, now: Timestamp) -> Result<LoginClaims, CallerError> {
    LoginClaims::verify(token, issuer, keys, now).map_err(|_| CallerError::Refused("no valid login JWT"))
}

/// The text of the first of these headers that is there and not empty. A value that is no text is there, and is no credential.
fn first<'a>(headers: &'a HeaderMap, names: &[&str]) -> Option<&'a str> {
    names
        .iter()
        .filter_map(|name| headers.get(*name))
        .map(|value| value.to_str().map_or("\u{0}", str::trim))
        .find(|value| !value.is_empty())
}

fn api_key_in(headers: &HeaderMap) -> Option<&str> {
    first(headers, &API_KEY_HEADERS)
}

pub(super) fn jwt_in(headers: &HeaderMap) -> Option<&str> {
    first(headers, &["authorization", "token"]).map(bearer).filter(|token| !token.is_empty())
}

/// The token after `Bearer`, in any case (RFC 9110, 11.1), or the whole value.
#[must_use]
pub fn bearer(value: &str) -> &str {
    match value.split_once(char::is_whitespace) {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
        None if value.eq_ignore_ascii_case("bearer") => "",
        _ => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (http::HeaderName::from_static(name), http::HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn a_jwt_is_read_raw_or_as_bearer_in_any_case_from_either_header() {
        for pair in
            [("authorization", "a.b.c"), ("authorization", "Bearer a.b.c"), ("authorization", "bEARER   a.b.c "), ("token", "a.b.c")]
        {
            assert_eq!(jwt_in(&headers(&[pair])), Some("a.b.c"), "{pair:?}");
        }
        for pair in [("authorization", ""), ("authorization", "Bearer"), ("authorization", "Bearer "), ("apikey", "a.b.c")] {
            assert_eq!(jwt_in(&headers(&[pair])), None, "{pair:?}");
        }
    }

    #[test]
    fn an_api_key_is_read_from_every_header_that_clients_use() {
        for name in API_KEY_HEADERS {
            assert_eq!(api_key_in(&headers(&[(name, "lkapi_x")])), Some("lkapi_x"), "{name}");
        }
        assert_eq!(api_key_in(&headers(&[("authorization", "lkapi_x")])), None);
        assert_eq!(api_key_in(&headers(&[("apikey", " "), ("x-api-key", "lkapi_x")])), Some("lkapi_x"));
    }
}

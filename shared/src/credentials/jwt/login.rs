//! The JWT of a login.

use serde::{Deserialize, Deserializer, Serialize};

use super::{Issuer, JwtError, check_times, mint, not_before, verify};
use crate::credentials::{SigningKeys, VerificationKeys};
use crate::domain::{Secret, SessionId, Timestamp, UserId};

/// The claims of a login JWT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoginClaims {
    /// The user: `sub`.
    pub user: UserId,
    /// The id of the session's row: `jti`.
    pub session: SessionId,
    /// The user's epoch at login. A change of password raises the user's epoch, and with it revokes every session of an
    /// earlier one.
    pub epoch: u64,
    /// When the password was proven: `auth_time` (RFC 9068, 2.2.1). No renewal changes it. A JWT of an earlier release has none.
    pub authenticated_at: Option<Timestamp>,
    /// When it was minted: `iat`.
    pub issued_at: Timestamp,
    /// The first second at which it is refused: `exp`.
    pub expires_at: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct LoginWire {
    iss: String,
    sub: UserId,
    aud: String,
    iat: i64,
    nbf: i64,
    exp: i64,
    jti: SessionId,
    token_use: String,
    epoch: u64,
    #[serde(default, deserialize_with = "number", skip_serializing_if = "Option::is_none")]
    auth_time: Option<i64>,
}

/// A claim that may be absent, but not `null`.
fn number<'de, D: Deserializer<'de>>(claim: D) -> Result<Option<i64>, D::Error> {
    i64::deserialize(claim).map(Some)
}

pub(in crate::credentials) const LOGIN_TYPE: &str = "at+jwt";
const LOGIN_USE: &str = "login";

impl LoginClaims {
    /// Whether the password was proven at most `seconds` ago.
    #[must_use]
    pub fn is_fresh(&self, seconds: u32, now: Timestamp) -> bool {
        self.authenticated_at.is_some_and(|at| now <= at.plus(seconds))
    }

    /// Mints the JWT under the current key.
    ///
    /// # Errors
    /// [`JwtError::Signature`] if the key cannot sign.
    pub fn mint(&self, issuer: &Issuer, keys: &SigningKeys) -> Result<Secret, JwtError> {
        let wire = LoginWire {
            iss: issuer.url.clone(),
            sub: self.user,
            aud: issuer.login_audience(),
            iat: self.issued_at.unix(),
            nbf: not_before(self.issued_at),
            exp: self.expires_at.unix(),
            jti: self.session,
            token_use: LOGIN_USE.into(),
            epoch: self.epoch,
            auth_time: self.authenticated_at.map(Timestamp::unix),
        };
        mint(LOGIN_TYPE, &wire, keys)
    }

    /// Verifies the signature of `token` under the key's own algorithm, its kind, issuer, audience and times: no I/O.
    /// Whether the session has been revoked is decided by its row.
    ///
    /// # Errors
    /// [`JwtError`] says which check failed, for the log.
    pub fn verify(token: &str, issuer: &Issuer, keys: &VerificationKeys, now: Timestamp) -> Result<Self, JwtError> {
        let wire: LoginWire = verify(token, LOGIN_TYPE, keys)?;
        if wire.token_use != LOGIN_USE || wire.iss != issuer.url || wire.aud != issuer.login_audience() {
            return Err(JwtError::Purpose);
        }
        check_times(wire.nbf, wire.exp, now)?;
        Ok(Self {
            user: wire.sub,
            session: wire.jti,
            epoch: wire.epoch,
            authenticated_at: wire.auth_time.map(Timestamp::from_unix),
            issued_at: Timestamp::from_unix(wire.iat),
            expires_at: Timestamp::from_unix(wire.exp),
        })
    }
}

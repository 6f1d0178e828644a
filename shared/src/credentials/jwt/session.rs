//! The JWT of an exchanged session.

use serde::{Deserialize, Serialize};

use super::{Issuer, JwtError, check_times, mint, not_before, verify};
use crate::credentials::{SigningKeys, VerificationKeys};
use crate::domain::{Acl, CustomClaims, CustomerId, Secret, SessionId, Subject, Timestamp};

/// The claims of the JWT of an exchanged session.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionClaims {
    /// The customer: `sub`.
    pub customer: CustomerId,
    /// The id of the session's row: `jti`.
    pub session: SessionId,
    /// What the session may do.
    pub acl: Acl,
    /// The team's own claims. They are nested, so that they override nothing.
    pub custom_claims: CustomClaims,
    /// When it was minted: `iat`.
    pub issued_at: Timestamp,
    /// The first second at which it is refused: `exp`.
    pub expires_at: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct SessionWire {
    iss: String,
    sub: CustomerId,
    aud: String,
    iat: i64,
    nbf: i64,
    exp: i64,
    jti: SessionId,
    token_use: String,
    acl: Acl,
    #[serde(rename = "customClaims")]
    custom_claims: CustomClaims,
}

pub(in crate::credentials) const SESSION_TYPE: &str = "JWT";
const SESSION_USE: &str = "session";

impl SessionClaims {
    /// Whose the session is. Its id stands for the user or for the customer of `sub`, so the JWT alone tells whether
    /// there is a user whose row decides too.
    #[must_use]
    pub fn subject(&self) -> Subject {
        Subject::at(self.session.subject, &self.customer)
    }

    /// Mints the JWT under the current key.
    ///
    /// # Errors
    /// [`JwtError::Signature`] if the key cannot sign.
    pub fn mint(&self, issuer: &Issuer, keys: &SigningKeys) -> Result<Secret, JwtError> {
        let wire = SessionWire {
            iss: issuer.url.clone(),
            sub: self.customer.clone(),
            aud: issuer.audience.clone(),
            iat: self.issued_at.unix(),
            nbf: not_before(self.issued_at),
            exp: self.expires_at.unix(),
            jti: self.session,
            token_use: SESSION_USE.into(),
            acl: self.acl.clone(),
            custom_claims: self.custom_claims.clone(),
        };
        mint(SESSION_TYPE, &wire, keys)
    }

    /// Verifies `token` as [`super::LoginClaims::verify`] does, for this kind.
    ///
    /// # Errors
    /// [`JwtError`] says which check failed, for the log.
    pub fn verify(token: &str, issuer: &Issuer, keys: &VerificationKeys, now: Timestamp) -> Result<Self, JwtError> {
        let wire: SessionWire = verify(token, SESSION_TYPE, keys)?;
        if wire.token_use != SESSION_USE || wire.iss != issuer.url || wire.aud != issuer.audience {
            return Err(JwtError::Purpose);
        }
        check_times(wire.nbf, wire.exp, now)?;
        Ok(Self {
            customer: wire.sub,
            session: wire.jti,
            acl: wire.acl,
            custom_claims: wire.custom_claims,
            issued_at: Timestamp::from_unix(wire.iat),
            expires_at: Timestamp::from_unix(wire.exp),
        })
    }
}

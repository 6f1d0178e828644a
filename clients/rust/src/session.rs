//! Sessions that are verified by the public keys alone, as docs/jwt.md of Latchkey demands.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::{Map, Value};

use crate::caller::{AclItem, Caller, Kind};
use crate::keys::{Algorithm, KeySet, KeysError};

/// Why a JWT is no good session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidSession {
    /// It is no JWT, or lacks a claim.
    #[error("it is malformed")]
    Malformed,
    /// Its algorithm is not one of those that the client was set up with, or not that of its key.
    #[error("its algorithm is not accepted")]
    Algorithm,
    /// It is another kind of JWT, such as a login.
    #[error("it is not a session")]
    NotASession,
    /// The issuer publishes no such key.
    #[error("its key is unknown")]
    UnknownKey,
    /// Its signature is wrong.
    #[error("its signature is wrong")]
    Signature,
    /// It is of another issuer.
    #[error("it is of another issuer")]
    Issuer,
    /// It is for another audience.
    #[error("it is for another audience")]
    Audience,
    /// It has expired.
    #[error("it has expired")]
    Expired,
    /// It is not valid yet.
    #[error("it is not valid yet")]
    NotYetValid,
}

/// Why a session is not verified.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The JWT is no good session.
    #[error("the session is not good: {0}")]
    InvalidSession(#[from] InvalidSession),
    /// The keys could not be had, so nobody knows whether the JWT is good.
    #[error("the public keys could not be had")]
    Unavailable(#[from] Arc<KeysError>),
}

/// Whose sessions are accepted.
pub(crate) struct Trust {
    pub(crate) issuer: String,
    pub(crate) audience: String,
    pub(crate) algorithms: Vec<Algorithm>,
    pub(crate) clock_tolerance: Duration,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: String,
    typ: String,
    /// What a verifier must understand, of which this one understands nothing.
    crit: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: String,
    exp: u64,
    nbf: u64,
    jti: String,
    token_use: String,
    #[serde(default)]
    acl: Vec<AclItem>,
    #[serde(default, rename = "customClaims")]
    custom_claims: Map<String, Value>,
}

impl Trust {
    /// The caller of a session's JWT, at the time `now`.
    pub(crate) async fn verify(&self, keys: &KeySet, jwt: &str, now: SystemTime) -> Result<Caller, VerifyError> {
        let (message, signature) = jwt.rsplit_once('.').ok_or(InvalidSession::Malformed)?;
        let (header, payload) = message.split_once('.').filter(|(_, payload)| !payload.contains('.')).ok_or(InvalidSession::Malformed)?;
        let header: Header = decode(header)?;
        let algorithm: Algorithm = serde_json::from_value(Value::String(header.alg)).map_err(|_| InvalidSession::Algorithm)?;
        if !self.algorithms.contains(&algorithm) {
            return Err(InvalidSession::Algorithm.into());
        }
        if header.typ != "JWT" || header.crit.is_some() {
            return Err(InvalidSession::NotASession.into());
        }
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| InvalidSession::Malformed)?;
        let key = keys.find(&header.kid, now).await?.ok_or(InvalidSession::UnknownKey)?;
        if key.algorithm != algorithm {
            return Err(InvalidSession::Algorithm.into());
        }
        if !key.verifies(message.as_bytes(), &signature) {
            return Err(InvalidSession::Signature.into());
        }
        Ok(self.accept(decode(payload)?, now)?)
    }

    /// The caller of claims that are authentic.
    fn accept(&self, claims: Claims, now: SystemTime) -> Result<Caller, InvalidSession> {
        let now = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let (exp, nbf) = (Duration::from_secs(claims.exp), Duration::from_secs(claims.nbf));
        if claims.iss != self.issuer {
            return Err(InvalidSession::Issuer);
        }
        if claims.aud != self.audience {
            return Err(InvalidSession::Audience);
        }
        if claims.token_use != "session" {
            return Err(InvalidSession::NotASession);
        }
        if now >= exp.saturating_add(self.clock_tolerance) {
            return Err(InvalidSession::Expired);
        }
        if nbf > now.saturating_add(self.clock_tolerance) {
            return Err(InvalidSession::NotYetValid);
        }
        Ok(Caller {
            kind: Kind::Session,
            subject: claims.sub,
            acl: claims.acl,
            claims: claims.custom_claims,
            username: None,
            issued_by: None,
            entity: None,
            session_id: Some(claims.jti),
            key_id: None,
            audience: Some(claims.aud),
            expires_at: Some(SystemTime::UNIX_EPOCH.checked_add(exp).ok_or(InvalidSession::Malformed)?),
        })
    }
}

fn decode<T: DeserializeOwned>(part: &str) -> Result<T, InvalidSession> {
    let json = URL_SAFE_NO_PAD.decode(part).map_err(|_| InvalidSession::Malformed)?;
    serde_json::from_slice(&json).map_err(|_| InvalidSession::Malformed)
}

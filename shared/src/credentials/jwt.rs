//! JWTs: login sessions and exchanged sessions, minted and verified under the advice of RFC 8725.
//!
//! The two kinds are told apart twice, by `typ` (`at+jwt`, RFC 9068, against `JWT`) and by `token_use`, and neither passes
//! for the other. The header is exactly `typ`, `alg` and `kid`: there is nothing else (`crit`, `jwk`, `jku`) to be confused by.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Header, Validation};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::jwk::{SigningKeys, VerificationKeys};
use crate::domain::{Acl, CustomClaims, CustomerId, Secret, SessionId, Timestamp, UserId};

/// Why a JWT is refused; the caller is told none of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum JwtError {
    /// Not three parts, or a header or claims that this service does not write.
    #[error("malformed")]
    Malformed,
    /// The key is unknown, the algorithm not the key's, or the signature wrong.
    #[error("not signed by this service")]
    Signature,
    /// Another kind of token, issuer or audience.
    #[error("not meant for this use")]
    Purpose,
    /// `exp` is not after now, or `nbf` is more than five seconds ahead.
    #[error("expired or not valid yet")]
    Time,
}

/// Who mints and for whom: `iss` of every JWT, `aud` of the exchanged ones. A login JWT is for this service alone: its `aud` is
/// `<iss>#login`, which no audience of a session is, so that a verifier that looks at nothing else tells them apart too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer {
    /// The issuer's URL.
    pub url: String,
    /// The audience of exchanged sessions.
    pub audience: String,
}

impl Issuer {
    /// `aud` of login JWTs.
    #[must_use]
    pub fn login_audience(&self) -> String {
        format!("{}#login", self.url)
    }
}

/// The clock of another function may be this many seconds ahead.
const SKEW_SECONDS: u32 = 5;
/// A JWT that this service minted fits into a request's headers; nothing longer is looked at.
const MAX_BYTES: usize = 10_240;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StrictHeader {
    typ: String,
    alg: String,
    kid: String,
}

/// What a login JWT says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoginClaims {
    /// Whose session it is.
    pub user: UserId,
    /// The session's row.
    pub session: SessionId,
    /// The user's epoch at login: a session of an earlier epoch is revoked (a changed password starts a new one).
    pub epoch: u64,
    /// When it was minted.
    pub issued_at: Timestamp,
    /// From when on it is refused.
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
}

pub(super) const LOGIN_TYPE: &str = "at+jwt";
const LOGIN_USE: &str = "login";

impl LoginClaims {
    /// Mints the JWT.
    ///
    /// # Errors
    /// [`JwtError::Signature`] if the key can not sign.
    pub fn mint(&self, issuer: &Issuer, keys: &SigningKeys) -> Result<Secret, JwtError> {
        let wire = LoginWire {
            iss: issuer.url.clone(),
            sub: self.user,
            aud: issuer.login_audience(),
            iat: self.issued_at.unix(),
            nbf: self.issued_at.unix(),
            exp: self.expires_at.unix(),
            jti: self.session,
            token_use: LOGIN_USE.into(),
            epoch: self.epoch,
        };
        mint(LOGIN_TYPE, &wire, keys)
    }

    /// Verifies `token`: signature under the key's own algorithm, kind, issuer, audience and time. Whether the session is
    /// revoked stands in its row.
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
            issued_at: Timestamp::from_unix(wire.iat),
            expires_at: Timestamp::from_unix(wire.exp),
        })
    }
}

/// What the JWT of an exchanged session says.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionClaims {
    /// Whose session it is.
    pub customer: CustomerId,
    /// The session's row.
    pub session: SessionId,
    /// What the session may do.
    pub acl: Acl,
    /// What the team adds; nested, so that it can override nothing.
    pub custom_claims: CustomClaims,
    /// When it was minted.
    pub issued_at: Timestamp,
    /// From when on it is refused.
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

pub(super) const SESSION_TYPE: &str = "JWT";
const SESSION_USE: &str = "session";

impl SessionClaims {
    /// Mints the JWT.
    ///
    /// # Errors
    /// [`JwtError::Signature`] if the key can not sign.
    pub fn mint(&self, issuer: &Issuer, keys: &SigningKeys) -> Result<Secret, JwtError> {
        let wire = SessionWire {
            iss: issuer.url.clone(),
            sub: self.customer.clone(),
            aud: issuer.audience.clone(),
            iat: self.issued_at.unix(),
            nbf: self.issued_at.unix(),
            exp: self.expires_at.unix(),
            jti: self.session,
            token_use: SESSION_USE.into(),
            acl: self.acl.clone(),
            custom_claims: self.custom_claims.clone(),
        };
        mint(SESSION_TYPE, &wire, keys)
    }

    /// Verifies `token` as [`LoginClaims::verify`] does, for the other kind.
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

fn mint<T: Serialize>(typ: &str, claims: &T, keys: &SigningKeys) -> Result<Secret, JwtError> {
    let mut header = Header::new(keys.algorithm.into());
    header.typ = Some(typ.into());
    header.kid = Some(keys.kid.clone());
    jsonwebtoken::encode(&header, claims, &keys.key).map(Secret::new).map_err(|_| JwtError::Signature)
}

/// The claims of a JWT of type `typ` whose signature is right under the key that its `kid` names.
fn verify<T: DeserializeOwned>(token: &str, typ: &str, keys: &VerificationKeys) -> Result<T, JwtError> {
    let header = read_header(token)?;
    if header.typ != typ {
        return Err(JwtError::Purpose);
    }
    let key = keys.find(&header.kid).ok_or(JwtError::Signature)?;
    // Time, issuer and audience are checked by the caller, against the injected clock; what is left here is the signature
    // under exactly the key's algorithm.
    let mut validation = Validation::new(key.algorithm.into());
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    jsonwebtoken::decode(token, &key.key, &validation).map(|decoded| decoded.claims).map_err(|error| match error.kind() {
        jsonwebtoken::errors::ErrorKind::Json(_) => JwtError::Malformed,
        _ => JwtError::Signature,
    })
}

fn read_header(token: &str) -> Result<StrictHeader, JwtError> {
    let encoded = token.split('.').next().filter(|_| token.len() <= MAX_BYTES).ok_or(JwtError::Malformed)?;
    let header = URL_SAFE_NO_PAD.decode(encoded).map_err(|_| JwtError::Malformed)?;
    serde_json::from_slice(&header).map_err(|_| JwtError::Malformed)
}

/// The `typ` of a JWT, if `token` has the header of one that this service makes. Nothing is verified.
pub(super) fn type_of(token: &str) -> Option<String> {
    read_header(token).ok().map(|header| header.typ)
}

fn check_times(not_before: i64, expires_at: i64, now: Timestamp) -> Result<(), JwtError> {
    let valid = not_before <= now.plus(SKEW_SECONDS).unix() && now.unix() < expires_at;
    if valid { Ok(()) } else { Err(JwtError::Time) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credentials::{Algorithm, generate};

    const NOW: i64 = 1_900_000_000;

    fn issuer() -> Issuer {
        Issuer { url: "https://auth.example.com".into(), audience: "https://api.example.com".into() }
    }

    fn keys(algorithm: Algorithm) -> SigningKeys {
        SigningKeys::parse(&generate::signing_keys(algorithm).unwrap()).unwrap()
    }

    fn login() -> LoginClaims {
        LoginClaims {
            user: UserId::random(),
            session: SessionId::random(),
            epoch: 3,
            issued_at: Timestamp::from_unix(NOW),
            expires_at: Timestamp::from_unix(NOW + 3600),
        }
    }

    fn session() -> SessionClaims {
        SessionClaims {
            customer: "carol".parse().unwrap(),
            session: SessionId::random(),
            acl: Acl::everything(),
            custom_claims: serde_json::from_str(r#"{"sub":"mallory","tier":"gold"}"#).unwrap(),
            issued_at: Timestamp::from_unix(NOW),
            expires_at: Timestamp::from_unix(NOW + 3600),
        }
    }

    fn verify_login(token: &str, keys: &SigningKeys, at: i64) -> Result<LoginClaims, JwtError> {
        LoginClaims::verify(token, &issuer(), keys.verification(), Timestamp::from_unix(at))
    }

    #[test]
    fn both_kinds_verify_under_every_algorithm_and_neither_passes_for_the_other() {
        for algorithm in [Algorithm::ES256, Algorithm::RS256, Algorithm::EdDSA] {
            let keys = keys(algorithm);
            let (login_claims, session_claims) = (login(), session());
            let login = login_claims.mint(&issuer(), &keys).unwrap();
            let session = session_claims.mint(&issuer(), &keys).unwrap();
            let now = Timestamp::from_unix(NOW);

            assert_eq!(verify_login(login.expose(), &keys, NOW), Ok(login_claims));
            assert_eq!(SessionClaims::verify(session.expose(), &issuer(), keys.verification(), now), Ok(session_claims));
            assert_eq!(verify_login(session.expose(), &keys, NOW), Err(JwtError::Purpose));
            assert_eq!(SessionClaims::verify(login.expose(), &issuer(), keys.verification(), now), Err(JwtError::Purpose));
        }
    }

    #[test]
    fn a_jwt_with_any_character_changed_is_refused() {
        let keys = keys(Algorithm::ES256);
        let token = login().mint(&issuer(), &keys).unwrap();

        for at in 0..token.expose().len() {
            for replacement in ['A', 'B', '.', '='] {
                let mut changed: Vec<char> = token.expose().chars().collect();
                if changed[at] == replacement {
                    continue;
                }
                changed[at] = replacement;
                let changed: String = changed.into_iter().collect();
                assert!(verify_login(&changed, &keys, NOW).is_err(), "{at} {replacement}");
            }
        }
    }

    #[test]
    fn a_jwt_is_valid_from_five_seconds_before_its_issue_until_its_expiry() {
        let keys = keys(Algorithm::EdDSA);
        let token = login().mint(&issuer(), &keys).unwrap();

        for (at, valid) in [(NOW - 6, false), (NOW - 5, true), (NOW + 3599, true), (NOW + 3600, false)] {
            assert_eq!(verify_login(token.expose(), &keys, at).is_ok(), valid, "{at}");
        }
    }

    #[test]
    fn another_issuer_audience_or_key_is_refused() {
        let keys = keys(Algorithm::ES256);
        let elsewhere = Issuer { url: "https://other.example.com".into(), ..issuer() };
        let foreign_audience = Issuer { audience: "https://other.example.com".into(), ..issuer() };
        let now = Timestamp::from_unix(NOW);

        let token = login().mint(&elsewhere, &keys).unwrap();
        assert_eq!(verify_login(token.expose(), &keys, NOW), Err(JwtError::Purpose));
        let token = session().mint(&foreign_audience, &keys).unwrap();
        assert_eq!(SessionClaims::verify(token.expose(), &issuer(), keys.verification(), now), Err(JwtError::Purpose));
        let token = login().mint(&issuer(), &self::keys(Algorithm::ES256)).unwrap();
        assert_eq!(verify_login(token.expose(), &keys, NOW), Err(JwtError::Signature));
    }

    #[test]
    fn a_header_that_asks_for_another_algorithm_key_or_extension_is_refused() {
        let keys = keys(Algorithm::ES256);
        let token = login().mint(&issuer(), &keys).unwrap();
        let (_, rest) = token.expose().split_once('.').unwrap();
        let kid = &keys.kid;

        for header in [
            format!(r#"{{"typ":"at+jwt","alg":"none","kid":"{kid}"}}"#),
            format!(r#"{{"typ":"at+jwt","alg":"HS256","kid":"{kid}"}}"#),
            format!(r#"{{"typ":"at+jwt","alg":"RS256","kid":"{kid}"}}"#),
            format!(r#"{{"typ":"at+jwt","alg":"ES256","kid":"{kid}","crit":["exp"]}}"#),
            format!(r#"{{"typ":"at+jwt","alg":"ES256","kid":"{kid}","jwk":{{}}}}"#),
            r#"{"typ":"at+jwt","alg":"ES256","kid":"unknown"}"#.into(),
            r#"{"typ":"at+jwt","alg":"ES256"}"#.into(),
            format!(r#"{{"alg":"ES256","kid":"{kid}"}}"#),
        ] {
            let forged = format!("{}.{rest}", URL_SAFE_NO_PAD.encode(&header));
            assert!(verify_login(&forged, &keys, NOW).is_err(), "{header}");
        }
        for form in ["", ".", "..", "a.b.c", "a.b.c.d", &"x".repeat(20_000)] {
            assert!(verify_login(form, &keys, NOW).is_err());
        }
    }
}

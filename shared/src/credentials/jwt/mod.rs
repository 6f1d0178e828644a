//! JWTs of logins and of exchanged sessions, minted and verified as RFC 8725 advises.
//!
//! `typ` (`at+jwt`, RFC 9068, or `JWT`) and `token_use` both say which kind a JWT is, and each kind is refused as the
//! other. The header has exactly `typ`, `alg` and `kid`. Every other member (`crit`, `jwk`, `jku`) is refused, so none
//! can redirect the check.

mod login;
mod session;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Header, Validation};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::jwt_keys::{SigningKeys, VerificationKeys};
use crate::domain::{Secret, Timestamp};

pub(super) use login::LOGIN_TYPE;
pub use login::LoginClaims;
pub(super) use session::SESSION_TYPE;
pub use session::SessionClaims;

/// Why a JWT is refused. The log is told, the caller is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum JwtError {
    /// It does not have three parts, or has a header or claims that this service does not write.
    #[error("malformed")]
    Malformed,
    /// The key is unknown, the algorithm is not the key's, or the signature is wrong.
    #[error("not signed by this service")]
    Signature,
    /// It is of the other kind, or has another issuer or audience.
    #[error("not meant for this use")]
    Purpose,
    /// `exp` is not after now, or `nbf` is more than five seconds ahead.
    #[error("expired or not valid yet")]
    Time,
}

/// The `iss` of every JWT and the `aud` of exchanged sessions.
///
/// A login JWT is for this service alone. Its `aud` is `<iss>#login`, which is never the audience of a session, so that
/// a verifier that checks nothing else still tells the two apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer {
    /// The issuer's URL: `iss`.
    pub url: String,
    /// `aud` of the JWTs of exchanged sessions.
    pub audience: String,
}

impl Issuer {
    /// `aud` of login JWTs.
    #[must_use]
    pub fn login_audience(&self) -> String {
        format!("{}#login", self.url)
    }
}

/// The clock of another function may be ahead by this many seconds.
const SKEW_SECONDS: u32 = 5;
/// `nbf` lies this many seconds before `iat`, for verifiers whose clocks are behind.
const NOT_BEFORE_SECONDS: i64 = 30;
/// API Gateway passes no more than this in all headers, so nothing longer is read.
const MAX_BYTES: usize = 10_240;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StrictHeader {
    typ: String,
    alg: String,
    kid: String,
}

fn mint<T: Serialize>(typ: &str, claims: &T, keys: &SigningKeys) -> Result<Secret, JwtError> {
    let mut header = Header::new(keys.algorithm.into());
    header.typ = Some(typ.into());
    header.kid = Some(keys.kid.clone());
    jsonwebtoken::encode(&header, claims, &keys.key).map(Secret::new).map_err(|_| JwtError::Signature)
}

/// The claims of a JWT of type `typ` that the key named by its `kid` has signed.
fn verify<T: DeserializeOwned>(token: &str, typ: &str, keys: &VerificationKeys) -> Result<T, JwtError> {
    let header = read_header(token)?;
    if header.typ != typ {
        return Err(JwtError::Purpose);
    }
    let key = keys.find(&header.kid).ok_or(JwtError::Signature)?;
    // Only the signature is checked here, under exactly the key's algorithm. The caller checks time, issuer and
    // audience: the time comes with the request.
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

/// The `typ` of `token`, if it begins with a header as this service writes it. Nothing is verified.
pub(super) fn type_of(token: &str) -> Option<String> {
    read_header(token).ok().map(|header| header.typ)
}

fn not_before(issued_at: Timestamp) -> i64 {
    issued_at.unix().saturating_sub(NOT_BEFORE_SECONDS)
}

fn check_times(not_before: i64, expires_at: i64, now: Timestamp) -> Result<(), JwtError> {
    let valid = not_before <= now.plus(SKEW_SECONDS).unix() && now.unix() < expires_at;
    if valid { Ok(()) } else { Err(JwtError::Time) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credentials::{Algorithm, generate};
    use crate::domain::{Acl, SessionId, Subject, UserId};

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
            session: SessionId::random(Subject::User(UserId::random())),
            epoch: 3,
            authenticated_at: Some(Timestamp::from_unix(NOW - 60)),
            issued_at: Timestamp::from_unix(NOW),
            expires_at: Timestamp::from_unix(NOW + 3600),
        }
    }

    fn session() -> SessionClaims {
        SessionClaims {
            customer: "carol".parse().unwrap(),
            session: SessionId::random(Subject::customer(&"carol".parse().unwrap())),
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
    fn a_jwt_is_valid_from_half_a_minute_before_its_issue_until_its_expiry() {
        let keys = keys(Algorithm::EdDSA);
        let token = login().mint(&issuer(), &keys).unwrap();

        for (at, valid) in [(NOW - 36, false), (NOW - 35, true), (NOW + 3599, true), (NOW + 3600, false)] {
            assert_eq!(verify_login(token.expose(), &keys, at).is_ok(), valid, "{at}");
        }
    }

    #[test]
    fn a_login_is_fresh_for_so_long_after_the_password_and_never_without_its_time() {
        let login = login();
        let is_fresh = |seconds, at| login.is_fresh(seconds, Timestamp::from_unix(at));

        assert!(is_fresh(60, NOW) && !is_fresh(59, NOW) && is_fresh(0, NOW - 60));
        assert!(!LoginClaims { authenticated_at: None, ..login }.is_fresh(u32::MAX, Timestamp::from_unix(NOW)));
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

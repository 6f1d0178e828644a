//! A login that begins.

use crate::credentials::{Issuer, JwtError, LoginClaims, SigningKeys};
use crate::domain::{Secret, SessionId, Subject, Timestamp, UserAgent};
use crate::store::{SessionRow, UserRow};

/// How long a login lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoginLives {
    /// The life of its JWT, in seconds.
    pub jwt_seconds: u32,
    /// The life of its session, in which the JWT can be renewed.
    pub session_seconds: u32,
}

/// A login that begins: its JWT is worth nothing until its session is stored.
pub struct NewLogin {
    /// The session, not stored yet.
    pub session: SessionRow,
    /// The JWT.
    pub token: Secret,
}

impl NewLogin {
    /// The login of `user`, who has just proven who they are. No I/O.
    ///
    /// # Errors
    /// [`JwtError::Signature`] if the key cannot sign.
    pub fn mint(
        user: &UserRow,
        lives: LoginLives,
        (issuer, keys): (&Issuer, &SigningKeys),
        user_agent: Option<UserAgent>,
        now: Timestamp,
    ) -> Result<Self, JwtError> {
        let id = SessionId::random(Subject::User(user.user_id));
        let claims = LoginClaims {
            user: user.user_id,
            session: id,
            epoch: user.epoch,
            authenticated_at: Some(now),
            issued_at: now,
            expires_at: now.plus(lives.jwt_seconds.min(lives.session_seconds)),
        };
        let token = claims.mint(issuer, keys)?;
        // The session outlives its first JWT, so that user-renew can mint the next one without writing anything.
        let session = SessionRow { user_agent, ..SessionRow::of_login(id, user, now, now.plus(lives.session_seconds)) };
        Ok(Self { session, token })
    }
}

//! A login that begins.

use crate::credentials::{Issuer, JwtError, LoginClaims, SigningKeys};
use crate::domain::{Secret, SessionId, Subject, Timestamp, UserAgent};
use crate::store::{SessionKind, SessionRow, UserRow};

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
        let session = SessionRow {
            subject: id.subject,
            session_id: id.id,
            customer_id: user.user_id.into(),
            kind: SessionKind::Login,
            created_at: now,
            // The session outlives its first JWT, so that user-renew can mint the next one without writing anything.
            expires_at: now.plus(lives.session_seconds),
            epoch: Some(user.epoch),
            ended_by: None,
            user_agent,
            issuer_id: None,
            acl: None,
            custom_claims: None,
            granted_acl: None,
            granted_claims: None,
            idempotency: None,
            request_hash: None,
        };
        Ok(Self { session, token })
    }
}

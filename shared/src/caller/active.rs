//! What `introspect` and the authorizer report of a credential that is good.

use super::Caller;
use crate::credentials::{CredentialKind, LoginClaims, SessionClaims};
use crate::domain::{Acl, CustomClaims, EntityId, SessionId, Timestamp, UserId};
use crate::store::{EntityTokenRow, OneTimeTokenRow, SessionRow, UserRow};

/// A credential that is good right now (`active` in RFC 7662), and what it stands for.
#[derive(Clone, Debug, PartialEq)]
pub struct ActiveCredential {
    /// The kind of the credential.
    pub kind: CredentialKind,
    /// The id of the user or the customer, or the entity's user.
    pub subject: String,
    /// The name of a subject who is a user of this service and, for an entity token, a member of the entity.
    pub username: Option<String>,
    /// The user who vouches for the subject; users who log in vouch for themselves. `None` only for an entity token of an
    /// earlier release.
    pub issued_by: Option<UserId>,
    /// The entity of an entity token.
    pub entity: Option<EntityId>,
    /// What it permits now.
    pub acl: Acl,
    /// The team's own claims about a customer.
    pub custom_claims: CustomClaims,
    /// The session of a JWT.
    pub session: Option<SessionId>,
    /// When it was created.
    pub issued_at: Timestamp,
    /// The first second at which it is refused. `None` if only a revocation ends it.
    pub expires_at: Option<Timestamp>,
}

impl ActiveCredential {
    pub(super) fn login(claims: &LoginClaims, caller: Caller) -> Self {
        Self {
            kind: CredentialKind::Login,
            session: Some(claims.session),
            issued_at: claims.issued_at,
            expires_at: Some(claims.expires_at),
            ..Self::api_key(caller)
        }
    }

    pub(super) fn api_key(caller: Caller) -> Self {
        Self {
            kind: CredentialKind::ApiKey,
            subject: caller.user_id().to_string(),
            issued_by: Some(caller.user_id()),
            entity: None,
            acl: caller.acl(),
            custom_claims: CustomClaims::default(),
            session: None,
            issued_at: caller.credential_made_at,
            expires_at: None,
            username: Some(caller.user.username),
        }
    }

    pub(super) fn session(claims: &SessionClaims, row: &SessionRow) -> Self {
        Self {
            kind: CredentialKind::Session,
            subject: claims.customer.to_string(),
            username: None,
            issued_by: row.issuer_id,
            entity: None,
            acl: claims.acl.clone(),
            custom_claims: claims.custom_claims.clone(),
            session: Some(claims.session),
            issued_at: claims.issued_at,
            expires_at: Some(claims.expires_at),
        }
    }

    pub(super) fn entity_token(row: EntityTokenRow, user: Option<UserRow>) -> Self {
        Self {
            kind: CredentialKind::EntityToken,
            subject: row.entity_user_id.to_string(),
            username: user.map(|user| user.username),
            issued_by: row.issuer_id,
            entity: Some(row.entity_id),
            acl: Acl::default(),
            custom_claims: CustomClaims::default(),
            session: None,
            issued_at: row.rotated_at.unwrap_or(row.created_at),
            expires_at: Some(row.expires_at),
        }
    }

    pub(super) fn one_time_token(row: OneTimeTokenRow) -> Self {
        Self {
            kind: CredentialKind::OneTimeToken,
            subject: row.customer_id.to_string(),
            // Where the customer is no user here, the name is the caller's own id once more.
            username: row.epoch.map(|_| row.username),
            issued_by: Some(row.issuer_id),
            entity: None,
            acl: row.acl,
            custom_claims: row.custom_claims,
            session: None,
            issued_at: row.created_at,
            expires_at: Some(row.expires_at),
        }
    }
}

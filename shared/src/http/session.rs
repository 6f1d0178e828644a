//! How sessions are shown.

use serde::Serialize;

use super::{Answer, ApiError, Link};
use crate::domain::{Acl, CustomClaims, CustomerId, Secret, SessionId, Timestamp};
use crate::store::{SessionKind, SessionRow};

/// The session object; the JWT is in it when the session begins, and never again.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionView {
    id: SessionId,
    r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<Secret>,
    customer_id: CustomerId,
    acl: Acl,
    custom_claims: CustomClaims,
    created_time: Timestamp,
    updated_time: Timestamp,
    expired_time: Timestamp,
    #[serde(rename = "_links")]
    links: [Link; 1],
}

impl SessionView {
    /// The session of `row`; `token` is its JWT, where that is to be shown.
    #[must_use]
    pub fn new(row: SessionRow, token: Option<Secret>) -> Self {
        Self {
            links: [Link::new("customer", "/customers", row.customer_id.as_str())],
            id: row.id(),
            r#type: match row.kind {
                SessionKind::Login => "login",
                SessionKind::Exchange | SessionKind::Pending => "customer",
            },
            token,
            acl: row.granted_acl(),
            custom_claims: row.granted_claims(),
            customer_id: row.customer_id,
            created_time: row.created_at,
            updated_time: row.created_at,
            expired_time: row.expires_at,
        }
    }

    /// 201 with the session, and where it stands.
    ///
    /// # Errors
    /// [`ApiError::Internal`] if it cannot be written as JSON.
    pub fn created(&self) -> Result<Answer, ApiError> {
        Ok(Answer::created(self)?.at(format!("/sessions/{}", self.id)))
    }
}

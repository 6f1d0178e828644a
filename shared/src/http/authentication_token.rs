//! How one-time tokens are shown.

use serde::Serialize;

use super::Link;
use crate::domain::{CustomerId, Secret, Timestamp};
use crate::store::OneTimeTokenRow;

/// The authentication token object.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthenticationTokenView {
    username: String,
    customer_id: CustomerId,
    token: Secret,
    otp_required: bool,
    credential_id: String,
    expired_time: Timestamp,
    #[serde(rename = "_links")]
    links: [Link; 1],
}

impl AuthenticationTokenView {
    /// The token of `row`, whose text is `token`.
    #[must_use]
    pub fn new(row: OneTimeTokenRow, token: Secret) -> Self {
        let link = Link::new("self", "/authentication-tokens", token.expose());
        Self {
            username: row.username,
            customer_id: row.customer_id,
            token,
            otp_required: row.otp_required,
            credential_id: row.credential_id,
            expired_time: row.expires_at,
            links: [link],
        }
    }

    /// Where the token stands.
    #[must_use]
    pub fn location(&self) -> String {
        let [link] = &self.links;
        link.href.clone()
    }
}

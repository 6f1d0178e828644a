//! The row of a one-time token.

use serde::{Deserialize, Serialize};

use crate::domain::{Acl, CustomClaims, CustomerId, Locator, RandomId, SessionId, Timestamp, UserId};
use crate::store::UserRow;
use crate::store::rows::{json, unix};

/// A one-time token.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OneTimeTokenRow {
    /// The token's id.
    pub token_id: RandomId,
    /// The customer whose session it will be exchanged for.
    pub customer_id: CustomerId,
    /// The customer's name, never empty.
    pub username: String,
    /// The user in whose name it was created. It works while that user is active.
    pub issuer_id: UserId,
    /// The issuer's epoch, if a password or a login created it. A changed password ends the token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer_epoch: Option<u64>,
    /// The customer's epoch, if the customer is a user here. The customer must be active, and a changed password ends
    /// the token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_epoch: Option<u64>,
    /// The credential that created it.
    pub credential_id: String,
    /// The issuer's API key that created it, if one did. The token ends with the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_key: Option<Locator>,
    /// The number of the token key that it is sealed under.
    pub sealed_under: u8,
    /// Whether the exchange requires the one-time password that was mailed.
    pub otp_required: bool,
    /// The most that a session may do, unless the exchange comes with another credential.
    #[serde(with = "json")]
    pub acl: Acl,
    /// The claims of the session, unless a credential replaces them.
    #[serde(with = "json")]
    pub custom_claims: CustomClaims,
    /// When it was created.
    #[serde(with = "unix")]
    pub created_at: Timestamp,
    /// When it expires.
    #[serde(with = "unix")]
    pub expires_at: Timestamp,
    /// The session that consumed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consumed_by: Option<SessionId>,
}

impl OneTimeTokenRow {
    /// Whether the token can be exchanged: not consumed, not expired.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.consumed_by.is_none() && self.expires_at > now
    }

    /// Whether `issuer` still backs the token: active and, where an epoch counts, in the same one.
    #[must_use]
    pub fn is_backed_by(&self, issuer: &UserRow) -> bool {
        let as_customer = self.customer_epoch.filter(|_| self.is_to_its_issuer());
        issuer.is_active() && [self.issuer_epoch, as_customer].into_iter().flatten().all(|epoch| epoch == issuer.epoch)
    }

    /// Whether the customer is the issuer.
    pub(super) fn is_to_its_issuer(&self) -> bool {
        self.customer_id == self.issuer_id.into()
    }
}

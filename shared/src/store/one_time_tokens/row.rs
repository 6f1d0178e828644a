//! The row of a one-time token.

use serde::{Deserialize, Serialize};

use crate::domain::{Acl, CustomClaims, CustomerId, Locator, RandomId, SessionId, Timestamp, UserId};
use crate::store::rows::{json, unix};
use crate::store::{SessionKind, UserRow};

/// A one-time token: a session that has not begun. The exchange keeps what the token granted and adds what the session
/// got, so the row is then read as a [`SessionRow`](crate::store::SessionRow), and as this for a repeated exchange.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OneTimeTokenRow {
    /// The place of the customer.
    pub subject: Locator,
    /// The token's id, and the session's own part of its id.
    pub session_id: RandomId,
    /// Whether it has been exchanged.
    pub kind: SessionKind,
    /// The customer whose session it becomes.
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
    pub epoch: Option<u64>,
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
    /// When it was created; once it is exchanged, when the session began.
    #[serde(with = "unix")]
    pub created_at: Timestamp,
    /// When it expires; once it is exchanged, when the session does.
    #[serde(with = "unix")]
    pub expires_at: Timestamp,
    /// The write that ended it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_by: Option<RandomId>,
    /// The write that exchanged it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consumed_by: Option<RandomId>,
    /// The mark of the exchange's `Idempotency-Key`, if it had one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency: Option<Locator>,
    /// The marks of the `Idempotency-Key`s under which it was exchanged and kept.
    #[serde(default, with = "serde_dynamo::string_set", skip_serializing_if = "Vec::is_empty")]
    pub kept_under: Vec<String>,
}

impl OneTimeTokenRow {
    /// The key of the row, and the id of the session that it becomes.
    #[must_use]
    pub fn id(&self) -> SessionId {
        SessionId { subject: self.subject, id: self.session_id }
    }

    /// Whether the token can be exchanged: neither exchanged nor deleted, not expired.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.kind == SessionKind::Pending && self.ended_by.is_none() && self.expires_at > now
    }

    /// Whether it was exchanged and kept under the key with this mark.
    #[must_use]
    pub fn was_kept_under(&self, mark: Locator) -> bool {
        self.kept_under.contains(&mark.to_string())
    }

    /// Whether `issuer` still backs the token: active and, where an epoch counts, in the same one.
    #[must_use]
    pub fn is_backed_by(&self, issuer: &UserRow) -> bool {
        issuer.is_active() && self.issuer_epoch.is_none_or(|epoch| epoch == issuer.epoch)
    }

    /// Whether its customer may still have it: nobody decides about one who is no user here; a user must be active and in
    /// the same epoch.
    #[must_use]
    pub fn is_for(&self, customer: Option<&UserRow>) -> bool {
        self.epoch.is_none_or(|epoch| customer.is_some_and(|customer| customer.is_active_in(epoch)))
    }
}

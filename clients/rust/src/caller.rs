//! Who calls, and what the credential permits.

use std::collections::BTreeMap;
use std::time::SystemTime;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

/// The kind of a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Kind {
    /// A user's login.
    Login,
    /// A customer's session.
    Session,
    /// An API key of a user.
    ApiKey,
    /// The token of a user in an entity.
    EntityToken,
    /// A one-time token, which is exchanged for a session.
    OneTimeToken,
    /// A kind that this version does not know.
    #[serde(other)]
    Other,
}

/// An item of an ACL: permissions, and where they apply. A scope without dimensions is everywhere.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct AclItem {
    /// The values that match, by dimension.
    pub scope: BTreeMap<String, Vec<String>>,
    /// The permissions, where `*` is all of them.
    pub permissions: Vec<String>,
}

/// Who calls, and what the credential permits. Compare `kind` before you use `subject`: the same text can be two different people.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Caller {
    /// The kind of the credential.
    pub kind: Kind,
    /// A user's id for a login and an API key, a customer's for a session, any id of its issuer's choice for an entity token.
    pub subject: String,
    /// What the credential permits; [`Caller::can`] reads it.
    pub acl: Vec<AclItem>,
    /// The custom claims.
    pub claims: Map<String, Value>,
    /// The name of a subject that is a user.
    pub username: Option<String>,
    /// The id of the user who vouches for the subject; introspection alone tells it.
    pub issued_by: Option<String>,
    /// The entity of an entity token.
    pub entity: Option<String>,
    /// The id of a session or a login's session.
    pub session_id: Option<String>,
    /// Names an API key and opens nothing: the same text as `keyId` where keys are made and listed.
    pub key_id: Option<String>,
    /// The audience of a JWT.
    pub audience: Option<String>,
    /// When the credential expires; an API key does not.
    pub expires_at: Option<SystemTime>,
}

impl Caller {
    /// Whether the ACL grants `permission` in `organization`.
    ///
    /// A dimension of a scope that is no organization never matches: dropped, it would widen the ACL.
    #[must_use]
    pub fn can(&self, permission: &str, organization: &str) -> bool {
        self.grants(permission, Some(organization))
    }

    /// Whether the ACL grants `permission` everywhere.
    #[must_use]
    pub fn can_everywhere(&self, permission: &str) -> bool {
        self.grants(permission, None)
    }

    pub(crate) fn grants(&self, permission: &str, organization: Option<&str>) -> bool {
        let matches = |name: &str, values: &[String]| {
            name == "organizationId" && organization.is_some_and(|wanted| values.iter().any(|value| value == wanted))
        };
        self.acl.iter().any(|item| {
            item.permissions.iter().any(|granted| granted == "*" || granted == permission)
                && item.scope.iter().all(|(name, values)| matches(name, values))
        })
    }
}

/// Names a secret without telling it.
pub(crate) fn fingerprint(secret: &str) -> String {
    let mut name = URL_SAFE_NO_PAD.encode(Sha256::digest(secret));
    name.truncate(22);
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(acl: Value) -> Caller {
        Caller {
            kind: Kind::Session,
            subject: "carol".to_owned(),
            acl: serde_json::from_value(acl).unwrap(),
            claims: Map::new(),
            username: None,
            issued_by: None,
            entity: None,
            session_id: None,
            key_id: None,
            audience: None,
            expires_at: None,
        }
    }

    #[test]
    fn a_permission_holds_where_the_scope_says() {
        let reader = caller(serde_json::json!([{ "scope": { "organizationId": ["acme"] }, "permissions": ["read-invoices"] }]));

        assert!(reader.can("read-invoices", "acme"));
        assert!(!reader.can("read-invoices", "globex"));
        assert!(!reader.can_everywhere("read-invoices"));
        assert!(!reader.can("write-invoices", "acme"));
    }

    #[test]
    fn a_permission_holds_everywhere_in_an_empty_scope_and_nowhere_in_one_of_an_unknown_dimension() {
        let everywhere = caller(serde_json::json!([{ "scope": {}, "permissions": ["*"] }]));
        let scope = serde_json::json!({ "organizationId": ["acme"], "productId": ["acme"] });
        let product = caller(serde_json::json!([{ "scope": scope, "permissions": ["*"] }]));

        assert!(everywhere.can_everywhere("anything") && everywhere.can("anything", "acme"));
        assert!(!product.can("anything", "acme") && !product.can_everywhere("anything"));
        assert!(!caller(serde_json::json!([])).can("anything", "acme"));
    }

    #[test]
    fn a_kind_of_a_later_release_is_none_that_a_rule_can_name() {
        assert_eq!(serde_json::from_str::<Kind>("\"api-key\"").unwrap(), Kind::ApiKey);
        assert_eq!(serde_json::from_str::<Kind>("\"passkey\"").unwrap(), Kind::Other);
    }
}

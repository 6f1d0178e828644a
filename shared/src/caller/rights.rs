//! The caller, and what the ACLs of the user and of the credential permit.

use crate::domain::{Acl, AclItem, Locator, Permission, Scope, SessionId, Timestamp, UserId};
use crate::store::UserRow;

/// Who is asking: a user whose login or API key is good.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The user: who logged in, or the API key's owner.
    pub user: UserRow,
    /// The key or the session, told apart from others without its id.
    pub credential_id: Locator,
    /// When the key was made or the session began.
    pub credential_made_at: Timestamp,
    /// Of a login: its session, and when that is over.
    pub session: Option<(SessionId, Timestamp)>,
    /// Of an API key that was given less than its owner has: what it was given.
    pub(super) restriction: Option<Acl>,
}

impl Caller {
    /// The user's id.
    #[must_use]
    pub fn user_id(&self) -> UserId {
        self.user.user_id
    }

    /// Whether the caller may do `permission` on `scope`: the user may, and so may the key if it was given less.
    #[must_use]
    pub fn may(&self, permission: &Permission, scope: &Scope) -> bool {
        self.user.acl.grants(permission, scope) && self.is_unrestricted_for(permission, scope)
    }

    /// Whether the caller may make one-time tokens for any customer, with any claims.
    #[must_use]
    pub fn may_issue_tokens(&self) -> bool {
        may_issue_tokens(&self.user.acl) && self.restriction.as_ref().is_none_or(may_issue_tokens)
    }

    /// Whether handing out `acl` is no escalation.
    #[must_use]
    pub fn covers(&self, acl: &Acl) -> bool {
        self.user.acl.covers(acl) && self.restriction.as_ref().is_none_or(|own| own.covers(acl))
    }

    /// What the caller may do: the user's ACL or, of a key that was given less, what the user can still do of that.
    #[must_use]
    pub fn acl(&self) -> Acl {
        let Some(restriction) = &self.restriction else { return self.user.acl.clone() };
        let items = restriction.0.iter().map(|item| {
            let granted = item.permissions.iter().filter(|permission| self.user.acl.grants(permission, &item.scope));
            AclItem { scope: item.scope.clone(), permissions: granted.cloned().collect() }
        });
        Acl(items.filter(|item| !item.permissions.is_empty()).collect())
    }

    /// Whether the key was not given less, or was given this.
    pub fn is_unrestricted_for(&self, permission: &Permission, scope: &Scope) -> bool {
        self.restriction.as_ref().is_none_or(|own| own.grants(permission, scope))
    }
}

/// Whether `acl` grants to make one-time tokens for any customer, with any claims.
#[must_use]
pub fn may_issue_tokens(acl: &Acl) -> bool {
    acl.grants(&Permission::new("authentication-token-create"), &Scope::everywhere())
}

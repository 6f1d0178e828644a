//! The caller, and what the ACLs of the user and of a restricted API key permit together.

use crate::domain::{Acl, Locator, Permission, PermittedEntities, Scope, SessionId, Timestamp, UserId};
use crate::store::UserRow;

/// A user whose login or API key is good.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The user who logged in, or the owner of the API key.
    pub user: UserRow,
    /// The key or the session, by a name that does not reveal its id.
    pub credential_id: Locator,
    /// When the key was created, or the session began.
    pub credential_made_at: Timestamp,
    /// The session of a login, and when it is over. An API key has none.
    pub session: Option<(SessionId, Timestamp)>,
    /// The ACL of a restricted API key, which was given less than its owner has.
    pub(super) restriction: Option<Acl>,
}

impl Caller {
    /// The user's id.
    #[must_use]
    pub fn user_id(&self) -> UserId {
        self.user.user_id
    }

    /// Whether the caller has `permission` on `scope`: the user does, and so does the key if it is restricted.
    #[must_use]
    pub fn may(&self, permission: &Permission, scope: &Scope) -> bool {
        self.user.acl.grants(permission, scope) && self.restriction_allows(permission, scope)
    }

    /// The entities whose members the caller may do this to, and with them all users if that is everywhere.
    #[must_use]
    pub fn permitted_entities(&self, permission: &Permission) -> PermittedEntities {
        self.acl().permitted_entities(permission)
    }

    /// Whether the caller may create one-time tokens for any customer, with any claims.
    #[must_use]
    pub fn may_issue_tokens(&self) -> bool {
        may_issue_tokens(&self.user.acl) && self.restriction.as_ref().is_none_or(may_issue_tokens)
    }

    /// Whether the caller may grant `acl`, which must not exceed what the caller has.
    #[must_use]
    pub fn covers(&self, acl: &Acl) -> bool {
        self.user.acl.covers(acl) && self.restriction.as_ref().is_none_or(|own| own.covers(acl))
    }

    /// The caller's rights: the user's ACL or, for a restricted key, what both the user and the key have. It is exactly what
    /// [`Caller::may`] honours.
    #[must_use]
    pub fn acl(&self) -> Acl {
        let own = &self.user.acl;
        self.restriction.as_ref().map_or_else(|| own.clone(), |restriction| restriction.intersection(own))
    }

    /// Whether a restricted key was given `permission` on `scope`. True for every other credential.
    #[must_use]
    pub fn restriction_allows(&self, permission: &Permission, scope: &Scope) -> bool {
        self.restriction.as_ref().is_none_or(|own| own.grants(permission, scope))
    }
}

/// Whether `acl` permits the creation of one-time tokens for any customer, with any claims.
#[must_use]
pub fn may_issue_tokens(acl: &Acl) -> bool {
    acl.grants(&Permission::new("authentication-token-create"), &Scope::everywhere())
}

//! Who may do what, and on which organization, product, plan or field.
//!
//! An [`Acl`] is a list of items, OR-ed. An item grants a permission where its scope matches: dimensions are AND-ed, the
//! values of one dimension OR-ed, a dimension that is absent matches everything, `{}` matches all.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::EntityId;

/// An operation's name, or `*` for every one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Permission(String);

impl Permission {
    /// The longest name that is taken.
    pub const MAX_BYTES: usize = 64;

    /// The permission of that name.
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn covers(&self, other: &Self) -> bool {
        self.0 == "*" || self == other
    }
}

/// One dimension of a scope: absent matches all, otherwise one of the values must match; no value matches nothing.
pub type Dimension = Option<Vec<String>>;

/// Where an item applies. `{}` is everywhere. A dimension that is not known is refused: dropped, it would widen the scope.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Scope {
    /// Organizations; an `entityId` is matched against this dimension.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization_id: Dimension,
    /// Products.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_id: Dimension,
    /// Plans.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan_id: Dimension,
    /// Names of custom fields.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_field_name: Dimension,
}

impl Scope {
    /// Everywhere.
    #[must_use]
    pub fn everywhere() -> Self {
        Self::default()
    }

    /// One entity.
    #[must_use]
    pub fn entity(id: &EntityId) -> Self {
        Self { organization_id: Some(vec![id.as_str().to_owned()]), ..Self::default() }
    }

    fn dimensions(&self) -> [&Dimension; 4] {
        [&self.organization_id, &self.product_id, &self.plan_id, &self.custom_field_name]
    }

    /// Whether it limits nothing but the entity, so that it covers entities as a whole.
    fn is_of_entities(&self) -> bool {
        self.product_id.is_none() && self.plan_id.is_none() && self.custom_field_name.is_none()
    }

    /// What both reach; `None` if that is nothing.
    fn intersection(&self, other: &Self) -> Option<Self> {
        let both = |one: &Dimension, other: &Dimension| match (one, other) {
            (Some(one), Some(other)) => Some(one.iter().filter(|value| other.contains(value)).cloned().collect()),
            (one, other) => one.as_ref().or(other.as_ref()).cloned(),
        };
        let scope = Self {
            organization_id: both(&self.organization_id, &other.organization_id),
            product_id: both(&self.product_id, &other.product_id),
            plan_id: both(&self.plan_id, &other.plan_id),
            custom_field_name: both(&self.custom_field_name, &other.custom_field_name),
        };
        let reaches_something = scope.dimensions().into_iter().flatten().all(|values: &Vec<String>| !values.is_empty());
        reaches_something.then_some(scope)
    }

    /// Whether everything that `other` reaches is reached by this scope too.
    fn covers(&self, other: &Self) -> bool {
        let inside = |outer: &Dimension, inner: &Dimension| match (outer, inner) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(outer), Some(inner)) => inner.iter().all(|value| outer.contains(value)),
        };
        self.dimensions().into_iter().zip(other.dimensions()).all(|(outer, inner)| inside(outer, inner))
    }
}

/// The entities for which an ACL grants a permission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PermittedEntities {
    /// All of them.
    All,
    /// These, each as a whole.
    Some(BTreeSet<String>),
}

impl PermittedEntities {
    /// Whether a user with the ACL `member` is a member of one of the entities, or all of them are permitted: an item that
    /// permits anything covers the entity. An item without permissions makes no members, since anybody may grant one.
    #[must_use]
    pub fn include(&self, member: &Acl) -> bool {
        let Self::Some(entities) = self else { return true };
        let mut scopes =
            member.0.iter().filter(|item| !item.permissions.is_empty()).map(|item| &item.scope).filter(|scope| scope.is_of_entities());
        scopes.any(|scope| match &scope.organization_id {
            None => !entities.is_empty(),
            Some(ids) => ids.iter().any(|id| entities.contains(id)),
        })
    }

    /// Whether there are none.
    #[must_use]
    pub fn are_none(&self) -> bool {
        matches!(self, Self::Some(entities) if entities.is_empty())
    }
}

/// Permissions and where they apply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AclItem {
    /// Where.
    pub scope: Scope,
    /// What.
    pub permissions: Vec<Permission>,
}

impl AclItem {
    /// What both grant; `None` if that is nothing.
    fn intersection(&self, other: &Self) -> Option<Self> {
        let scope = self.scope.intersection(&other.scope)?;
        let covered = |own: &[Permission], by: &[Permission]| -> Vec<Permission> {
            own.iter().filter(|permission| by.iter().any(|other| other.covers(permission))).cloned().collect()
        };
        let mut permissions = covered(&self.permissions, &other.permissions);
        for permission in covered(&other.permissions, &self.permissions) {
            if !permissions.contains(&permission) {
                permissions.push(permission);
            }
        }
        (!permissions.is_empty()).then_some(Self { scope, permissions })
    }
}

/// A list of items; it grants what any of them grants. The empty list grants nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Acl(pub Vec<AclItem>);

impl Acl {
    /// Grants everything everywhere.
    #[must_use]
    pub fn everything() -> Self {
        Self(vec![AclItem { scope: Scope::everywhere(), permissions: vec![Permission::new("*")] }])
    }

    /// Whether one of the items grants `permission` on all of `scope`.
    #[must_use]
    pub fn grants(&self, permission: &Permission, scope: &Scope) -> bool {
        self.0.iter().any(|item| item.scope.covers(scope) && item.permissions.iter().any(|own| own.covers(permission)))
    }

    /// Whether an item that permits anything covers all of `entity`: a user with this ACL is a member of it.
    ///
    /// Anybody may grant an item without permissions, so such an item makes no members: whoever may grant an ACL is a member
    /// wherever the ACL makes one.
    #[must_use]
    pub fn covers_entity(&self, entity: &EntityId) -> bool {
        let entity = Scope::entity(entity);
        self.0.iter().any(|item| !item.permissions.is_empty() && item.scope.covers(&entity))
    }

    /// What both grant, item by item and value by value. Items that others of the result cover are left out.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let mut both = Self::default();
        for item in self.0.iter().flat_map(|own| other.0.iter().filter_map(|item| own.intersection(item))) {
            let item = Self(vec![item]);
            if !both.covers(&item) {
                both.0.extend(item.0);
            }
        }
        both
    }

    /// Whether everything that `other` grants is granted by this one too: handing out `other` is then no escalation.
    ///
    /// Each permission of `other` must be covered by one item; permissions of one item may be covered by different ones,
    /// its scope may not. That errs towards refusal and costs no more than the product of both lengths.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        other.0.iter().all(|item| item.permissions.iter().all(|permission| self.grants(permission, &item.scope)))
    }

    /// The entities for which `permission` is granted.
    #[must_use]
    pub fn permitted_entities(&self, permission: &Permission) -> PermittedEntities {
        if self.grants(permission, &Scope::everywhere()) {
            return PermittedEntities::All;
        }
        let items = self.0.iter().filter(|item| item.permissions.iter().any(|own| own.covers(permission)));
        let scopes = items.map(|item| &item.scope).filter(|scope| scope.is_of_entities());
        PermittedEntities::Some(scopes.flat_map(|scope| scope.organization_id.iter().flatten()).cloned().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn acl(json: &str) -> Acl {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn inside_an_item_permission_and_scope_must_match() {
        let grants = acl(r#"[{"scope":{"organizationId":["a","b"]},"permissions":["read"]},{"scope":{},"permissions":["write"]}]"#);
        let on = |id: &str| Scope::entity(&id.parse().unwrap());

        assert!(grants.grants(&Permission::new("read"), &on("a")));
        assert!(grants.grants(&Permission::new("read"), &on("b")));
        assert!(!grants.grants(&Permission::new("read"), &on("c")));
        assert!(!grants.grants(&Permission::new("read"), &Scope::everywhere()));
        assert!(grants.grants(&Permission::new("write"), &on("c")));
    }

    #[test]
    fn a_stored_scope_with_an_unknown_dimension_can_not_be_read() {
        assert!(serde_json::from_str::<Acl>(r#"[{"scope":{"websiteId":["x"]},"permissions":["*"]}]"#).is_err());
    }

    #[test]
    fn dimensions_are_anded_and_no_value_matches_nothing() {
        let grants = acl(
            r#"[{"scope":{"organizationId":["a"],"planId":["p"]},"permissions":["*"]},{"scope":{"organizationId":[]},"permissions":["*"]}]"#,
        );

        assert!(!grants.grants(&Permission::new("read"), &Scope::entity(&"a".parse().unwrap())));
        assert!(grants.covers(&acl(r#"[{"scope":{"organizationId":["a"],"planId":["p"],"productId":["x"]},"permissions":["read"]}]"#)));
    }

    #[test]
    fn an_entity_is_covered_as_a_whole_and_by_an_item_that_permits_something() {
        for (json, covered) in [
            (r#"[{"scope":{},"permissions":["x"]}]"#, true),
            (r#"[{"scope":{"organizationId":["a","b"]},"permissions":["x"]}]"#, true),
            (r#"[{"scope":{"organizationId":["b"]},"permissions":["*"]},{"scope":{"organizationId":["a"]},"permissions":["x"]}]"#, true),
            (r#"[{"scope":{"organizationId":["b"]},"permissions":["*"]}]"#, false),
            (r#"[{"scope":{"organizationId":["a"],"productId":["p"]},"permissions":["*"]}]"#, false),
            (r#"[{"scope":{"organizationId":[]},"permissions":["*"]}]"#, false),
            (r#"[{"scope":{},"permissions":[]}]"#, false),
            (r#"[]"#, false),
        ] {
            assert_eq!(acl(json).covers_entity(&"a".parse().unwrap()), covered, "{json}");
        }
    }

    #[test]
    fn whose_members_a_permission_is_about() {
        let admin = acl(
            r#"[{"scope":{"organizationId":["a","b"]},"permissions":["users-get"]},{"scope":{"organizationId":["c"],"planId":["p"]},"permissions":["*"]}]"#,
        );
        let permitted = |permission: &str| admin.permitted_entities(&Permission::new(permission));

        for (member, is_included) in [
            (r#"[{"scope":{"organizationId":["b","z"]},"permissions":["x"]}]"#, true),
            (r#"[{"scope":{},"permissions":["x"]}]"#, true),
            (r#"[{"scope":{"organizationId":["b"]},"permissions":[]}]"#, false),
            (r#"[{"scope":{"organizationId":["b"],"planId":["p"]},"permissions":["x"]}]"#, false),
            (r#"[{"scope":{"organizationId":["c"]},"permissions":["x"]}]"#, false),
            (r#"[]"#, false),
        ] {
            assert_eq!(permitted("users-get").include(&acl(member)), is_included, "{member}");
            assert!(Acl::everything().permitted_entities(&Permission::new("users-get")).include(&acl(member)));
            assert!(!permitted("users-list").include(&acl(member)));
        }
        assert!(permitted("users-list").are_none() && !permitted("users-get").are_none());
    }

    #[test]
    fn escalation_is_told_in_every_direction() {
        let own = acl(r#"[{"scope":{"organizationId":["a","b"]},"permissions":["read","write"]}]"#);

        for (requested, covered) in [
            (r#"[]"#, true),
            (r#"[{"scope":{"organizationId":["a"]},"permissions":["read"]}]"#, true),
            (r#"[{"scope":{"organizationId":["a","b"]},"permissions":["write","read"]}]"#, true),
            (r#"[{"scope":{"organizationId":["a","c"]},"permissions":["read"]}]"#, false),
            (r#"[{"scope":{},"permissions":["read"]}]"#, false),
            (r#"[{"scope":{"organizationId":["a"]},"permissions":["*"]}]"#, false),
            (r#"[{"scope":{"organizationId":["a"]},"permissions":["read","delete"]}]"#, false),
        ] {
            assert_eq!(own.covers(&acl(requested)), covered, "{requested}");
        }
        assert!(Acl::everything().covers(&own));
        assert!(!Acl::default().covers(&own));
    }
}

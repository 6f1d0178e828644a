//! The algebra of ACLs, over a small alphabet, so that much of it meets.

use std::sync::OnceLock;

use latchkey::domain::{Acl, AclItem, Dimension, Permission, Scope};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, subsequence};
use serde_json::json;

use super::{cases, fields_of};

fn some_of(alphabet: &'static [&'static str]) -> impl Strategy<Value = Vec<String>> {
    subsequence(alphabet, 0..=alphabet.len()).prop_map(|values| values.into_iter().map(str::to_owned).collect())
}

fn dimension() -> impl Strategy<Value = Dimension> {
    prop_oneof![3 => Just(None), 1 => some_of(&["a", "b", "c"]).prop_map(Some)]
}

fn scope() -> impl Strategy<Value = Scope> {
    [dimension(), dimension(), dimension(), dimension()].prop_map(from_dimensions)
}

fn from_dimensions([organization_id, product_id, plan_id, custom_field_name]: [Dimension; 4]) -> Scope {
    Scope { organization_id, product_id, plan_id, custom_field_name }
}

fn dimensions(scope: &Scope) -> [Dimension; 4] {
    [&scope.organization_id, &scope.product_id, &scope.plan_id, &scope.custom_field_name].map(Clone::clone)
}

fn acl() -> impl Strategy<Value = Acl> {
    let permissions = some_of(&["*", "read", "write"]).prop_map(|names| names.into_iter().map(Permission::new).collect());
    vec((scope(), permissions).prop_map(|(scope, permissions)| AclItem { scope, permissions }), 0..4).prop_map(Acl)
}

/// An ACL, another that was made from it by taking away, and a third that was so made from that.
fn ever_less() -> impl Strategy<Value = [Acl; 3]> {
    let narrowing = || vec((any::<Index>(), scope(), any::<Index>()), 0..5);
    (acl(), narrowing(), narrowing()).prop_map(|(first, one, other)| {
        let second = narrowed(&first, one);
        let third = narrowed(&second, other);
        [first, second, third]
    })
}

fn narrowed(acl: &Acl, choices: Vec<(Index, Scope, Index)>) -> Acl {
    let item = |(item, within, permission): (Index, Scope, Index)| {
        let AclItem { scope, permissions } = acl.0.get(item.index(acl.0.len().max(1)))?;
        let permission = permissions.get(permission.index(permissions.len().max(1)))?;
        let both = |(outer, within): (Dimension, Dimension)| match (outer, within) {
            (None, within) => within,
            (Some(outer), None) => Some(outer),
            (Some(outer), Some(within)) => Some(outer.into_iter().filter(|value| within.contains(value)).collect()),
        };
        let [one, two, three, four] = dimensions(scope);
        let [within_one, within_two, within_three, within_four] = dimensions(&within);
        let scope = from_dimensions([(one, within_one), (two, within_two), (three, within_three), (four, within_four)].map(both));
        let names = if permission.as_str() == "*" { vec!["read", "other"] } else { vec![permission.as_str()] };
        Some(AclItem { scope, permissions: names.into_iter().map(Permission::new).collect() })
    };
    Acl(choices.into_iter().filter_map(item).collect())
}

/// Every permission on every single entity and every place (one value, of the alphabet or of none of it, in each dimension).
fn requests() -> &'static [(Permission, Scope)] {
    static REQUESTS: OnceLock<Vec<(Permission, Scope)>> = OnceLock::new();
    REQUESTS.get_or_init(|| {
        let values = ["a", "b", "elsewhere"];
        let one = |value: &str| Some(vec![value.to_owned()]);
        let mut scopes = vec![Scope::everywhere()];
        scopes.extend(values.map(|value| Scope::entity(&value.parse().unwrap())));
        let place = |number: usize| [1, 3, 9, 27].map(|power| one(values[number / power % 3]));
        scopes.extend((0..81).map(|number| from_dimensions(place(number))));
        let permissions = ["*", "read", "write", "other"].map(Permission::new);
        permissions.iter().flat_map(|permission| scopes.iter().map(|scope| (permission.clone(), scope.clone()))).collect()
    })
}

/// The rule in as few words as it takes: items OR-ed, dimensions AND-ed, values OR-ed, what is absent matches all.
fn permits(acl: &Acl, permission: &Permission, place: &Scope) -> bool {
    let matches = |(own, asked): (Dimension, Dimension)| own.is_none_or(|own| asked.is_some_and(|asked| own.contains(&asked[0])));
    acl.0.iter().any(|item| {
        item.permissions.iter().any(|own| own == permission || own.as_str() == "*")
            && dimensions(&item.scope).into_iter().zip(dimensions(place)).all(matches)
    })
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn an_acl_grants_what_the_rule_says(acl in acl()) {
        for (permission, scope) in requests() {
            prop_assert_eq!(acl.grants(permission, scope), permits(&acl, permission, scope), "{:?} {:?}", permission, scope);
        }
    }

    #[test]
    fn who_hands_out_a_covered_acl_hands_out_nothing_they_lack([own, less, _] in ever_less(), other in acl()) {
        for handed_out in [less, other] {
            if own.covers(&handed_out) {
                for (permission, scope) in requests() {
                    prop_assert!(!handed_out.grants(permission, scope) || own.grants(permission, scope), "{:?} {:?}", permission, scope);
                }
            }
        }
    }

    #[test]
    fn who_hands_out_a_covered_acl_makes_no_member_where_they_are_none([own, less, _] in ever_less(), other in acl()) {
        for entity in ["a", "b", "elsewhere"].map(|id| id.parse().unwrap()) {
            let permitted = |acl: &Acl| ["*", "read", "write"].iter().any(|name| acl.grants(&Permission::new(*name), &Scope::entity(&entity)));
            prop_assert_eq!(own.covers_entity(&entity), permitted(&own), "{:?}", entity);
            for handed_out in [&less, &other] {
                prop_assert!(!own.covers(handed_out) || !handed_out.covers_entity(&entity) || own.covers_entity(&entity), "{:?}", entity);
            }
        }
    }

    #[test]
    fn the_intersection_grants_what_both_grant_and_nothing_else(one in acl(), other in acl()) {
        let both = one.intersection(&other);
        for (permission, scope) in requests() {
            let honoured = one.grants(permission, scope) && other.grants(permission, scope);
            prop_assert_eq!(both.grants(permission, scope), honoured, "{:?} {:?} {:?}", both, permission, scope);
        }
    }

    #[test]
    fn an_acl_covers_itself_and_everything_that_was_made_by_taking_away([own, less, least] in ever_less()) {
        prop_assert!(own.covers(&own) && own.covers(&less) && less.covers(&least));
        prop_assert!(Acl::everything().covers(&own) && own.covers(&Acl::default()));
    }

    #[test]
    fn what_a_covered_acl_covers_is_covered(acls in ever_less(), other in acl()) {
        let acls = [&acls[0], &acls[1], &acls[2], &other];
        for (one, two) in acls.into_iter().flat_map(|one| acls.map(|two| (one, two))).filter(|(one, two)| one.covers(two)) {
            for three in acls.into_iter().filter(|three| two.covers(three)) {
                prop_assert!(one.covers(three), "{:?} {:?} {:?}", one, two, three);
            }
        }
    }

    #[test]
    fn an_acl_is_read_from_a_row_and_from_a_body_as_it_was_written(acl in acl()) {
        let mut fields = fields_of(&json!({ "acl": acl })).unwrap();
        // A row may say "nowhere"; a client that says it has made a mistake.
        let nowhere = acl.0.iter().flat_map(|item| dimensions(&item.scope)).flatten().any(|values| values.is_empty());

        prop_assert_eq!(&serde_json::from_value::<Acl>(json!(acl)).unwrap(), &acl);
        prop_assert_eq!(fields.acl("acl"), Some(acl).filter(|_| !nowhere));
        prop_assert_eq!(fields.finish().is_ok(), !nowhere);
    }
}

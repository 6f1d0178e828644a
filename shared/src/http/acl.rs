//! ACLs as clients send them: a bare string where a list is expected, `null` for absent, `[]` for an empty object.

use serde_json::{Map, Value};

use super::InvalidField;
use crate::domain::{Acl, AclItem, Dimension, Permission, Scope};

/// The most items of an ACL, and the most values of one list in it: comparing two ACLs takes the product.
const MAX_ITEMS: usize = 100;

/// The ACL in `value`; what is wrong is added to `invalid` with its path below `path`.
pub(super) fn parse(value: &Value, path: &str, invalid: &mut Vec<InvalidField>) -> Option<Acl> {
    let Value::Array(items) = value else { return refuse(invalid, path, "must be a list of objects with scope and permissions") };
    if items.len() > MAX_ITEMS {
        return refuse(invalid, path, &format!("must have at most {MAX_ITEMS} items"));
    }
    let items: Vec<_> = items.iter().enumerate().map(|(index, value)| item(value, &format!("{path}.{index}"), invalid)).collect();
    items.into_iter().collect::<Option<_>>().map(Acl)
}

/// The texts in `value`; a bare text counts as a list of one.
pub(super) fn texts(value: &Value, path: &str, invalid: &mut Vec<InvalidField>) -> Option<Vec<String>> {
    let texts = match value {
        Value::String(text) => Some(vec![text.clone()]),
        Value::Array(items) => items.iter().map(|item| item.as_str().map(str::to_owned)).collect(),
        _ => None,
    };
    if texts.is_none() {
        return refuse(invalid, path, "must be a list of strings");
    }
    texts
}

fn item(value: &Value, path: &str, invalid: &mut Vec<InvalidField>) -> Option<AclItem> {
    let Value::Object(members) = value else { return refuse(invalid, path, "must be an object with scope and permissions") };
    let scope = match members.get("scope") {
        Some(Value::Object(dimensions)) => scope(dimensions, &format!("{path}.scope"), invalid),
        Some(Value::Array(items)) if items.is_empty() => Some(Scope::everywhere()),
        None | Some(Value::Null) => refuse(invalid, &format!("{path}.scope"), "is required; {} is everywhere"),
        _ => refuse(invalid, &format!("{path}.scope"), "must be an object"),
    };
    let path = format!("{path}.permissions");
    let permissions = match members.get("permissions") {
        None | Some(Value::Null) => refuse(invalid, &path, "is required"),
        Some(value) => permissions(value, &path, invalid),
    };
    Some(AclItem { scope: scope?, permissions: permissions? })
}

fn permissions(value: &Value, path: &str, invalid: &mut Vec<InvalidField>) -> Option<Vec<Permission>> {
    let names = texts(value, path, invalid)?;
    if names.len() > MAX_ITEMS || names.iter().any(|name| name.is_empty() || name.len() > Permission::MAX_BYTES) {
        return refuse(invalid, path, &format!("must have at most {MAX_ITEMS} names of 1 to {} bytes", Permission::MAX_BYTES));
    }
    Some(names.into_iter().map(Permission::new).collect())
}

/// A dimension that this service does not know would be dropped and the scope so widened: it is refused.
fn scope(dimensions: &Map<String, Value>, path: &str, invalid: &mut Vec<InvalidField>) -> Option<Scope> {
    let mut scope = Scope::everywhere();
    let known = invalid.len();
    for (name, value) in dimensions {
        let path = format!("{path}.{name}");
        let dimension: &mut Dimension = match name.as_str() {
            "organizationId" => &mut scope.organization_id,
            "productId" => &mut scope.product_id,
            "planId" => &mut scope.plan_id,
            "customFieldName" => &mut scope.custom_field_name,
            _ => {
                refuse::<()>(invalid, &path, "is no dimension of a scope");
                continue;
            }
        };
        if !value.is_null() {
            *dimension = texts(value, &path, invalid);
        }
        // No value matches nothing here; whoever else reads the ACL could take it for no limit.
        if dimension.as_ref().is_some_and(|values| values.is_empty() || values.len() > MAX_ITEMS) {
            refuse::<()>(invalid, &path, &format!("must have 1 to {MAX_ITEMS} values"));
        }
    }
    (invalid.len() == known).then_some(scope)
}

fn refuse<T>(invalid: &mut Vec<InvalidField>, path: &str, message: &str) -> Option<T> {
    invalid.push(InvalidField { field: path.to_owned(), message: message.to_owned() });
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Acl, Vec<String>> {
        let mut invalid = Vec::new();
        let acl = parse(&serde_json::from_str(json).unwrap(), "acl", &mut invalid);
        acl.ok_or_else(|| invalid.into_iter().map(|field| field.field).collect())
    }

    #[test]
    fn a_bare_string_counts_as_a_list_of_one_and_php_s_empty_array_as_everywhere() {
        let written = read(r#"[{"scope":{"organizationId":"a","planId":null},"permissions":"*"},{"scope":[],"permissions":["x"]}]"#);
        let meant = read(r#"[{"scope":{"organizationId":["a"]},"permissions":["*"]},{"scope":{},"permissions":["x"]}]"#);

        assert_eq!(written, meant);
    }

    #[test]
    fn a_dimension_without_values_is_refused() {
        assert_eq!(read(r#"[{"scope":{"planId":[]},"permissions":["x"]}]"#), Err(vec!["acl.0.scope.planId".into()]));
    }

    #[test]
    fn every_wrong_field_is_named_by_its_path() {
        assert_eq!(read(r#"{}"#), Err(vec!["acl".into()]));
        assert_eq!(
            read(r#"[{"permissions":["x"]},["{}","x"],{"scope":{}}]"#),
            Err(vec!["acl.0.scope".into(), "acl.1".into(), "acl.2.permissions".into()])
        );
        assert_eq!(
            read(r#"[{"scope":{"organisationId":["a"]},"permissions":[1]}]"#),
            Err(vec!["acl.0.scope.organisationId".into(), "acl.0.permissions".into()])
        );
    }
}

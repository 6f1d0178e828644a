//! ACLs that an operator gives.

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use latchkey::domain::{Acl, AclItem, Dimension, Permission, parse_json};
use serde_json::{Map, Value};

use crate::Failure;
use crate::connection::Connection;

/// What a user may do: as JSON, from a file, or everything.
#[derive(Clone, Debug, Default, Args)]
pub struct AclArguments {
    /// What the user may do: a JSON list of {"scope": {...}, "permissions": [...]}
    #[arg(long, value_name = "JSON")]
    acl: Option<String>,
    /// Read the ACL from a file
    #[arg(long, value_name = "FILE", conflicts_with = "acl")]
    acl_file: Option<PathBuf>,
    /// Allow everything everywhere
    #[arg(long, conflicts_with_all = ["acl", "acl_file"])]
    admin: bool,
}

/// The most items in an ACL, and in each list of an item: the service's own limit.
const MAX_ITEMS: usize = 100;

impl AclArguments {
    /// The ACL, if one was given.
    ///
    /// # Errors
    /// [`Failure::Usage`] if it is not a valid ACL; the text says why.
    pub fn read(&self, connection: &Connection) -> Result<Option<Acl>, Failure> {
        let text = match (&self.acl, &self.acl_file) {
            _ if self.admin => return Ok(Some(Acl::everything())),
            (Some(text), _) => text.clone(),
            (None, Some(path)) => {
                std::fs::read_to_string(connection.file(path)).with_context(|| format!("{} cannot be read", path.display()))?
            }
            (None, None) => return Ok(None),
        };
        parse(&text).map(Some)
    }
}

/// Parses an ACL strictly: an unknown dimension or member is refused, because ignoring it would widen the scope.
fn parse(text: &str) -> Result<Acl, Failure> {
    let refused = |problem: String| Failure::Usage(format!("The ACL {problem}."));
    // Serde takes a JSON array for a struct, and the last of two equal keys.
    let value = parse_json(text).map_err(|error| refused(error.to_string()))?;
    let items: Vec<Map<String, Value>> =
        serde_json::from_value(value.clone()).map_err(|error| refused(format!("is not a JSON list of objects ({error})")))?;
    if let Some(name) = items.iter().flat_map(Map::keys).find(|name| !["scope", "permissions"].contains(&name.as_str())) {
        return Err(refused(format!("has a member {name:?}; an item has scope and permissions")));
    }
    if items.iter().any(|item| !item.get("scope").is_some_and(Value::is_object)) {
        return Err(refused("has an item whose scope is not an object; {} means everywhere".into()));
    }
    // It would be read as absent, which is everywhere.
    if items.iter().filter_map(|item| item.get("scope")?.as_object()).flat_map(Map::values).any(Value::is_null) {
        return Err(refused("has a dimension that is null; leave it out to mean everywhere".into()));
    }
    let acl: Acl = serde_json::from_value(value).map_err(|error| refused(format!("is not valid ({error})")))?;
    let many = |count: usize| count > MAX_ITEMS;
    let bad = |values: &Dimension| values.as_ref().is_some_and(|values| values.is_empty() || many(values.len()));
    for AclItem { scope, permissions } in &acl.0 {
        if [&scope.organization_id, &scope.product_id, &scope.plan_id, &scope.custom_field_name].into_iter().any(bad) {
            return Err(refused(format!("has a dimension that does not have 1 to {MAX_ITEMS} values")));
        }
        let lengths = permissions.iter().map(|permission| permission.as_str().len());
        if many(permissions.len()) || lengths.into_iter().any(|length| !(1..=Permission::MAX_BYTES).contains(&length)) {
            return Err(refused(format!("must have at most {MAX_ITEMS} permissions of 1 to {} bytes in an item", Permission::MAX_BYTES)));
        }
    }
    if many(acl.0.len()) { Err(refused(format!("must have at most {MAX_ITEMS} items"))) } else { Ok(acl) }
}

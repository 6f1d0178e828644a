//! What each folder under `functions/` says about itself. Imports [`crate::contract`] and [`crate::yaml`].

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use minijinja::Value;

use crate::contract::{self, Route};
use crate::{read, yaml};

/// Every field that a `function.yaml` may have, with its default.
const FIELDS: &str = "infra/template/fields.yaml";

/// The functions as the templates see them: those with a route in the order of the contract, then the others by name.
pub fn all(root: &Path) -> Result<Value> {
    let routes = contract::routes(root)?;
    let fields = yaml::parse(&read(root, FIELDS)?).context(FIELDS)?;
    let folders = folders(root)?;
    if let Some(route) = routes.iter().find(|route| !folders.contains(&route.operation)) {
        bail!("infra/openapi.yaml has the operation {0}, and there is no folder functions/{0}", route.operation);
    }

    let mut names: Vec<_> = folders.into_iter().collect();
    names.sort_by_key(|name| routes.iter().position(|route| &route.operation == name).unwrap_or(routes.len()));
    names.iter().map(|name| function(root, name, &fields, &routes)).collect()
}

fn folders(root: &Path) -> Result<BTreeSet<String>> {
    let entries = fs::read_dir(root.join("functions")).context("functions/ can't be read")?;
    entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
}

fn function(root: &Path, name: &str, fields: &Value, routes: &[Route]) -> Result<Value> {
    let path = format!("functions/{name}/function.yaml");
    let text = read(root, &path)?;
    let facts = yaml::parse(&text).and_then(|given| with_defaults(&given, fields)).with_context(|| path.clone())?;

    let routes: Vec<_> = routes.iter().filter(|route| route.operation == name).map(Route::to_value).collect();
    let invoked_by = facts.iter().any(|(field, value)| field == "invoked_by" && value.is_true());
    ensure!(
        !routes.is_empty() || invoked_by,
        "infra/openapi.yaml has no operation {name}, and {path} does not say what it is `invoked_by`"
    );

    for (field, value) in facts.iter().filter(|(_, value)| value.as_str().is_some()) {
        let text = value.to_string();
        // These go into YAML and into tables as they are; `parameters` and `properties` are YAML themselves.
        let is_prose = ["description", "event_answer", "remark"].contains(&field.as_str());
        ensure!(
            !is_prose || !(text.contains(" #") || text.contains('|') || text.trim().contains('\n')),
            "{path}: {field} has ` #`, `|` or a line break"
        );
    }

    let of_folder = [("name", Value::from(name)), ("comment", comment(&text).into()), ("routes", routes.into())];
    let of_folder = of_folder.map(|(field, value)| (field.to_owned(), value));
    Ok(Value::from_pairs(facts.into_iter().chain(of_folder)))
}

/// The fields in the order of `fields`, with the values of `given` or else their defaults.
fn with_defaults(given: &Value, fields: &Value) -> Result<Vec<(String, Value)>> {
    let names = || -> Result<Vec<_>> { Ok(fields.try_iter()?.map(|name| name.to_string()).collect()) };
    for name in given.try_iter().context("is not a map")? {
        ensure!(names()?.contains(&name.to_string()), "{FIELDS} has no field {name}");
    }
    let value = |name: String| {
        let (given, default) = (given.get_attr(&name)?, fields.get_attr(&name)?);
        ensure!(!given.is_undefined() || !default.is_none(), "the field {name} is missing");
        ensure!(given.is_undefined() || default.is_none() || given.kind() == default.kind(), "{name} is not a {}", default.kind());
        Ok((name, if given.is_undefined() { default } else { given }))
    };
    names()?.into_iter().map(value).collect()
}

/// The comment at the top of a file, without the signs.
fn comment(text: &str) -> Vec<String> {
    text.lines().map_while(|line| line.strip_prefix('#')).map(|line| line.strip_prefix(' ').unwrap_or(line).to_owned()).collect()
}

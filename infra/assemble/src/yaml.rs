//! YAML as values of the template engine, with maps in the order of the file. Imports nothing of ours.

use anyhow::{Context, Result, bail};
use minijinja::Value;
use saphyr::{LoadableYamlNode, ScalarOwned, YamlOwned};

/// The one document in `text`.
///
/// # Errors
/// If `text` is not one YAML document, or has a tag or an alias.
pub fn parse(text: &str) -> Result<Value> {
    let mut documents = YamlOwned::load_from_str(text).context("is not YAML")?.into_iter();
    match (documents.next(), documents.next()) {
        (Some(document), None) => value(document),
        _ => bail!("is not one YAML document"),
    }
}

/// Whether `text` is YAML, with tags or without.
///
/// # Errors
/// If it is not.
pub fn check(text: &str) -> Result<()> {
    YamlOwned::load_from_str(text).map(drop).context("is not YAML")
}

fn value(node: YamlOwned) -> Result<Value> {
    Ok(match node {
        YamlOwned::Value(ScalarOwned::Null) => Value::from(()),
        YamlOwned::Value(ScalarOwned::Boolean(value)) => value.into(),
        YamlOwned::Value(ScalarOwned::Integer(value)) => value.into(),
        YamlOwned::Value(ScalarOwned::FloatingPoint(value)) => value.into_inner().into(),
        YamlOwned::Value(ScalarOwned::String(value)) => value.into(),
        YamlOwned::Sequence(items) => items.into_iter().map(value).collect::<Result<Vec<_>>>()?.into(),
        YamlOwned::Mapping(entries) => {
            let entries = entries.into_iter().map(|(name, node)| Ok((value(name)?, value(node)?)));
            Value::from_pairs(entries.collect::<Result<Vec<(Value, Value)>>>()?)
        }
        YamlOwned::Tagged(..) | YamlOwned::Representation(..) | YamlOwned::Alias(_) | YamlOwned::BadValue => {
            bail!("has a tag or an alias, which is not read here")
        }
    })
}

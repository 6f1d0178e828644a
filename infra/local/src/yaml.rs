//! YAML with CloudFormation's short tags, as JSON. Imports nothing of ours.

use anyhow::{Context, Result, bail};
use saphyr::{LoadableYamlNode, ScalarOwned, YamlOwned};
use serde_json::{Map, Number, Value};

/// The one document in `text` as JSON, in which `!Ref X` is `{"Ref": X}`, `!Sub X` is `{"Fn::Sub": X}` and so on.
///
/// These are the long forms that CloudFormation itself reads the tags as. A key that is no text, such as a status in an
/// OpenAPI file, becomes one.
///
/// # Errors
/// If `text` is not one YAML document, repeats a key, or holds what JSON can't say.
pub fn parse(text: &str) -> Result<Value> {
    let mut documents = YamlOwned::load_from_str(text).context("is not YAML")?.into_iter();
    match (documents.next(), documents.next()) {
        (Some(document), None) => json(document),
        _ => bail!("is not one YAML document"),
    }
}

fn json(node: YamlOwned) -> Result<Value> {
    Ok(match node {
        YamlOwned::Value(scalar) => value(scalar)?,
        YamlOwned::Sequence(items) => Value::Array(items.into_iter().map(json).collect::<Result<_>>()?),
        YamlOwned::Mapping(entries) => {
            let entries = entries.into_iter().map(|(name, node)| Ok((key(name)?, json(node)?)));
            Value::Object(entries.collect::<Result<_>>()?)
        }
        YamlOwned::Tagged(tag, node) => Value::Object(Map::from_iter([(long_form(&tag.suffix), json(*node)?)])),
        YamlOwned::Representation(..) | YamlOwned::Alias(_) | YamlOwned::BadValue => bail!("holds a value that has no JSON form"),
    })
}

fn value(scalar: ScalarOwned) -> Result<Value> {
    Ok(match scalar {
        ScalarOwned::Null => Value::Null,
        ScalarOwned::Boolean(value) => value.into(),
        ScalarOwned::Integer(value) => value.into(),
        ScalarOwned::FloatingPoint(value) => Number::from_f64(value.into_inner()).context("holds a number that has no JSON form")?.into(),
        ScalarOwned::String(value) => value.into(),
    })
}

fn key(node: YamlOwned) -> Result<String> {
    match json(node)? {
        Value::String(text) => Ok(text),
        scalar @ (Value::Number(_) | Value::Bool(_)) => Ok(scalar.to_string()),
        _ => bail!("has a key that is neither text nor a number"),
    }
}

fn long_form(tag: &str) -> String {
    match tag {
        "Ref" | "Condition" => tag.to_owned(),
        function => format!("Fn::{function}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::parse;

    #[test]
    fn tags_become_their_long_forms() {
        let text =
            "a: !Ref Users\nb: !Sub 'x-${Users}'\nc: !GetAtt Users.Arn\nd: !If [Protected, true, !Ref Other]\ne: !Sub [a, {B: !Ref C}]\n";

        let value = parse(text).unwrap();

        assert_eq!(
            value,
            json!({
                "a": {"Ref": "Users"},
                "b": {"Fn::Sub": "x-${Users}"},
                "c": {"Fn::GetAtt": "Users.Arn"},
                "d": {"Fn::If": ["Protected", true, {"Ref": "Other"}]},
                "e": {"Fn::Sub": ["a", {"B": {"Ref": "C"}}]},
            })
        );
    }

    #[test]
    fn numbers_as_keys_become_text() {
        assert_eq!(parse("200: {x: 1.5, y: '1'}").unwrap(), json!({"200": {"x": 1.5, "y": "1"}}));
    }

    #[test]
    fn a_repeated_key_is_refused() {
        assert!(parse("a: 1\na: 2").is_err());
    }

    #[test]
    fn two_documents_are_refused() {
        assert!(parse("a: 1\n---\nb: 2").is_err());
    }
}

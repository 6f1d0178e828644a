//! The parts of an OpenAPI document, with references followed and schemas compiled.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use jsonschema::Validator;
use serde_json::{Map, Value, json};

/// An OpenAPI 3.1 document.
pub struct Document {
    root: Value,
    /// `components`, with every object closed where it is used: a member that is not documented is a fault.
    closed: Value,
    compiled: Mutex<HashMap<String, Arc<Validator>>>,
}

impl Document {
    pub fn new(root: Value) -> Self {
        let schemas = root["components"]["schemas"].as_object().unwrap();
        let schemas: Map<_, _> = schemas.iter().map(|(name, schema)| (name.clone(), close_members(schema))).collect();
        Self { closed: json!({ "schemas": schemas }), root, compiled: Mutex::default() }
    }

    pub fn root(&self) -> &Value {
        &self.root
    }

    /// Method, path, path item and operation of each.
    pub fn operations(&self) -> impl Iterator<Item = (String, &str, &Value, &Value)> {
        let paths = self.root["paths"].as_object().unwrap().iter();
        paths.flat_map(|(path, item)| {
            let operations = item.as_object().unwrap().iter().filter(|(_, operation)| operation["operationId"].is_string());
            operations.map(move |(method, operation)| (method.to_uppercase(), path.as_str(), item, operation))
        })
    }

    /// What `value` refers to, or itself.
    pub fn follow<'d>(&'d self, value: &'d Value) -> &'d Value {
        match value["$ref"].as_str() {
            Some(reference) => {
                let target = self.root.pointer(reference.trim_start_matches('#'));
                self.follow(target.unwrap_or_else(|| panic!("{reference} leads nowhere")))
            }
            None => value,
        }
    }

    /// The validator of a schema of the document.
    pub fn compile(&self, schema: &Value) -> Arc<Validator> {
        let compile = || {
            let whole = json!({ "allOf": [close(schema)], "components": self.closed });
            let options = jsonschema::options().with_draft(jsonschema::Draft::Draft202012).should_validate_formats(true);
            Arc::new(options.build(&whole).unwrap_or_else(|error| panic!("{schema}: {error}")))
        };
        self.compiled.lock().unwrap().entry(schema.to_string()).or_insert_with(compile).clone()
    }
}

/// `schema` with every object in it closed.
fn close(schema: &Value) -> Value {
    let mut closed = close_members(schema);
    if let Value::Object(keywords) = &mut closed
        && ["$ref", "properties", "allOf"].iter().any(|keyword| keywords.contains_key(*keyword))
    {
        keywords.entry("unevaluatedProperties").or_insert(false.into());
    }
    closed
}

/// The same, but for the outermost: a part of an `allOf` describes some members of an object, and other parts the others.
fn close_members(schema: &Value) -> Value {
    let Value::Object(keywords) = schema else { return schema.clone() };
    let closed = keywords.iter().map(|(keyword, value)| {
        let value = match (keyword.as_str(), value) {
            ("allOf", Value::Array(parts)) => parts.iter().map(close_members).collect(),
            ("oneOf" | "anyOf", Value::Array(choices)) => choices.iter().map(close).collect(),
            ("properties", Value::Object(members)) => members.iter().map(|(name, schema)| (name.clone(), close(schema))).collect(),
            ("items", schema) => close(schema),
            _ => value.clone(),
        };
        (keyword.clone(), value)
    });
    closed.collect()
}

//! What the contract says in words, and what it must have everywhere.

use std::collections::BTreeSet;

use latchkey::http::ProblemKind;
use serde_json::Value;

use crate::house::contract::contract;
use crate::house::root;

/// Calls `visit` with every schema of the contract, those within others too, and with where it stands.
fn each_schema(visit: &mut impl FnMut(&str, &Value)) {
    fn descend(place: &str, schema: &Value, visit: &mut impl FnMut(&str, &Value)) {
        visit(place, schema);
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            descend(&format!("{place}.{name}"), property, visit);
        }
        if schema["items"].is_object() {
            descend(&format!("{place}[]"), &schema["items"], visit);
        }
        for keyword in ["allOf", "oneOf", "anyOf"] {
            schema[keyword].as_array().into_iter().flatten().for_each(|part| descend(place, part, visit));
        }
    }
    for (name, schema) in contract().document()["components"]["schemas"].as_object().unwrap() {
        descend(name, schema, visit);
    }
}

#[test]
fn every_schema_and_every_property_is_described() {
    let mut undescribed = Vec::new();
    each_schema(&mut |place, schema| {
        let is_part = place.ends_with("[]") || schema["properties"].is_object() && place.contains('.');
        if !is_part && schema["description"].is_null() && schema["$ref"].is_null() && schema["properties"].is_null() {
            undescribed.push(place.to_owned());
        }
    });
    let schemas = contract().document()["components"]["schemas"].as_object().unwrap();
    undescribed.extend(schemas.iter().filter(|(_, schema)| schema["description"].is_null()).map(|(name, _)| name.clone()));

    assert_eq!(undescribed, [""; 0]);
}

#[test]
fn every_example_is_as_its_schema_says() {
    assert_eq!(contract().faults_of_examples(), [""; 0]);
}

#[test]
fn nothing_stands_in_it_that_generators_take_in_another_way() {
    each_schema(&mut |place, schema| {
        assert!(schema["allOf"].is_null() || schema["properties"].is_null(), "{place}: generators drop what stands beside allOf");
        assert!(schema["default"].is_null(), "{place}: TypeScript then requires the field");
    });
}

#[test]
fn the_contract_and_docs_errors_name_exactly_the_problems_that_are_answered() {
    let answered: BTreeSet<_> = ProblemKind::ALL.iter().map(|kind| format!("urn:latchkey:problem:{}", kind.problem_type().code)).collect();
    let types = contract().document()["components"]["schemas"]["ProblemType"]["enum"].as_array().unwrap();
    let docs = std::fs::read_to_string(root().join("docs/errors.md")).unwrap();
    let rows = docs.lines().filter_map(|line| line.strip_prefix("| <a id=\"")?.split('"').next());

    assert_eq!(types.iter().map(|uri| uri.as_str().unwrap().to_owned()).collect::<BTreeSet<_>>(), answered);
    assert_eq!(rows.map(|name| format!("urn:latchkey:problem:{name}")).collect::<BTreeSet<_>>(), answered);
}

//! `template.yaml` and the tables in the docs are what their sources say, and each operation's folder has all of its sources.

use std::collections::BTreeSet;

use latchkey_local::template::routes;
use latchkey_local::yaml;
use serde_json::Value;

use crate::house::{root, template};

/// The most lines of a `function.yaml`: it says what only this function has.
const LONGEST: usize = 30;

fn folders() -> BTreeSet<String> {
    let folders = std::fs::read_dir(root().join("functions")).unwrap();
    folders.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn the_assembled_files_are_what_their_sources_say() {
    let assembled = latchkey_assemble::assemble(&root()).unwrap_or_else(|error| panic!("{error:#}"));

    let stale = assembled.iter().filter(|file| std::fs::read_to_string(root().join(&file.path)).unwrap() != file.text);
    let stale: Vec<_> = stale.map(|file| file.path.as_str()).collect();
    assert!(stale.is_empty(), "{stale:?} are not what their sources say. Run `make template`.");
}

#[test]
fn every_reference_in_the_template_leads_somewhere() {
    let template = yaml::parse(&std::fs::read_to_string(root().join("template.yaml")).unwrap()).unwrap();
    let names = |section: &str| template[section].as_object().unwrap().keys().cloned();
    let known: BTreeSet<String> = names("Parameters").chain(names("Resources")).chain(names("Conditions")).collect();
    let mut referred = BTreeSet::new();
    collect_references(&template, &mut referred);

    let lost: Vec<_> = referred.iter().filter(|name| !name.starts_with("AWS::") && !known.contains(*name)).collect();
    assert!(referred.len() > 100 && lost.is_empty(), "no parameter, resource or condition is named {lost:?}");
}

/// What `Ref`, `Fn::GetAtt`, `Condition` and the first item of `Fn::If` name.
fn collect_references(value: &Value, found: &mut BTreeSet<String>) {
    let children: Vec<&Value> = match value {
        Value::Object(members) => {
            for (member, value) in members {
                let name = match member.as_str() {
                    "Ref" | "Fn::GetAtt" | "Condition" => value.as_str(),
                    "Fn::If" => value[0].as_str(),
                    _ => None,
                };
                found.extend(name.map(|name| name.split('.').next().unwrap().to_owned()));
            }
            members.values().collect()
        }
        Value::Array(items) => items.iter().collect(),
        _ => Vec::new(),
    };
    children.into_iter().for_each(|child| collect_references(child, found));
}

#[test]
fn every_function_has_an_event_for_a_route_of_its_own() {
    let routes = routes(template()).unwrap();

    for operation in folders() {
        let path = format!("functions/{operation}/event.json");
        let text = std::fs::read_to_string(root().join(&path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        let event: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"));
        let mut own = routes.iter().filter(|route| route.operation == operation).peekable();
        let named = |route: &&latchkey_local::template::Route| event["routeKey"] == format!("{} {}", route.method, route.path);
        assert!(own.peek().is_none() || own.any(|route| named(&route)), "{path} is for no route of {operation}: {}", event["routeKey"]);
    }
}

#[test]
fn browsers_may_use_every_method_and_header_of_the_contract() {
    let read = |path: &str| yaml::parse(&std::fs::read_to_string(root().join(path)).unwrap()).unwrap();
    let (deployed, contract) = (read("template.yaml"), read("infra/openapi.yaml"));
    let cors = deployed.pointer("/Resources/Api/Properties/CorsConfiguration/Fn::If/1").unwrap();
    let allowed = |member: &str| -> BTreeSet<&str> { cors[member].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect() };

    let methods: BTreeSet<_> = routes(template()).unwrap().into_iter().map(|route| route.method).collect();
    let components = &contract["components"];
    let named = ["parameters", "securitySchemes"].into_iter().flat_map(|of| components[of].as_object().unwrap().values());
    let headers = named.filter(|of| of["in"] == "header").map(|of| of["name"].as_str().unwrap().to_lowercase());

    assert_eq!(methods, allowed("AllowMethods").into_iter().map(str::to_owned).collect());
    for header in headers {
        assert!(allowed("AllowHeaders").contains(header.as_str()), "AllowHeaders in infra/template/api.yaml lacks {header}");
    }
}

#[test]
fn a_function_yaml_says_only_what_its_function_alone_has() {
    for operation in folders() {
        let path = format!("functions/{operation}/function.yaml");
        let text = std::fs::read_to_string(root().join(&path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        assert!(text.lines().count() <= LONGEST, "{path} has {} lines, and may have {LONGEST}", text.lines().count());
    }
}

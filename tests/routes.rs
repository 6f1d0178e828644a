//! A route stands in three places: the function's constant, the template, the contract. They are compared here.

use std::collections::BTreeSet;

use latchkey::caller::CredentialRequirement;
use latchkey::http::{ApiError, MalformedBody, Operation, ProblemKind};
use latchkey::store::schema::{self, Attribute};
use latchkey_local::template::{functions, routes, tables, variables};
use latchkey_local::yaml;
use serde_json::Value;

use crate::house::{root, template};

type Routes = BTreeSet<(String, String, String)>;

fn of_functions() -> Routes {
    let mut routes = Routes::new();
    macro_rules! add {
        ($operation:ty) => {
            for route in <$operation>::ROUTES {
                routes.insert((<$operation>::NAME.into(), route.method.into(), route.path.into()));
            }
        };
    }
    crate::operations::each_operation!(add);
    routes
}

/// The contract, as it is written.
pub fn contract() -> Value {
    yaml::parse(&std::fs::read_to_string(root().join("infra/openapi.yaml")).unwrap()).unwrap()
}

#[test]
fn functions_template_and_contract_have_the_same_routes() {
    let of_template: Routes = routes(template()).unwrap().into_iter().map(|route| (route.operation, route.method, route.path)).collect();
    let mut of_contract = Routes::new();
    for (path, item) in contract()["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            // OpenAPI wants every operationId once: the second route of an operation has its own and names the operation beside it.
            if let Some(name) = operation["x-operation"].as_str().or(operation["operationId"].as_str()) {
                of_contract.insert((name.into(), method.to_uppercase(), path.clone()));
            }
        }
    }

    assert_eq!(of_functions(), of_template);
    assert_eq!(of_functions(), of_contract);
}

#[test]
fn the_routes_that_take_a_password_and_nothing_else_have_a_limit_of_their_own() {
    let source = yaml::parse(&std::fs::read_to_string(root().join("template.yaml")).unwrap()).unwrap();
    let limited = source["Resources"]["Api"]["Properties"]["RouteSettings"].as_object().unwrap().keys().cloned();
    let given = variables(template());
    let hashing = routes(template()).unwrap().into_iter().filter(|route| given[&route.operation].contains("ARGON2_MEMORY_KIB"));
    let mut hashing: BTreeSet<_> = hashing.map(|route| format!("{} {}", route.method, route.path)).collect();
    // Backends call it without a password, and no flood of passwords may shut them out.
    assert!(hashing.remove("POST /authentication-tokens"));

    assert_eq!(limited.collect::<BTreeSet<_>>(), hashing);
}

#[test]
fn every_folder_under_functions_is_a_function_of_the_template_and_the_reverse() {
    let folders: BTreeSet<String> =
        std::fs::read_dir(root().join("functions")).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();

    assert_eq!(folders, functions(template()));
}

#[test]
fn the_schema_has_the_templates_keys() {
    let keys = |stem: &str| -> Vec<String> {
        let tables = tables(template()).unwrap();
        let table = tables.iter().find(|table| table.stem == stem).unwrap();
        assert_eq!(table.ttl.as_deref(), Some(schema::EXPIRES_AT.name()));
        table.keys.iter().map(|key| key.name.clone()).collect()
    };

    assert_eq!(keys("users"), [schema::PK.name()]);
    assert_eq!(keys("tokens"), [schema::PK, schema::SK].map(Attribute::name));
    assert_eq!(keys("sessions"), [schema::SUBJECT, schema::SESSION_ID].map(Attribute::name));
}

#[test]
fn the_origins_of_browsers_are_the_parameter_s() {
    let template = yaml::parse(&std::fs::read_to_string(root().join("template.yaml")).unwrap()).unwrap();

    let origins = template.pointer("/Resources/Api/Properties/CorsConfiguration/Fn::If/1/AllowOrigins").unwrap();

    assert_eq!(origins, &serde_json::json!({ "Fn::Split": [",", { "Ref": "CorsOrigins" }] }));
}

#[test]
fn docs_errors_explains_every_problem_under_its_status() {
    let docs = std::fs::read_to_string(root().join("docs/errors.md")).unwrap();
    // The anchor is where `type` leads.
    let rows = docs.lines().filter_map(|line| line.strip_prefix("| <a id=\"")?.split_once("\"></a>`"));
    let documented: BTreeSet<(&str, u16)> = rows
        .map(|(anchor, rest)| {
            let (code, rest) = rest.split_once("` | ").unwrap();
            assert_eq!(anchor, code);
            (code, rest[..3].parse().unwrap())
        })
        .collect();

    let answered = ProblemKind::ALL.iter().map(|kind| kind.problem_type()).map(|problem| (problem.code, problem.status));
    assert_eq!(documented, answered.collect());
}

#[test]
fn the_contracts_problems_are_the_ones_that_are_answered() {
    let mut problems = Vec::new();
    collect_problems(&contract(), &mut problems);
    let of_requirements =
        CredentialRequirement::ALL.map(|takes| [ApiError::MissingCredentials(takes), ApiError::UnsuitableCredentials(takes)]);
    let rows = ProblemKind::ALL.iter().map(|kind| kind.problem_type()).chain(of_requirements.iter().flatten().map(ApiError::problem_type));
    let rows = rows.chain(MalformedBody::ALL.map(|why| ApiError::from(why).problem_type()));
    let answered: BTreeSet<_> = rows.map(|row| (row.code, row.title, row.detail)).collect();

    assert!(problems.len() > 10);
    for problem in &problems {
        let code = problem["type"].as_str().unwrap().rsplit(':').next().unwrap();
        let row = (code, problem["title"].as_str().unwrap(), problem["detail"].as_str().unwrap());
        assert!(answered.contains(&row), "{row:?}");
        for extra in ["message", "error"] {
            assert!(problem[extra].is_null() || problem[extra] == problem["detail"], "{problem}");
        }
    }
}

fn collect_problems(value: &Value, found: &mut Vec<Value>) {
    match value {
        Value::Object(members) => {
            if members.get("type").and_then(Value::as_str).is_some_and(|uri| uri.starts_with("urn:latchkey:problem:"))
                && members.contains_key("title")
            {
                found.push(value.clone());
            }
            members.values().for_each(|member| collect_problems(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| collect_problems(item, found)),
        _ => {}
    }
}

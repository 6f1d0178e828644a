//! `template.yaml` and the tables in the docs are what their sources say, and each operation's folder has all of its sources.

use std::collections::{BTreeMap, BTreeSet};

use latchkey_local::template::routes;
use latchkey_local::yaml;
use serde_json::{Value, json};

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

/// The template as it is written.
fn source() -> Value {
    yaml::parse(&std::fs::read_to_string(root().join("template.yaml")).unwrap()).unwrap()
}

/// Logical id and properties of every resource of a type.
fn resources<'t>(template: &'t Value, kind: &'t str) -> impl Iterator<Item = (&'t str, &'t Value)> {
    let resources = template["Resources"].as_object().unwrap().iter().filter(move |(_, resource)| resource["Type"] == kind);
    resources.map(|(id, resource)| (id.as_str(), &resource["Properties"]))
}

/// Every statement of every role, with the role's logical id.
fn statements(template: &Value) -> impl Iterator<Item = (&str, &Value)> {
    resources(template, "AWS::IAM::Role").flat_map(|(id, role)| {
        let policies = role["Policies"].as_array().into_iter().flatten();
        policies.flat_map(|policy| policy["PolicyDocument"]["Statement"].as_array().unwrap()).map(move |statement| (id, statement))
    })
}

#[test]
fn mail_goes_out_under_one_address_only() {
    let template = source();
    let may_mail = |statement: &Value| statement["Action"].to_string().contains("ses:");
    let statements: Vec<_> = statements(&template).filter(|(_, statement)| may_mail(statement)).collect();

    assert!(!statements.is_empty());
    for (role, statement) in statements {
        assert_eq!(statement["Condition"], json!({ "StringEquals": { "ses:FromAddress": { "Ref": "MailFrom" } } }), "{role}");
    }
}

#[test]
fn every_function_that_hashes_passwords_is_optimised_for_speed_as_a_whole() {
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let hashes = |name: &&String| {
        let fragment = std::fs::read_to_string(root().join("functions").join(name).join("function.yaml")).unwrap();
        fragment.contains("ARGON2_MEMORY_KIB")
    };
    let folders = folders();
    let hashing: Vec<_> = folders.iter().filter(hashes).collect();

    assert!(hashing.len() >= 7, "{hashing:?}");
    for name in hashing {
        let level = format!("[profile.release.package.{name}]\nopt-level = 3\nstrip = true\n");
        assert!(manifest.contains(&level), "{name}: fat LTO optimises its hash for size");
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

/// Everything that a value of a template may be: a list, or one.
fn list(value: &Value) -> Vec<&Value> {
    value.as_array().map_or_else(|| vec![value], |items| items.iter().collect())
}

/// A statement without the condition under which the stack has it.
fn unconditional(statement: &Value) -> &Value {
    statement.get("Fn::If").map_or(statement, |parts| &parts[1])
}

fn rollout() -> Value {
    yaml::parse(&latchkey_assemble::rollout(&root(), "Canary10Percent5Minutes", "20300115T103042Z").unwrap()).unwrap()
}

fn ci_role() -> Value {
    yaml::parse(&std::fs::read_to_string(root().join("infra/ci-role.yaml")).unwrap()).unwrap()
}

#[test]
fn every_role_stands_under_the_boundary() {
    let template = rollout();
    let bounded = json!({ "Fn::If": ["RolesAreBounded", { "Ref": "PermissionsBoundary" }, { "Ref": "AWS::NoValue" }] });

    let mut roles = 0;
    for (id, role) in resources(&template, "AWS::IAM::Role") {
        assert_eq!(role["PermissionsBoundary"], bounded, "{id}");
        roles += 1;
    }

    assert!(roles > 20);
    // SAM would make a role without a boundary for each function that names none.
    for (id, function) in resources(&template, "AWS::Serverless::Function") {
        assert_eq!(function["Role"]["Fn::GetAtt"], format!("{id}Role.Arn"));
    }
}

#[test]
fn every_function_with_a_right_on_the_tokens_is_told_their_table() {
    let template = source();
    let functions: BTreeMap<_, _> = resources(&template, "AWS::Serverless::Function").collect();
    let of_tokens = statements(&template).filter(|(_, statement)| statement["Resource"].to_string().contains("TokensTable.Arn"));
    let users: BTreeSet<_> = of_tokens.filter_map(|(role, _)| role.strip_suffix("Role")).collect();

    assert!(users.len() > 25, "{users:?}");
    for id in users {
        assert_eq!(functions[id]["Environment"]["Variables"]["TOKENS_TABLE"], json!({ "Ref": "TokensTable" }), "{id}");
    }
}

#[test]
fn the_boundary_holds_every_right_of_every_role() {
    let (template, ci) = (rollout(), ci_role());
    let actions =
        |statement: &Value| list(&statement["Action"]).into_iter().map(|action| action.as_str().unwrap().to_owned()).collect::<Vec<_>>();
    let boundary = ci.pointer("/Resources/Boundary/Properties/PolicyDocument/Statement").unwrap();
    let allowed: BTreeSet<String> = list(boundary).into_iter().flat_map(actions).collect();

    let attached = resources(&template, "AWS::IAM::ManagedPolicy").flat_map(|(_, policy)| list(&policy["PolicyDocument"]["Statement"]));
    let given = statements(&template).map(|(_, statement)| unconditional(statement)).chain(attached);
    let given: BTreeSet<String> = given.flat_map(actions).collect();

    assert_eq!(given, allowed, "what the roles of template.yaml are given, and Boundary in infra/ci-role.yaml");
}

#[test]
fn the_stack_s_role_gives_rights_under_the_boundary_only() {
    let ci = ci_role();
    let statements: Vec<_> = statements(&ci).filter(|(role, _)| *role == "StackRole").map(|(_, statement)| statement).collect();
    let with = |action: &str| {
        let has = |statement: &&&Value| statement["Effect"] == "Allow" && list(&statement["Action"]).iter().any(|one| *one == action);
        statements.iter().filter(has).copied().collect::<Vec<_>>()
    };

    for action in ["iam:AttachRolePolicy", "iam:CreateRole", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy"] {
        assert!(!with(action).is_empty(), "{action}");
        for statement in with(action) {
            assert_eq!(statement["Condition"]["StringEquals"]["iam:PermissionsBoundary"], json!({ "Ref": "Boundary" }), "{action}");
        }
    }
    for action in ["iam:DeleteRolePermissionsBoundary", "iam:SetDefaultPolicyVersion", "iam:CreateUser", "iam:CreateAccessKey"] {
        assert!(with(action).is_empty(), "{action}");
    }
    let denied = statements.iter().find(|statement| statement["Effect"] == "Deny").unwrap();
    assert_eq!(denied["Resource"], json!({ "Ref": "Boundary" }));
    let actions = statements.iter().flat_map(|statement| list(&unconditional(statement)["Action"]));
    assert!(actions.map(|action| action.as_str().unwrap()).all(|action| !action.contains('*')));
}

#[test]
fn the_audit_events_outlive_the_stack() {
    let template = source();
    let log = &template["Resources"]["AuditLogs"];

    assert_eq!((&log["DeletionPolicy"], &log["UpdateReplacePolicy"]), (&json!("Retain"), &json!("Retain")));
    assert_eq!(log["Properties"]["RetentionInDays"], json!({ "Ref": "AuditRetentionDays" }));
    assert_eq!(template["Parameters"]["AuditRetentionDays"]["Default"], 400);
    // A name that stays would be in the way of the stage's next stack.
    assert_eq!(log["Properties"]["LogGroupName"], Value::Null);
    assert_eq!(template["Globals"]["Function"]["LoggingConfig"]["LogGroup"], json!({ "Ref": "AuditLogs" }));
    for (id, function) in resources(&template, "AWS::Serverless::Function") {
        assert_eq!(function["LoggingConfig"], Value::Null, "{id} logs elsewhere");
    }
    let ci = ci_role();
    let deletes = |statement: &Value| list(&statement["Action"]).iter().any(|action| *action == "logs:DeleteLogGroup");
    let groups: Vec<_> =
        statements(&ci).filter(|(_, statement)| deletes(statement)).flat_map(|(_, statement)| list(&statement["Resource"])).collect();
    assert!(!groups.is_empty() && groups.iter().all(|group| !group.to_string().contains(":log-group:latchkey-")), "{groups:?}");
}

#[test]
fn every_function_behind_the_api_may_read_the_secret_of_a_closed_origin_and_no_other_function() {
    let template = source();
    let behind: BTreeSet<_> = routes(self::template()).unwrap().into_iter().filter(|route| route.authorizer.is_none()).collect();
    let behind: BTreeSet<_> = behind.into_iter().map(|route| route.operation).collect();

    for (id, function) in resources(&template, "AWS::Serverless::Function") {
        let folder = function["CodeUri"].as_str().unwrap().trim_start_matches("target/lambda/").trim_end_matches('/');
        let is_behind = behind.contains(folder);
        let variables = &function["Environment"]["Variables"];
        assert_eq!(variables["ORIGIN_SECRETS"].is_object() && variables["CLIENT_ADDRESS_HEADER"].is_object(), is_behind, "{id}");
        let of_role = statements(&template).filter(|(role, _)| *role == format!("{id}Role"));
        let conditional: Vec<_> = of_role.filter(|(_, statement)| statement["Fn::If"][0] == "OriginIsClosed").map(|(_, of)| of).collect();
        let read = json!({ "Effect": "Allow", "Action": ["secretsmanager:GetSecretValue"], "Resource": { "Ref": "OriginSecretArn" } });
        assert_eq!(conditional.iter().any(|statement| *unconditional(statement) == read), is_behind, "{id}");
    }
}

#[test]
fn a_parameter_that_needs_another_is_refused_without_it() {
    let rules = source()["Rules"].as_object().unwrap().clone();

    for (parameter, off, needed) in [
        ("ClientAddressHeader", "", "OriginSecretArn"),
        ("OriginSecretArn", "", "ClientAddressHeader"),
        ("DisableExecuteApi", "false", "DomainName"),
    ] {
        let rule = &rules[&format!("{parameter}Needs{needed}")];
        assert_eq!(rule["RuleCondition"], json!({ "Fn::Not": [{ "Fn::Equals": [{ "Ref": parameter }, off] }] }));
        assert_eq!(rule["Assertions"][0]["Assert"], json!({ "Fn::Not": [{ "Fn::Equals": [{ "Ref": needed }, ""] }] }));
    }
}

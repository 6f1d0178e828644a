//! Nothing that was deployed or written says a secret: keys, passwords, tokens.

use serde_json::{Value, json};

use super::deployed::{Deployed, STACK};
use crate::stack::people;

/// The private members of a JWK.
const PRIVATE: [&str; 7] = ["d", "k", "p", "q", "dp", "dq", "qi"];

/// Where secrets may not be, and where tokens may not be either: by name, the text.
type Texts = Vec<(String, String)>;

pub fn nothing_says_a_secret(deployed: &Deployed) {
    let mut secrets: Vec<String> = deployed.key_sets().iter().flat_map(|set| private_members(set)).collect();
    let keys = secrets.len();
    secrets.push(deployed.password.clone());
    secrets.extend(people::passwords());
    the_access_log_names_no_path(deployed);
    let (stack, logs) = (of_the_stack(deployed), of_the_logs(deployed));
    let lines: usize = logs.iter().map(|(_, text)| text.lines().count()).sum();
    for (place, text) in stack.iter().chain(&logs) {
        for secret in &secrets {
            assert!(!text.contains(secret), "{place} says a key or a password");
        }
        assert_eq!(tokens(text), Vec::<&str>::new(), "{place} says a token");
    }
    println!(
        "{keys} private numbers of keys, {} passwords and every token: none in {} documents of the stack, in {} log groups with {lines} lines",
        secrets.len() - keys,
        stack.len(),
        logs.len(),
    );
    assert!(lines > 1000 && secrets.len() > keys + 2, "too little was looked at to say anything");
}

/// API Gateway writes it and ministack does not: what stands in it is the format's to say. Paths hold one-time tokens, and a client can
/// put anything into a query or a user agent.
fn the_access_log_names_no_path(deployed: &Deployed) {
    let apis = deployed.aws.call("apigatewayv2", "get_apis", json!({}))["Items"].take();
    let ids = apis.as_array().unwrap().iter().map(|api| api["ApiId"].clone());
    let stages = ids.map(|id| deployed.aws.call("apigatewayv2", "get_stages", json!({ "ApiId": id }))["Items"].take());
    let formats: Vec<_> = stages.filter_map(|of| Some(of[0]["AccessLogSettings"]["Format"].as_str()?.to_owned())).collect();
    assert!(!formats.is_empty());
    for format in formats {
        let telling = ["$context.path", "$context.http", "$context.authorizer", "$context.identity.userAgent", "queryString", "header"];
        assert_eq!(telling.into_iter().find(|variable| format.contains(variable)), None, "{format}");
    }
}

fn private_members(set: &str) -> Vec<String> {
    let set: Value = serde_json::from_str(set).unwrap();
    let keys = set["keys"].as_array().unwrap().iter();
    keys.flat_map(|key| PRIVATE.iter().filter_map(|name| Some(key[*name].as_str()?.to_owned()))).collect()
}

/// Templates, parameters, outputs, events and the functions' variables.
fn of_the_stack(deployed: &Deployed) -> Texts {
    let stack = json!({ "StackName": STACK });
    let stage = |stage: &str| json!({ "StackName": STACK, "TemplateStage": stage });
    let answers = [
        ("get_template", stage("Original")),
        ("get_template", stage("Processed")),
        ("describe_stacks", stack.clone()),
        ("describe_stack_events", stack.clone()),
        ("list_stack_resources", stack.clone()),
        ("list_change_sets", stack),
    ];
    let mut texts: Texts = Vec::new();
    for (operation, parameters) in answers {
        texts.push((operation.to_owned(), deployed.aws.call("cloudformation", operation, parameters).to_string()));
    }
    for name in deployed.functions.values() {
        let function = deployed.aws.call("lambda", "get_function_configuration", json!({ "FunctionName": name }));
        texts.push((format!("the variables of {name}"), function.to_string()));
    }
    texts
}

fn of_the_logs(deployed: &Deployed) -> Texts {
    let groups = deployed.aws.call("logs", "describe_log_groups", json!({}))["logGroups"].take();
    let name = |group: &Value| group["logGroupName"].as_str().unwrap().to_owned();
    groups.as_array().unwrap().iter().map(name).map(|group| (group.clone(), deployed.log(&group))).collect()
}

/// What looks like one of our tokens.
fn tokens(text: &str) -> Vec<&str> {
    let is_of_token = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-' | '.');
    let words = text.split(|letter: char| !is_of_token(letter));
    let opaque = |word: &str| ["lkapi_", "lkent_", "lkone_"].iter().any(|prefix| word.find(prefix).is_some_and(|at| word.len() - at > 30));
    let jwt = |word: &str| word.starts_with("eyJ") && word.split('.').count() == 3;
    words.filter(|word| opaque(word) || jwt(word)).collect()
}

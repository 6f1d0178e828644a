//! Each role as deployed, and what its function was seen to ask of AWS: the same, both ways.
//!
//! That no right is missing is shown by every answer of the run, since AWS here refuses what a role does not allow. That none is to
//! spare is shown by CloudTrail. It sees neither the log lines, which Lambda itself writes, nor SES.

use std::collections::{BTreeMap, BTreeSet};

use aws_lc_rs::digest::{SHA256, digest};
use serde_json::{Value, json};

use super::deployed::Deployed;

/// Action and resource.
type Right = (String, String);

/// What CloudTrail does not tell, each with what does.
const UNSEEN: [&str; 9] = [
    // Lambda writes them in the function's name.
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    // The mails that have come.
    "ses:SendEmail",
    // Lambda reads the stream in the mailer's name, and puts aside what it never took.
    "dynamodb:DescribeStream",
    "dynamodb:GetRecords",
    "dynamodb:GetShardIterator",
    "dynamodb:ListStreams",
    "sqs:SendMessage",
    // SES asks for it where a mail is raw, as ours are; ministack asks for SendEmail only.
    "ses:SendRawEmail",
];

/// Every call that the functions make.
const CALLS: [&str; 12] = [
    "BatchGetItem",
    "BatchWriteItem",
    "DeleteItem",
    "GetItem",
    "PutItem",
    "Query",
    "Scan",
    "TransactWriteItems",
    "UpdateItem",
    "GetSecretValue",
    "BatchGetSecretValue",
    "PutSecretValue",
];

/// What has been seen, by function.
#[derive(Default)]
pub struct Rights(BTreeMap<String, BTreeSet<Right>>);

impl Rights {
    /// Adds the newest calls of each function: CloudTrail here tells no more than fifty of one name at a time.
    pub fn observe(&mut self, deployed: &Deployed) {
        for (function, name) in &deployed.functions {
            let configuration = deployed.aws.call("lambda", "get_function_configuration", json!({ "FunctionName": name }));
            let caller = access_key(&text(&configuration, "FunctionArn"), &text(&configuration, "Role"));
            let seen = self.0.entry(function.clone()).or_default();
            for call in CALLS {
                let attributes = json!([
                    { "AttributeKey": "AccessKeyId", "AttributeValue": caller },
                    { "AttributeKey": "EventName", "AttributeValue": call },
                ]);
                let events = deployed.aws.call("cloudtrail", "lookup_events", json!({ "LookupAttributes": attributes }));
                for event in events["Events"].as_array().unwrap() {
                    let event: Value = serde_json::from_str(&text(event, "CloudTrailEvent")).unwrap();
                    seen.extend(rights_of(call, &event["requestParameters"]));
                }
            }
        }
    }

    /// What was seen is what is allowed.
    pub fn are_what_the_roles_allow(&self, deployed: &Deployed) {
        let (mut compared, mut to_spare) = (0, Vec::new());
        for (function, name) in &deployed.functions {
            let allowed: BTreeSet<Right> =
                allowed(deployed, name).into_iter().filter(|(action, _)| !UNSEEN.contains(&action.as_str())).collect();
            let seen = &self.0[function];
            compared += allowed.len();
            assert_eq!(seen.difference(&allowed).collect::<Vec<_>>(), Vec::<&Right>::new(), "{function} asks for what it may not");
            to_spare.extend(allowed.difference(seen).map(|right| (function.clone(), right.clone())));
        }
        assert!(to_spare.is_empty(), "rights that nothing used: {to_spare:#?}");
        println!("{compared} rights of {} roles, each used, and none used that is not there", deployed.functions.len());
    }
}

/// The access key of the session that a function's invocations have, which ministack derives.
fn access_key(function: &str, role: &str) -> String {
    let hash = digest(&SHA256, format!("{function}:{role}").as_bytes());
    let hex: String = hash.as_ref().iter().take(8).map(|byte| format!("{byte:02X}")).collect();
    format!("ASIA{hex}")
}

/// The actions that IAM checks for one call. A transaction needs the rights of its parts.
fn rights_of(call: &str, parameters: &Value) -> Vec<Right> {
    let right = |action: &str, resource: &Value| (action.to_owned(), resource.as_str().unwrap().to_owned());
    match call {
        "GetSecretValue" | "PutSecretValue" => vec![right(&format!("secretsmanager:{call}"), &parameters["SecretId"])],
        "BatchGetSecretValue" => {
            let each = parameters["SecretIdList"].as_array().unwrap().iter().map(|id| right("secretsmanager:GetSecretValue", id));
            each.chain([right("secretsmanager:BatchGetSecretValue", &json!("*"))]).collect()
        }
        "BatchGetItem" | "BatchWriteItem" => {
            let tables = parameters["RequestItems"].as_object().unwrap().keys();
            tables.map(|table| right(&format!("dynamodb:{call}"), &json!(table))).collect()
        }
        "TransactWriteItems" => {
            let parts = parameters["TransactItems"].as_array().unwrap().iter().flat_map(|item| item.as_object().unwrap());
            let action = |part: &str| {
                if part == "ConditionCheck" { "dynamodb:ConditionCheckItem".to_owned() } else { format!("dynamodb:{part}Item") }
            };
            parts.map(|(part, of)| right(&action(part), &of["TableName"])).collect()
        }
        _ => vec![right(&format!("dynamodb:{call}"), &parameters["TableName"])],
    }
}

/// The statements of a function's role, with tables by name, and no `*` in any that gives something.
fn allowed(deployed: &Deployed, function: &str) -> BTreeSet<Right> {
    let configuration = deployed.aws.call("lambda", "get_function_configuration", json!({ "FunctionName": function }));
    let role = json!({ "RoleName": text(&configuration, "Role").rsplit('/').next().unwrap() });
    let attached = deployed.aws.call("iam", "list_attached_role_policies", role.clone());
    assert_eq!(attached["AttachedPolicies"], json!([]), "{function}");
    let names = deployed.aws.call("iam", "list_role_policies", role.clone())["PolicyNames"].take();
    let mut rights = BTreeSet::new();
    for name in names.as_array().unwrap() {
        let mut parameters = role.clone();
        parameters["PolicyName"] = name.clone();
        let policy = deployed.aws.call("iam", "get_role_policy", parameters);
        for statement in list(&policy["PolicyDocument"]["Statement"]) {
            assert_eq!(statement["Effect"], "Allow");
            for (action, resource) in list(&statement["Action"])
                .into_iter()
                .flat_map(|action| list(&statement["Resource"]).into_iter().map(move |resource| (action, resource)))
            {
                let (action, resource) = (action.as_str().unwrap(), resource.as_str().unwrap());
                // Of a log group, ":*" is its streams.
                // A batch knows no resource, and gives nothing without the right on each secret.
                let is_narrow = action == "secretsmanager:BatchGetSecretValue" || !resource.trim_end_matches(":*").contains('*');
                assert!(!action.contains('*') && is_narrow, "{function}: {action} on {resource}");
                let name = resource.split_once(":table/").map_or(resource, |(_, table)| table);
                rights.insert((action.to_owned(), name.to_owned()));
            }
        }
    }
    rights
}

fn list(value: &Value) -> Vec<&Value> {
    value.as_array().map_or_else(|| vec![value], |items| items.iter().collect())
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_else(|| panic!("no {name} in {value}")).to_owned()
}

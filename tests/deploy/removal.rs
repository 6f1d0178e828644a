//! The stack removed: what its users have stays.

use serde_json::{Value, json};

use super::deployed::{Deployed, STACK, outputs, run};
use crate::house::root;

pub async fn tables_keys_and_audit_log_outlive_the_stack(deployed: &Deployed) {
    let keys = deployed.key_sets();
    let secrets = deployed.secret_arns();
    let user = deployed.demo_id().await;
    let log = outputs(&deployed.aws)["AuditLogGroup"].clone();

    let mut delete = deployed.aws.command("sam");
    run(delete.args(["delete", "--stack-name", STACK, "--no-prompts"]).current_dir(root()));

    let stacks = deployed.aws.try_call("cloudformation", "describe_stacks", json!({ "StackName": STACK }));
    assert!(stacks.unwrap_err().contains("does not exist"));
    for (service, operation, list) in
        [("lambda", "list_functions", "/Functions"), ("apigatewayv2", "get_apis", "/Items"), ("events", "list_rules", "/Rules")]
    {
        let left = deployed.aws.call(service, operation, json!({}));
        assert_eq!(left.pointer(list).and_then(Value::as_array).map(Vec::len), Some(0), "{left}");
    }
    let groups = deployed.aws.call("logs", "describe_log_groups", json!({}))["logGroups"].take();
    let left: Vec<_> = groups.as_array().unwrap().iter().map(|group| &group["logGroupName"]).collect();
    assert_eq!(left, [&json!(log)]);
    assert!(deployed.log(&log).contains("login.succeeded"));
    let roles = deployed.aws.call("iam", "list_roles", json!({}))["Roles"].take();
    assert!(roles.as_array().unwrap().iter().all(|role| !role["RoleName"].as_str().unwrap().starts_with(STACK)), "{roles}");
    assert_eq!(deployed.demo_id().await, user);
    for (arn, set) in secrets.iter().zip(&keys) {
        let value = deployed.aws.call("secretsmanager", "get_secret_value", json!({ "SecretId": arn }));
        assert_eq!(value["SecretString"], json!(set));
    }
    println!("functions, APIs, rules and roles are gone; 3 tables, 3 key sets and the audit log are there");
}

//! The stack removed: what its users have stays.

use serde_json::{Value, json};

use super::deployed::{Deployed, STACK, run};
use crate::house::root;

pub async fn tables_and_keys_outlive_the_stack(deployed: &Deployed) {
    let keys = deployed.key_sets();
    let secrets = deployed.secret_arns();
    let user = deployed.demo_id().await;

    let mut delete = deployed.aws.command("sam");
    run(delete.args(["delete", "--stack-name", STACK, "--no-prompts"]).current_dir(root()));

    let stacks = deployed.aws.try_call("cloudformation", "describe_stacks", json!({ "StackName": STACK }));
    assert!(stacks.unwrap_err().contains("does not exist"));
    for (service, operation, list) in [
        ("lambda", "list_functions", "/Functions"),
        ("apigatewayv2", "get_apis", "/Items"),
        ("logs", "describe_log_groups", "/logGroups"),
        ("events", "list_rules", "/Rules"),
    ] {
        let left = deployed.aws.call(service, operation, json!({}));
        assert_eq!(left.pointer(list).and_then(Value::as_array).map(Vec::len), Some(0), "{left}");
    }
    let roles = deployed.aws.call("iam", "list_roles", json!({}))["Roles"].take();
    assert!(roles.as_array().unwrap().iter().all(|role| !role["RoleName"].as_str().unwrap().starts_with(STACK)), "{roles}");
    assert_eq!(deployed.demo_id().await, user);
    for (arn, set) in secrets.iter().zip(&keys) {
        let value = deployed.aws.call("secretsmanager", "get_secret_value", json!({ "SecretId": arn }));
        assert_eq!(value["SecretString"], json!(set));
    }
    println!("functions, APIs, logs, rules and roles are gone; 3 tables and 3 key sets are there");
}

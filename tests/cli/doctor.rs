//! `latchkey doctor`.

use std::sync::Arc;

use aws_sdk_dynamodb::types::TimeToLiveSpecification;
use latchkey::domain::SystemClock;
use serde_json::Value;

use super::{Operator, Said};
use crate::house::World;

/// A world whose clock is this machine's, as DynamoDB's is.
fn today(world: &World) -> Operator {
    Operator { clock: Arc::new(SystemClock), ..world.operator() }
}

fn wrong(said: &Said) -> Vec<String> {
    let document = said.json();
    let findings = document["findings"].as_array().unwrap().iter().filter(|finding| finding["state"] == "wrong");
    let wrong: Vec<_> = findings.inspect(|finding| assert!(finding["advice"].is_string(), "{finding}")).collect();
    wrong.into_iter().map(|finding| format!("{}: {}", finding["check"].as_str().unwrap(), finding["finding"].as_str().unwrap())).collect()
}

#[tokio::test]
async fn a_healthy_stack_is_told_to_be_healthy() {
    let world = World::new().await;
    let olga = today(&world);

    let said = olga.run("doctor --json").await.done();
    let text = olga.run("doctor").await.done().out;

    assert_eq!((wrong(&said), &said.json()["healthy"]), (vec![], &Value::Bool(true)));
    assert!(!text.contains("WRONG") && text.contains("clock"), "{text}");
}

#[tokio::test]
async fn a_clock_that_is_wrong_is_told() {
    let world = World::new().await;

    let said = world.operator().run("doctor --json").await;

    assert_eq!(said.code, 1);
    assert!(wrong(&said)[0].starts_with("clock: is "), "{said:?}");
}

#[tokio::test]
async fn a_table_that_is_gone_or_does_not_sweep_is_told() {
    let world = World::new().await;
    let olga = today(&world);
    world.dynamodb.delete_table().table_name("latchkey-users").send().await.unwrap();
    let off = TimeToLiveSpecification::builder().attribute_name("expires_at").enabled(false).build().unwrap();
    world.dynamodb.update_time_to_live().table_name("latchkey-tokens").time_to_live_specification(off).send().await.unwrap();

    let said = olga.run("doctor --json").await;

    assert_eq!(said.code, 1);
    assert_eq!(wrong(&said), ["table latchkey-users: does not exist", "table latchkey-tokens: has no TTL on expires_at"]);
}

#[tokio::test]
async fn a_stack_that_does_not_answer_is_told() {
    let world = World::new().await;
    let olga = Operator { clock: Arc::new(SystemClock), ..world.operator_at("http://127.0.0.1:9") };

    let said = olga.run("doctor --json").await;

    assert_eq!(said.code, 1);
    assert_eq!(wrong(&said).len(), 4, "three tables and the clock: {said:?}");
}

#[tokio::test]
async fn key_sets_that_can_not_be_used_are_told() {
    let world = World::new().await;
    let olga = today(&world);
    let write = |name: &str, text: &str| std::fs::write(world.folder.join(name).with_extension("json"), text).unwrap();
    let read = |name: &str| std::fs::read_to_string(world.folder.join(name).with_extension("json")).unwrap();
    let (signing, verification, token) = (read("signing"), read("verification"), read("token"));
    let other = latchkey::credentials::generate::signing_keys(latchkey::credentials::Algorithm::ES256).unwrap();

    for (name, text, expected) in [
        ("signing", "nonsense".to_owned(), "signing keys: is not a JWK set"),
        ("signing", signing.replace("current", "next"), "signing keys: must have exactly one key"),
        ("signing", other, "signing and verification keys: do not match"),
        ("verification", verification.replace("ES256", "RS256"), "verification keys: key"),
        ("verification", signing.clone(), "verification keys: hold more than public members"),
        ("token", token.replace("\"1\"", "\"0\""), "token keys: key"),
    ] {
        write(name, &text);
        let said = olga.run("doctor --json").await;
        write("signing", &signing);
        write("verification", &verification);
        write("token", &token);

        assert_eq!(said.code, 1, "{name} {said:?}");
        assert!(wrong(&said).iter().any(|finding| finding.starts_with(expected)), "{expected}: {said:?}");
    }
    std::fs::remove_file(world.folder.join("token.json")).unwrap();
    assert!(wrong(&olga.run("doctor --json").await)[0].contains("is empty"));
}

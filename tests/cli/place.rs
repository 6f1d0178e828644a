//! Which stack a command works on.

use serde_json::Value;

use super::Operator;
use crate::house::World;

#[tokio::test]
async fn the_stack_that_runs_here_is_taken_unless_another_is_named() {
    let world = World::new().await;
    let olga = world.operator();
    let elsewhere = Operator { directory: std::env::temp_dir(), ..olga.clone() };

    assert_eq!(olga.run("user list").await.code, 0);
    assert_eq!(olga.run("--local user list").await.code, 0);
    assert_eq!(olga.run("user list --local=.local").await.code, 0);
    let said = olga.run("--local=elsewhere user list").await;
    assert_eq!(said.code, 3);
    assert!(said.err.contains("latchkey dev"), "{}", said.err);
    assert_eq!(elsewhere.run(&format!("--local={} user list", world.folder.join(".local").display())).await.code, 0);
}

#[tokio::test]
async fn without_any_stack_it_is_told_how_to_name_one() {
    let world = World::new().await;
    let lost = Operator { directory: world.folder.clone(), ..world.operator() };
    std::fs::remove_file(world.folder.join(".local/stack.json")).unwrap();

    let said = lost.run("user list --json").await;

    assert_eq!(said.code, 2);
    let error: Value = serde_json::from_str(&said.err).unwrap();
    assert!(error["error"].as_str().unwrap().contains("--stack NAME") && error["kind"] == "usage");
}

#[tokio::test]
async fn a_stack_file_of_another_kind_is_told() {
    let world = World::new().await;
    let olga = world.operator();
    std::fs::write(world.folder.join(".local/stack.json"), "{}").unwrap();

    let said = olga.run("user list").await;

    assert_eq!(said.code, 1);
    assert!(said.err.contains("stack.json"));
}

#[tokio::test]
async fn the_journal_is_where_it_was_asked_to_be() {
    let world = World::new().await;
    let olga = world.operator();

    olga.run("user add carol --generate --journal acts/here.jsonl").await.done();

    assert!(olga.acts().is_empty());
    assert!(std::fs::read_to_string(world.folder.join("acts/here.jsonl")).unwrap().contains("user.add"));
}

#[tokio::test]
async fn help_is_no_mistake() {
    let world = World::new().await;
    let olga = world.operator();

    let help = olga.run("--help").await.done();
    assert!(help.out.contains("doctor") && help.err.is_empty());
    assert_eq!(olga.run("").await.code, 2);
}

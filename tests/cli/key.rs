//! `latchkey key`.

use aws_sdk_dynamodb::types::AttributeValue;
use latchkey::domain::{Acl, KeyId};
use serde_json::json;

use crate::house::{Call, World};
use crate::operations::AuthheaderList;

#[tokio::test]
async fn keys_are_listed_without_their_text_unless_it_is_asked_for() {
    let world = World::new().await;
    let olga = world.operator();
    let carol = world.person("carol").await;
    world.add_key(&carol.jwt, json!({ "name": "second key" })).await;

    let listed = olga.run("key list --user carol --json").await.done();
    let shown = olga.run("key list --user carol --show-tokens --json").await.done();
    let text = olga.run("key list --user carol").await.done().out;

    let names: Vec<_> = listed.lines().iter().map(|key| key["name"].clone()).collect();
    assert_eq!(names.len(), 2);
    assert!(names.contains(&json!("key")) && names.contains(&json!("second key")));
    assert!(!listed.out.contains("lkapi_") && !text.contains("lkapi_"));
    assert!(shown.lines().iter().any(|key| key["token"] == carol.key));
    assert_eq!(text.lines().count(), 3);
}

#[tokio::test]
async fn a_revoked_key_is_refused_by_the_next_call() {
    let world = World::new().await;
    let olga = world.operator();
    let carol = world.person_with("carol", Acl::everything()).await;
    let make = async || world.one_time_token(&carol.key, json!({ "customerId": carol.id })).await.status;
    assert_eq!(make().await, 201);
    let id = olga.run("key list --user carol --json").await.done().lines()[0]["id"].as_str().unwrap().to_owned();

    let said = olga.run(&format!("key revoke --user carol {id} --json")).await.done().json();
    let again = olga.run(&format!("key revoke --user carol {id}")).await;

    assert_eq!(said["revoked"], json!([id]));
    assert_eq!(make().await, 401);
    assert_eq!(again.code, 3);
    assert_eq!(olga.acts(), ["key.revoke"]);
}

#[tokio::test]
async fn all_keys_of_one_user_are_revoked_and_nobody_else_s() {
    let world = World::new().await;
    let olga = world.operator();
    let (carol, dora) = (world.person("carol").await, world.person("dora").await);
    for name in ["b", "c"] {
        world.add_key(&carol.jwt, json!({ "name": name })).await;
    }

    let said = olga.run("key revoke --user carol --all --json").await.done().json();

    assert_eq!(said["revoked"].as_array().unwrap().len(), 3);
    let left = async |jwt: &str| world.call::<AuthheaderList>(Call::new().bearer(jwt)).await.body.as_array().unwrap().len();
    assert_eq!((left(&carol.jwt).await, left(&dora.jwt).await), (0, 1));
    assert_eq!(olga.run("key revoke --user carol --all --json").await.done().json()["revoked"], json!([]));
}

#[tokio::test]
async fn what_is_not_there_or_not_said_is_told() {
    let world = World::new().await;
    let olga = world.operator();
    world.person("carol").await;

    assert_eq!(olga.run("key list --user dora").await.code, 3);
    assert_eq!(olga.run("key list").await.code, 2);
    assert_eq!(olga.run("key revoke --user carol").await.code, 2);
    assert_eq!(olga.run("key revoke --user carol nonsense").await.code, 2);
    assert_eq!(olga.run(&format!("key revoke --user carol {}", KeyId::random())).await.code, 3);
    assert!(olga.acts().is_empty());
}

#[tokio::test]
async fn a_name_that_would_move_the_cursor_is_shown_escaped() {
    let world = World::new().await;
    let olga = world.operator();
    world.person("carol").await;
    // Such names are refused today, but an older row may have one.
    for mut row in world.rows("tokens").await {
        row.insert("name".to_owned(), AttributeValue::S("\u{1b}[2Jgone\u{202e}".to_owned()));
        world.dynamodb.put_item().table_name("latchkey-tokens").set_item(Some(row)).send().await.unwrap();
    }

    let text = olga.run("key list --user carol").await.done().out;

    assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'));
    assert!(text.contains("\\u{1b}[2Jgone\\u{202e}"), "{text}");
}

#[tokio::test]
async fn a_key_is_made_for_a_user_who_never_logged_in_and_is_shown_once() {
    let world = World::new().await;
    let olga = world.operator();
    olga.run("user add robot --no-password --admin").await.done();

    let said = olga.run("key add robot --name production --json").await.done().json();

    let key = said["token"].as_str().unwrap();
    assert_eq!((&said["name"], &said["acl"]), (&json!("production"), &json!(null)));
    assert_eq!(world.one_time_token(key, json!({ "customerId": "x" })).await.status, 201);
    assert!(!olga.run("key list --user robot --json").await.done().out.contains(key));
    let text = olga.run("key add robot").await.done().out;
    assert!(text.contains("lkapi_") && text.contains("not shown again"), "{text}");
    assert_eq!(olga.acts(), ["user.add", "key.add", "key.add"]);
    assert!(olga.journal().iter().all(|line| !line.to_string().contains("lkapi_")));
}

#[tokio::test]
async fn a_key_is_restricted_and_never_exceeds_its_owner() {
    let world = World::new().await;
    let olga = world.operator();
    let own = r#"[{"scope":{"organizationId":["acme"]},"permissions":["introspect","entity-token-get"]}]"#;
    olga.run_args(["user", "add", "robot", "--no-password", "--acl", own]).await.done();
    let less = r#"[{"scope":{"organizationId":["acme"]},"permissions":["introspect"]}]"#;

    let said = olga.run_args(["key", "add", "robot", "--acl", less, "--json"]).await.done().json();
    let more = olga.run("key add robot --admin").await;

    assert_eq!(said["acl"], serde_json::from_str::<serde_json::Value>(less).unwrap());
    assert_eq!((more.code, more.out.as_str()), (4, ""));
    assert_eq!(olga.run_args(["key", "add", "robot", "--name", "a\u{7}b"]).await.code, 2);
    assert_eq!(olga.run("key add nobody").await.code, 3);
    olga.run("user disable robot").await.done();
    assert_eq!(olga.run("key add robot").await.code, 4);
    assert_eq!(world.rows("tokens").await.len(), 1);
}

//! The operator's journal: an act is recorded before it is done, and after.

use std::sync::Arc;

use latchkey::domain::Acl;
use serde_json::json;
use tokio::sync::Notify;

use super::Operator;
use super::wire::wire;
use crate::house::{Call, World};
use crate::operations::AuthenticationTokenExchange;

/// Every command that changes something or shows a secret of the user `carol`, and the act that it is.
const ACTS: [(&str, &str); 14] = [
    ("user add dora --generate", "user.add"),
    ("user grant carol --acl []", "user.grant"),
    ("key list --user carol --show-tokens", "key.show"),
    ("session revoke --user carol --issued --all", "session.revoke"),
    ("session revoke --user carol --all", "session.revoke-all"),
    ("key revoke --user carol --all", "key.revoke"),
    ("user passwd carol --generate", "user.passwd"),
    ("user disable carol", "user.disable"),
    ("user enable carol", "user.enable"),
    ("keys rotate signing", "keys.add-next"),
    ("keys rotate tokens", "keys.add-next"),
    ("export -", "users.export"),
    ("forget carol --export -", "forget.export"),
    ("forget carol --erase --yes", "forget.erase"),
];

/// A person with a key, and with a session that was exchanged in that name.
async fn add_carol(world: &World) {
    let carol = world.person_with("carol", Acl::everything()).await;
    let token = world.one_time_token(&carol.key, json!({ "customerId": "customer" })).await.text("token");
    world.call::<AuthenticationTokenExchange>(Call::new().path("token", &token)).await;
}

/// Everything that there is. A refused rotation still announces the sets as they are.
async fn state(world: &World) -> String {
    let mut rows = Vec::new();
    for table in ["users", "tokens", "sessions"] {
        let is_told = |row: &&_| !format!("{row:?}").contains("key-versions");
        rows.extend(world.rows(table).await.iter().filter(is_told).map(|row| {
            let mut attributes: Vec<_> = row.iter().map(|attribute| format!("{attribute:?}")).collect();
            attributes.sort();
            attributes.join(" ")
        }));
    }
    rows.sort();
    let sets =
        ["signing", "verification", "token"].map(|set| std::fs::read_to_string(world.folder.join(set).with_extension("json")).unwrap());
    format!("{}{}", rows.join("\n"), sets.concat())
}

#[tokio::test]
async fn what_can_not_be_recorded_is_not_done() {
    let world = World::new().await;
    let olga = world.operator();
    add_carol(&world).await;
    let (enable, others): (Vec<_>, Vec<_>) = ACTS.into_iter().partition(|(_, act)| *act == "user.enable");

    let refused = async |acts: &[(&str, &str)]| {
        let before = state(&world).await;
        for (words, act) in acts {
            let said = olga.run(&format!("{words} --journal /dev/full")).await;

            assert_eq!(said.code, 1, "{words}: {said:?}");
            assert!(said.err.contains(&format!("{act} of ")) && said.err.contains(" was not done"), "{}", said.err);
            assert!(said.out.is_empty(), "{words} shows nothing: {said:?}");
        }
        assert_eq!(state(&world).await, before);
    };
    refused(&others).await;
    olga.run("user disable carol").await.done();
    refused(&enable).await;

    let said = olga.run("keys init --journal /dev/full").await;
    assert_eq!(said.code, 1, "{said:?}");
}

#[tokio::test]
async fn each_act_has_a_line_before_it_and_one_after_it() {
    let world = World::new().await;
    let olga = world.operator();
    add_carol(&world).await;

    for (words, act) in ACTS {
        let known = olga.journal().len();
        olga.run(words).await.done();

        let lines = olga.journal().split_off(known);
        let [intent, done] = lines.as_slice() else { panic!("{words}: {lines:?}") };
        assert_eq!((&intent["operation"], &done["operation"]), (&json!(act), &json!(act)));
        assert!(intent.get("event").is_none(), "nothing has happened: {intent}");
        assert_eq!((&intent["intent"], &intent["entry"]), (&done["event"], &done["entry"]), "{words}");
        assert_eq!(intent["operator"], "olga");
        assert!(!lines.iter().any(|line| line.to_string().contains("lkapi_")), "{lines:?}");
    }
}

#[tokio::test]
async fn what_had_not_to_be_done_is_recorded_as_that_or_not_at_all() {
    let world = World::new().await;
    let olga = world.operator();
    world.person("carol").await;
    olga.run("key revoke --user carol --all").await.done();
    let known = olga.journal().len();

    olga.run("user enable carol").await.done();
    olga.run("key list --user carol").await.done();
    assert_eq!(olga.journal().len(), known, "nothing was to be done");
    olga.run("key revoke --user carol --all").await.done();
    olga.run("keys init").await.done();

    assert_eq!(olga.recorded("unchanged"), ["key.revoke", "keys.init"]);
}

/// An operator, every write of whom goes to `writes` first.
async fn watched<F: Future<Output = bool> + Send + 'static>(
    world: &World,
    writes: impl Fn() -> F + Clone + Send + Sync + 'static,
) -> Operator {
    let passes = move |action: String| {
        let writes = writes.clone();
        async move { if action == "TransactWriteItems" { writes().await } else { true } }
    };
    world.operator_at(&wire(world, passes).await)
}

#[tokio::test]
async fn a_program_that_ends_amid_an_act_leaves_the_intent() {
    let world = World::new().await;
    world.person("carol").await;
    let arrived = Arc::new(Notify::new());
    let told = arrived.clone();
    let olga = watched(&world, move || {
        told.notify_one();
        std::future::pending::<bool>()
    })
    .await;

    tokio::select! {
        said = olga.run("user disable carol") => panic!("{said:?}"),
        () = arrived.notified() => {}
    }

    assert_eq!((olga.recorded("intent"), olga.journal().len()), (vec!["user.disable".to_owned()], 1));
}

#[tokio::test]
async fn an_act_that_failed_is_recorded_as_that() {
    let world = World::new().await;
    world.person("carol").await;
    let olga = watched(&world, || async { false }).await;

    for words in ["user disable carol", "user passwd carol --generate", "key revoke --user carol --all", "user add dora --generate"] {
        assert_eq!(olga.run(words).await.code, 1, "{words}");
    }

    let acts = ["user.disable", "user.passwd", "key.revoke", "user.add"];
    assert_eq!((olga.recorded("failed"), olga.recorded("intent")), (acts.map(str::to_owned).into(), acts.map(str::to_owned).into()));
    assert!(olga.acts().is_empty());
}

#[tokio::test]
async fn an_act_whose_end_can_not_be_recorded_is_told_to_be_done() {
    let world = World::new().await;
    let journal = world.folder.join(".local/journal.jsonl");
    let olga = watched(&world, move || {
        // No line can be added to a folder.
        std::fs::remove_file(&journal).unwrap();
        std::fs::create_dir(&journal).unwrap();
        async { true }
    })
    .await;

    let said = olga.run("user add carol --generate").await;

    assert_eq!(said.code, 1);
    assert!(said.err.contains("is done, but could not be recorded"), "{}", said.err);
    assert_eq!(world.rows("users").await.len(), 2);
}

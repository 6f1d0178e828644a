//! Addresses that an earlier release, a file or an operator gave.

use latchkey::domain::Acl;
use latchkey::store::UserRow;
use serde_json::{Value, json};

use crate::house::World;

/// Users of an earlier release, whose addresses have no rows; the last two have one address.
async fn old_users(world: &World) {
    for name in ["alice", "bob", "carol"] {
        world.insert(&world.user_row(name, Acl::default())).await;
        world.disown(&format!("{name}@example.com")).await;
    }
    let dora = UserRow { email: Some("CAROL@example.com".into()), ..world.user_row("dora", Acl::default()) };
    world.insert(&dora).await;
    world.disown("carol@example.com").await;
}

async fn logs_in(world: &World, address: &str, name: &str) -> bool {
    world.login(address, &format!("{name}'s password")).await.status == 200
}

fn findings(said: &Value) -> Vec<String> {
    let findings = said["findings"].as_array().unwrap().iter();
    findings.filter(|finding| finding["check"] == "addresses").map(|finding| finding["finding"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_reindex_lets_addresses_take_effect_but_for_those_that_several_have() {
    let world = World::new().await;
    let olga = world.operator();
    old_users(&world).await;
    assert!(!logs_in(&world, "alice@example.com", "alice").await);

    let said = olga.run("user reindex --json").await;
    let again = olga.run("user reindex --json").await;

    assert_eq!((said.code, again.code), (4, 4));
    let numbers = |out: &str| {
        let said: Value = serde_json::from_str(out.trim()).unwrap();
        (said["addresses"].clone(), said["shared_addresses"].clone())
    };
    assert_eq!((numbers(&said.out), numbers(&again.out)), ((json!(2), json!(2)), (json!(0), json!(2))));
    assert!(logs_in(&world, "alice@example.com", "alice").await && logs_in(&world, "bob@example.com", "bob").await);
    assert!(!logs_in(&world, "carol@example.com", "carol").await && !logs_in(&world, "carol@example.com", "dora").await);
}

#[tokio::test]
async fn the_doctor_lists_shared_addresses_and_the_operator_decides() {
    let world = World::new().await;
    let olga = world.operator();
    old_users(&world).await;

    let before = findings(&olga.run("doctor --json").await.json());
    olga.run("user reindex").await;
    let shared = findings(&olga.run("doctor --json").await.json());
    let decided = olga.run("user set dora --email carol@example.com --json").await.done().json();
    let taken = olga.run("user set carol --email carol@example.com").await;
    let known = findings(&olga.run("doctor --json").await.json());
    olga.run_args(["user", "set", "carol", "--email", ""]).await.done();
    let after = findings(&olga.run("doctor --json").await.json());

    assert!(before.iter().any(|finding| finding.contains("of 2 users take no effect yet")), "{before:?}");
    assert!(
        shared.len() == 1 && shared[0].contains("carol") && shared[0].contains("dora") && shared[0].contains("logs nobody in"),
        "{shared:?}"
    );
    assert_eq!(decided["changed"], true);
    assert_eq!(taken.code, 4, "{taken:?}");
    assert!(known[0].contains("takes effect for dora alone"), "{known:?}");
    assert_eq!(after, ["each identify one user"]);
    assert!(logs_in(&world, "carol@example.com", "dora").await && !logs_in(&world, "carol@example.com", "carol").await);
}

#[tokio::test]
async fn an_operator_is_told_of_an_address_that_is_taken() {
    let world = World::new().await;
    let olga = world.operator();
    world.insert(&world.user_row("alice", Acl::default())).await;

    for command in ["user add bob --no-password --email ALICE@example.com", "user add alice@example.com --no-password"] {
        assert_eq!(olga.run(command).await.code, 4, "{command}");
    }
    assert_eq!(olga.run("user show bob").await.code, 3);
}

#[tokio::test]
async fn an_import_tells_of_each_address_that_is_taken_and_goes_on() {
    let world = World::new().await;
    let olga = world.operator();
    let line = |number: u32, email: &str| {
        json!({
            "user_id": format!("00000000-0000-4000-8000-{number:012}"), "username": format!("user{number}"), "email": email,
            "created_at": "2024-01-31T12:00:00Z",
        })
    };
    let header = json!({ "format": "latchkey-users", "version": 1 });
    let named =
        json!({ "user_id": "00000000-0000-4000-8000-000000000009", "username": "one@example.com", "created_at": "2024-01-31T12:00:00Z" });
    let lines =
        [header, line(1, "one@example.com"), line(2, "two@example.com"), line(3, "ONE@example.com"), named, line(4, "four@example.com")];
    let path = world.folder.join("users.jsonl");
    std::fs::write(&path, lines.map(|line| format!("{line}\n")).concat()).unwrap();

    let dry = olga.run(&format!("import {} --concurrency 1 --dry-run --json", path.display())).await;
    let said = olga.run(&format!("import {} --concurrency 1 --json", path.display())).await;

    assert_eq!((dry.code, said.code), (0, 4), "the table tells a dry run nothing of a file's own lines: {dry:?} {said:?}");
    let tally: Value = serde_json::from_str(said.out.trim()).unwrap();
    assert_eq!((&tally["imported"], &tally["without_address"], &tally["taken"]), (&json!(4), &json!(1), &json!(1)), "{said:?}");
    assert!(
        said.err.contains("has the e-mail address of another user") && said.err.contains("has the name or the id of another user"),
        "{said:?}"
    );
    let again = olga.run(&format!("import {} --concurrency 1 --dry-run --json", path.display())).await;
    let again: Value = serde_json::from_str(again.out.trim()).unwrap();
    assert_eq!((&again["equal"], &again["taken"]), (&json!(4), &json!(1)));
}

#[tokio::test]
async fn a_replaced_user_has_the_address_of_the_file_unless_another_has_it() {
    let world = World::new().await;
    let olga = world.operator();
    for name in ["alice", "bob"] {
        world.insert(&world.user_row(name, Acl::default())).await;
    }
    let path = world.folder.join("users.jsonl");
    olga.run(&format!("export {}", path.display())).await.done();
    let exported = std::fs::read_to_string(&path).unwrap();
    let replace = async |from: &str, to: &str| {
        std::fs::write(&path, exported.replace(from, to)).unwrap();
        olga.run(&format!("import {} --on-conflict replace --json", path.display())).await.done()
    };

    let moved = replace("alice@example.com", "new@example.com").await;
    let taken = replace("alice@example.com", "bob@example.com").await;

    assert_eq!((&moved.json()["replaced"], &moved.json()["without_address"]), (&json!(1), &json!(0)));
    assert_eq!((&taken.json()["replaced"], &taken.json()["without_address"]), (&json!(1), &json!(1)));
    assert!(logs_in(&world, "bob@example.com", "bob").await && !logs_in(&world, "bob@example.com", "alice").await);
    assert!(!logs_in(&world, "new@example.com", "alice").await && !logs_in(&world, "alice@example.com", "alice").await);
}

#[tokio::test]
async fn a_forgotten_persons_address_is_free() {
    let world = World::new().await;
    let olga = world.operator();
    world.insert(&world.user_row("alice", Acl::default())).await;

    olga.run("forget alice --erase --yes").await.done();

    assert!(world.rows("users").await.is_empty());
    olga.run("user add bob --no-password --email alice@example.com").await.done();
}

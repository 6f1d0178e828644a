//! `latchkey user`.

use serde_json::{Value, json};

use crate::house::{Call, World};
use crate::operations::{AuthheaderList, UserRenew, UsersList};

const PASSWORD: &str = "purple-kettle-19";

#[tokio::test]
async fn a_user_who_was_added_logs_in_with_the_password_from_standard_input() {
    let world = World::new().await;
    let olga = world.operator();

    let said = olga.piping("purple-kettle-19\n").run("user add Carol --email carol@example.com --password-stdin --json").await.done();

    let user = said.json();
    assert_eq!((&user["username"], &user["epoch"], &user["acl"]), (&json!("Carol"), &json!(0), &json!([])));
    assert!(user.get("password").is_none() && !said.out.contains("argon2"));
    assert_eq!(world.login("carol", PASSWORD).await.status, 200);
    assert_eq!(olga.acts(), ["user.add"]);
    assert_eq!(olga.journal()[0]["subject"], user["user_id"]);
    assert_eq!(olga.journal()[0]["operator"], "olga");
}

#[tokio::test]
async fn a_prompt_asks_twice_and_takes_only_the_same() {
    let world = World::new().await;
    let olga = world.operator();

    let other = olga.answering([PASSWORD, "purple-kettle-18"]).run("user add carol").await;
    let same = olga.answering([PASSWORD, PASSWORD]).run("user add carol").await;
    let nobody = olga.run("user add dora").await;

    assert_eq!((other.code, other.err.as_str()), (2, "latchkey: The two passwords differ.\n"));
    assert_eq!(same.code, 0);
    assert_eq!(world.login("carol", PASSWORD).await.status, 200);
    assert_eq!(nobody.code, 2);
    assert!(nobody.err.contains("--password-stdin"));
}

#[tokio::test]
async fn a_password_that_the_program_makes_is_told_once() {
    let world = World::new().await;
    let olga = world.operator();

    let said = olga.run("user add carol --generate --json").await.done();
    let shown = olga.run("user show carol --json").await.done();

    let password = said.json()["password"].as_str().unwrap().to_owned();
    assert_eq!(world.login("carol", &password).await.status, 200);
    assert!(!shown.out.contains(&password) && !shown.out.contains("password_hash"));
    assert!(!olga.journal()[0].to_string().contains(&password));
}

#[tokio::test]
async fn weak_passwords_are_refused_without_being_repeated() {
    let world = World::new().await;
    let olga = world.operator();

    for (password, reason) in [("short-1", "at least 8"), ("password123", "common"), ("carol-carol", "own names")] {
        let said = olga.piping(password).run("user add carol --password-stdin").await;

        assert_eq!(said.code, 2, "{password}");
        assert!(said.err.contains(reason) && !said.err.contains(password), "{}", said.err);
    }
}

#[tokio::test]
async fn no_length_of_a_password_is_taken_that_the_service_would_not_take() {
    let world = World::new().await;
    let olga = world.operator();

    for length in ["--min-length 1", "--min-length 7", "--max-length 63", "--max-length 4097"] {
        let said = olga.piping(PASSWORD).run(&format!("user add carol --password-stdin {length}")).await;
        assert_eq!(said.code, 2, "{length}");
    }
    for (name, length) in [("carol", "--min-length 8 --max-length 64"), ("dora", "--max-length 4096")] {
        olga.piping(PASSWORD).run(&format!("user add {name} --password-stdin {length}")).await.done();
    }
}

#[tokio::test]
async fn a_name_is_taken_in_every_spelling() {
    let world = World::new().await;
    let olga = world.operator();
    olga.run("user add Carol --generate").await.done();

    let said = olga.run("user add cAROL --generate").await;

    assert_eq!((said.code, said.err.as_str()), (4, "latchkey: The user name \"cAROL\" is taken.\n"));
}

#[tokio::test]
async fn of_two_operators_who_add_one_name_one_is_refused() {
    let world = World::new().await;
    let olga = world.operator();

    let (one, two) = tokio::join!(olga.run("user add carol --generate"), olga.run("user add carol --generate"));

    let mut codes = [one.code, two.code];
    codes.sort_unstable();
    assert_eq!(codes, [0, 4]);
    assert_eq!(world.rows("users").await.len(), 2);
}

#[tokio::test]
async fn what_can_not_be_is_wrong_usage() {
    let world = World::new().await;
    let olga = world.operator();
    let acl = r#"[{"scope":{"websiteId":["x"]},"permissions":["*"]}]"#;

    for arguments in [
        vec!["user", "add", " carol", "--generate"],
        vec!["user", "add", "carol", "--generate", "--email", "carol"],
        vec!["user", "add", "carol", "--generate", "--password-stdin"],
        vec!["user", "add", "carol", "--generate", "--password-expires", "tomorrow"],
        vec!["user", "add", "carol", "--generate", "--acl", acl],
        vec!["user", "add", "carol", "--generate", "--acl", "{}"],
        vec!["user", "add", "carol", "--generate", "--acl", r#"[{"scope":{},"permissions":["*"],"deny":[]}]"#],
        vec!["user", "add", "carol", "--generate", "--acl", r#"[[{},["*"]]]"#],
        // Either would be read as everywhere.
        vec!["user", "add", "carol", "--generate", "--acl", r#"[{"scope":{"organizationId":null},"permissions":["*"]}]"#],
        vec!["user", "add", "carol", "--generate", "--acl", r#"[{"scope":{"planId":["a"]},"scope":{},"permissions":["*"]}]"#],
        vec!["user", "add", "carol", "--generate", "--acl", "[]", "--admin"],
        vec!["user", "add", "carol", "--password", "x"],
        vec!["user", "wash", "carol"],
    ] {
        assert_eq!(olga.run_args(arguments.clone()).await.code, 2, "{arguments:?}");
    }
    assert!(world.rows("users").await.is_empty());
    assert!(olga.acts().is_empty());
}

#[tokio::test]
async fn a_user_is_shown_by_name_and_by_id() {
    let world = World::new().await;
    let olga = world.operator();
    let carol = world.person("carol").await;

    let by_name = olga.run("user show CAROL --json").await.done().json();
    let by_id = olga.run(&format!("user show {} --json", carol.id)).await.done().json();
    let text = olga.run("user show carol").await.done().out;

    assert_eq!(by_name, by_id);
    assert_eq!((&by_name["api_keys"], &by_name["logins"], &by_name["disabled_at"]), (&json!(1), &json!(1), &Value::Null));
    assert!(text.contains(&carol.id) && text.contains("active") && text.contains("carol@example.com"), "{text}");
    for nobody in ["dora", "0f8fad5b-d9cb-469f-a165-70867728950e"] {
        let said = olga.run(&format!("user show {nobody} --json")).await;
        assert_eq!(said.code, 3);
        assert_eq!(serde_json::from_str::<Value>(&said.err).unwrap()["kind"], "not-found");
    }
}

#[tokio::test]
async fn a_list_has_every_user_once() {
    let world = World::new().await;
    let olga = world.operator();
    for name in ["carol", "dora", "emil"] {
        world.insert(&world.user_row(name, latchkey::domain::Acl::default())).await;
    }
    olga.run("user disable dora").await.done();

    let names = |lines: Vec<Value>| {
        let mut names: Vec<_> = lines.iter().map(|user| user["username"].as_str().unwrap().to_owned()).collect();
        names.sort();
        names
    };
    assert_eq!(names(olga.run("user list --json").await.done().lines()), ["carol", "dora", "emil"]);
    assert_eq!(names(olga.run("user list --disabled --json").await.done().lines()), ["dora"]);
    assert_eq!(olga.run("user list").await.done().out.lines().count(), 4);
}

#[tokio::test]
async fn whoever_is_disabled_is_refused_at_once_and_has_to_log_in_again_when_enabled() {
    let world = World::new().await;
    let olga = world.operator();
    let carol = world.person("carol").await;
    let renew = async || world.call::<UserRenew>(Call::new().bearer(&carol.jwt)).await.status;
    let login = async || world.login("carol", &carol.password).await.status;
    assert_eq!(renew().await, 200);

    olga.run("user disable carol").await.done();
    assert_eq!((renew().await, login().await), (401, 401));
    let again = olga.run("user disable carol --json").await.done();
    assert_eq!(again.json()["changed"], false);

    olga.run("user enable carol").await.done();
    assert_eq!((renew().await, login().await), (401, 200));
    assert_eq!(olga.run("user enable carol --json").await.done().json()["changed"], false);
    assert_eq!(olga.acts(), ["user.disable", "user.enable"]);
}

#[tokio::test]
async fn another_password_ends_every_login_and_an_expired_one_has_to_be_changed() {
    let world = World::new().await;
    let olga = world.operator();
    let carol = world.person("carol").await;

    olga.piping(PASSWORD).run("user passwd carol --password-stdin").await.done();
    assert_eq!(world.call::<UserRenew>(Call::new().bearer(&carol.jwt)).await.status, 401);
    assert_eq!(world.login("carol", &carol.password).await.status, 401);
    assert_eq!(world.login("carol", PASSWORD).await.status, 200);

    let made = olga.run("user passwd carol --generate --expire --json").await.done().json();
    assert_eq!(world.login("carol", made["password"].as_str().unwrap()).await.status, 403);
    assert_eq!(olga.acts(), ["user.passwd", "user.passwd"]);
}

#[tokio::test]
async fn whoever_was_locked_out_by_wrong_passwords_is_unlocked() {
    let world = World::new().await;
    let olga = world.operator();
    let carol = world.person("carol").await;
    for _ in 0..3 {
        world.login("carol", "wrong").await;
    }
    let shown = async || olga.run("user show carol --json").await.done().json();
    assert_eq!((&shown().await["wrong_passwords"], &shown().await["password_disabled"]), (&json!(3), &json!(false)));

    let unlocked = olga.run("user unlock carol --json").await.done().json();
    let again = olga.run(&format!("user unlock {} --json", carol.id)).await.done().json();

    assert_eq!((unlocked, &again["changed"]), (json!({ "user_id": carol.id, "changed": true }), &json!(false)));
    assert_eq!(shown().await["wrong_passwords"], 0);
    assert_eq!(olga.acts(), ["user.unlock"]);
    assert_eq!(olga.recorded("unchanged"), ["user.unlock"]);
    assert_eq!((&olga.journal()[1]["event"], &olga.journal()[1]["subject"]), (&json!("user.unlocked"), &json!(carol.id)));
    assert_eq!(olga.run("user unlock dora").await.code, 3);
}

#[tokio::test]
async fn rights_are_replaced_in_both_rows() {
    let world = World::new().await;
    let olga = world.operator();
    let carol = world.person("carol").await;
    let acl = r#"[{"scope":{"organizationId":["acme"]},"permissions":["entity-token-get"]}]"#;

    let said = olga.run_args(["user", "grant", "carol", "--acl", acl, "--json"]).await.done().json();
    let again = olga.run_args(["user", "grant", "carol", "--acl", acl, "--json"]).await.done().json();

    assert_eq!((&said["changed"], &said["before"], &again["changed"]), (&json!(true), &json!([]), &json!(false)));
    let rows = world.rows("users").await;
    let rows: Vec<_> = rows.iter().filter(|row| row.contains_key("acl")).collect();
    assert_eq!(rows.len(), 2);
    assert!(rows.iter().all(|row| row["acl"].as_s().unwrap() == acl));
    assert_eq!(world.call::<AuthheaderList>(Call::new().bearer(&carol.jwt)).await.status, 200);
    std::fs::write(world.folder.join("acl.json"), "[]").unwrap();
    olga.run("user grant carol --acl-file acl.json").await.done();
    assert_eq!(olga.run("user show carol --json").await.done().json()["acl"], json!([]));
    assert_eq!(olga.run("user grant carol --acl-file missing.json").await.code, 1);
    assert_eq!(olga.run("user grant carol").await.code, 2);
    assert_eq!(olga.run("user grant carol --admin").await.code, 0);
}

#[tokio::test]
async fn changes_at_the_same_instant_are_all_kept() {
    let world = World::new().await;
    let olga = world.operator();
    world.person("carol").await;

    let (disabled, granted, password) =
        tokio::join!(olga.run("user disable carol"), olga.run("user grant carol --admin"), olga.run("user passwd carol --generate"));

    assert_eq!((disabled.code, granted.code, password.code), (0, 0, 0), "{disabled:?} {granted:?} {password:?}");
    let shown = olga.run("user show carol --json").await.done().json();
    assert_eq!((&shown["epoch"], &shown["acl"][0]["permissions"]), (&json!(2), &json!(["*"])));
    assert!(shown["disabled_at"].is_string());
}

#[tokio::test]
async fn rows_that_somebody_wrote_by_hand_are_changed_like_others() {
    use aws_sdk_dynamodb::types::AttributeValue;

    let world = World::new().await;
    let olga = world.operator();
    let carol = world.person("carol").await;
    for (key, acl) in [(format!("id#{}", carol.id), "[ ]"), ("name#carol".to_owned(), "[\n]")] {
        let update = world.dynamodb.update_item().table_name("latchkey-users").key("pk", AttributeValue::S(key));
        let update = update.update_expression("SET acl = :acl").expression_attribute_values(":acl", AttributeValue::S(acl.to_owned()));
        update.send().await.unwrap();
    }

    for words in ["user disable carol", "user enable carol", "user grant carol --admin", "user passwd carol --generate"] {
        olga.run(words).await.done();
    }
    assert_eq!(olga.acts().len(), 4);
}

#[tokio::test]
async fn a_machine_account_has_no_password_and_gets_one_from_an_operator_only() {
    let world = World::new().await;
    let olga = world.operator();

    let said = olga.run("user add robot --no-password --json").await.done();

    assert!(said.json().get("password").is_none());
    assert_eq!(world.login("robot", "").await.status, 401);
    assert!(world.rows("users").await.iter().all(|row| !row.contains_key("password_hash")));
    assert_eq!(olga.run("user add robot2 --no-password --generate").await.code, 2);
    olga.piping(PASSWORD).run("user passwd robot --password-stdin").await.done();
    assert_eq!(world.login("robot", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn names_and_the_address_are_corrected_and_removed() {
    let world = World::new().await;
    let olga = world.operator();
    world.person("carol").await;

    let said = olga.run("user set carol --email new@example.com --last-name Smith --json").await.done().json();
    assert_eq!(
        (&said["email"], &said["first_name"], &said["last_name"], &said["changed"]),
        (&json!("new@example.com"), &json!("First"), &json!("Smith"), &json!(true))
    );
    let again = olga.run("user set carol --email new@example.com --json").await.done().json();
    assert_eq!(again["changed"], false);
    olga.run_args(["user", "set", "carol", "--email", "", "--first-name", ""]).await.done();

    let shown = olga.run("user show carol --json").await.done().json();
    assert_eq!((&shown["email"], &shown["first_name"], &shown["last_name"]), (&Value::Null, &Value::Null, &json!("Smith")));
    assert_eq!(olga.acts(), ["user.set", "user.set"]);
    for wrong in ["user set carol", "user set carol --email nowhere", "user set carol --email a@b.example --password x"] {
        assert_eq!(olga.run(wrong).await.code, 2, "{wrong}");
    }
    assert_eq!(olga.run("user set nobody --last-name x").await.code, 3);
}

#[tokio::test]
async fn users_of_an_earlier_release_are_put_into_the_list_and_nobody_else_is_touched() {
    let world = World::new().await;
    let olga = world.operator();
    let root = world.person_with("root", latchkey::domain::Acl::everything()).await;
    for name in ["carol", "dora", "emil"] {
        world.insert(&world.user_row(name, latchkey::domain::Acl::default())).await;
    }
    let before = world.whole_table("tokens").await.len();
    let list = async || {
        let listed = world.call::<UsersList>(Call::new().bearer(&root.jwt)).await;
        listed.body["users"].as_array().unwrap().iter().map(|user| user["username"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    for name in ["carol", "emil"] {
        world.unlist(name).await;
    }
    // Somebody wrote into one row by hand.
    let key = latchkey::store::schema::listed_user(&latchkey::domain::Username::normalised("dora"));
    let update = world.dynamodb.update_item().table_name("latchkey-tokens").set_key(Some(key)).update_expression("SET email = :v");
    let wrong = aws_sdk_dynamodb::types::AttributeValue::S("wrong@example.com".to_owned());
    update.expression_attribute_values(":v", wrong).send().await.unwrap();
    assert_eq!(list().await, ["dora", "root"]);
    // The clock of a test is wrong, which the doctor tells too.
    let doctor = olga.run("doctor --json").await.json();
    let finding = doctor["findings"].as_array().unwrap().iter().find(|finding| finding["check"] == "list of users").unwrap().clone();
    assert_eq!((&finding["state"], finding["finding"].as_str().unwrap().contains(" 3 ")), (&json!("warning"), true));

    let said = olga.run("user reindex --json").await.done().json();

    assert_eq!(said, json!({ "listed": 3, "left": 0, "addresses": 0, "shared_addresses": 0 }));
    assert_eq!(list().await, ["carol", "dora", "emil", "root"]);
    let dora = world.call::<UsersList>(Call::new().bearer(&root.jwt).parameter("prefix", "dora")).await;
    assert_eq!(dora.body["users"][0]["email"], "dora@example.com");
    assert_eq!(world.whole_table("tokens").await.len(), before);
    assert_eq!(
        olga.run("user reindex --json").await.done().json(),
        json!({ "listed": 0, "left": 0, "addresses": 0, "shared_addresses": 0 })
    );
    assert_eq!(olga.acts(), ["user.reindex"]);
}

//! `POST /user/login`

use std::sync::Arc;

use futures_util::future::join_all;
use latchkey::credentials::{PasswordHasher, PasswordParameters};
use latchkey::domain::{Acl, Secret, Timestamp, Username};
use latchkey::runtime::Table;
use latchkey::store::{NewUserError, UserRow, Users};
use serde_json::json;

use crate::house::{Call, Door, Hashes, Mask, NOW, World};
use crate::operations::{AuthenticationTokenExchange, EntityTokenCreate, UserLogin};

#[tokio::test]
async fn the_right_password_gives_the_login_object_and_a_session() {
    let world = World::new().await;
    let row = world.user_row("Alice", Acl::default());
    world.insert(&row).await;

    let reply = world.login("alice", "Alice's password").await;

    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("cache-control"), "no-store");
    assert_eq!(reply.header("content-type"), "application/json");
    assert_eq!(
        reply.masked(&[("/Id", Mask::Uuid), ("/Token", Mask::Jwt)]),
        json!({
            "Id": "[Uuid]", "Created": "2030-03-17T17:46:40Z", "Username": "Alice", "Email": "Alice@example.com",
            "Firstname": "First", "Lastname": null, "Token": "[Jwt]", "PasswordExpiration": null,
        })
    );
    assert_eq!(world.sessions_of(&reply.text("Id")).await, 1);
}

#[tokio::test]
async fn keys_are_read_in_either_case() {
    let world = World::new().await;
    world.insert(&world.user_row("alice", Acl::default())).await;

    let capital =
        world.call::<UserLogin>(Call::new().json(json!({ "Username": "ALICE", "Password": "alice's password" })).undocumented()).await;
    let both =
        world.call::<UserLogin>(Call::new().json(json!({ "Username": "alice", "username": "bob", "password": "x" })).undocumented()).await;

    assert_eq!(capital.status, 200);
    assert_eq!((both.status, both.code()), (400, "malformed-body"));
}

#[tokio::test]
async fn unknown_wrong_and_disabled_are_one_answer() {
    let world = World::new().await;
    world.person("alice").await;
    let mut bob = world.user_row("bob", Acl::default());
    bob.disabled_at = Some(Timestamp::from_unix(NOW));
    world.insert(&bob).await;

    let unknown = world.login("nobody", "whatever").await;
    let wrong = world.login("alice", "bob's password").await;
    let disabled = world.login("bob", "bob's password").await;
    let impossible = world.login(&"x".repeat(5000), "whatever").await;

    assert_eq!((unknown.status, unknown.code()), (401, "incorrect-credentials"));
    assert_eq!(unknown.body["message"], "The username or the password is incorrect.");
    assert_eq!(unknown, wrong);
    assert_eq!(unknown, disabled);
    assert_eq!(unknown, impossible);
}

#[tokio::test]
async fn the_unknown_user_the_empty_and_the_long_password_each_cost_one_hash() {
    let world = World::new().await;
    world.insert(&world.user_row("alice", Acl::default())).await;
    let service = world.start::<UserLogin>().await;

    for (name, password) in [("nobody", "x"), ("nobody", ""), ("alice", ""), ("alice", &"ä".repeat(200))] {
        let hashes = Hashes::count();
        let reply = service.reply(Call::new().json(json!({ "username": name, "password": password }))).await;

        assert_eq!(reply.status, 401);
        assert_eq!(hashes.so_far(), 1, "{name}");
    }
}

#[tokio::test]
async fn an_expired_password_is_told_only_to_who_knows_it() {
    let world = World::new().await;
    let mut row = world.user_row("alice", Acl::default());
    row.password_expires_at = Some(Timestamp::from_unix(NOW));
    world.insert(&row).await;

    let right = world.login("alice", "alice's password").await;
    let wrong = world.login("alice", "wrong").await;

    assert_eq!((right.status, right.code()), (403, "password-expired"));
    assert_eq!((wrong.status, wrong.code()), (401, "incorrect-credentials"));
    assert_eq!(world.sessions_of(&row.user_id.to_string()).await, 0);
}

#[tokio::test]
async fn a_password_that_expires_later_is_shown_with_its_time() {
    let world = World::new().await;
    let mut row = world.user_row("alice", Acl::default());
    row.password_expires_at = Some(Timestamp::from_unix(NOW + 1));
    world.insert(&row).await;

    assert_eq!(world.login("alice", "alice's password").await.body["PasswordExpiration"], "2030-03-17T17:46:41Z");
}

#[tokio::test]
async fn missing_fields_are_named() {
    let world = World::new().await;

    let reply = world.call::<UserLogin>(Call::new().json(json!({ "username": 7, "password": null })).undocumented()).await;

    assert_eq!((reply.status, reply.code()), (422, "invalid-fields"));
    assert_eq!(reply.invalid_fields(), ["username", "password"]);
}

#[tokio::test]
async fn two_hundred_parallel_guesses_get_ten_tries() {
    let world = World::new().await;
    world.insert(&world.user_row("alice", Acl::default())).await;
    let service = Arc::new(world.start::<UserLogin>().await);

    let guesses = (0..200).map(|guess| {
        let service = service.clone();
        async move { service.reply(Call::new().json(json!({ "username": "alice", "password": guess.to_string() }))).await }
    });
    let hashes = Hashes::count();
    let replies = join_all(guesses).await;

    let refused = replies.iter().filter(|reply| reply.status == 401).count();
    let throttled: Vec<_> = replies.iter().filter(|reply| reply.status == 429).collect();
    assert_eq!((refused, throttled.len()), (10, 190));
    assert_eq!(hashes.so_far(), 10);
    assert_eq!(throttled[0].code(), "throttled");
    // The window of 900 seconds that NOW falls into ends 800 seconds later.
    assert_eq!(throttled[0].header("retry-after"), (900 - NOW % 900).to_string());
}

#[tokio::test]
async fn throttling_is_the_same_for_unknown_names_and_ends_with_its_window() {
    let world = World::with([("LOGIN_ATTEMPTS", "2")]).await;
    world.insert(&world.user_row("alice", Acl::default())).await;

    let mut statuses = Vec::new();
    for name in ["alice", "nobody"] {
        for _ in 0..3 {
            statuses.push(world.login(name, "wrong").await.status);
        }
    }
    let locked = world.login("alice", "alice's password").await.status;
    world.pass(900);
    let unlocked = world.login("alice", "alice's password").await.status;

    assert_eq!(statuses, [401, 401, 429, 401, 401, 429]);
    assert_eq!((locked, unlocked), (429, 200));
}

#[tokio::test]
async fn a_successful_login_forgets_the_attempts_before_it() {
    let world = World::with([("LOGIN_ATTEMPTS", "2")]).await;
    world.insert(&world.user_row("alice", Acl::default())).await;

    for _ in 0..4 {
        assert_eq!(world.login("alice", "wrong").await.status, 401);
        assert_eq!(world.login("alice", "alice's password").await.status, 200);
    }
    assert!(world.rows("users").await.iter().all(|row| !row["pk"].as_s().unwrap().starts_with("attempts#")));
}

#[tokio::test]
async fn a_name_that_is_throttled_is_not_readable_in_the_table() {
    let world = World::new().await;

    world.login("my secret typed in the wrong field", "x").await;

    assert!(!format!("{:?}", world.rows("users").await).contains("secret"));
}

#[tokio::test]
async fn a_hash_under_old_parameters_is_replaced_at_login() {
    let world = World::with([("ARGON2_MEMORY_KIB", "8192")]).await;
    let row = world.user_row("alice", Acl::default());
    world.insert(&row).await;

    assert_eq!(world.login("alice", "alice's password").await.status, 200);

    let rows = world.rows("users").await;
    let hash = rows.iter().find_map(|row| row.get("password_hash")).unwrap().as_s().unwrap();
    assert!(hash.contains("m=8192"), "{hash}");
    assert_eq!(world.login("alice", "alice's password").await.status, 200);
    assert_eq!(world.login("alice", "wrong").await.status, 401);
}

#[tokio::test]
async fn a_changed_password_ends_even_the_session_that_was_just_beginning() {
    let world = World::new().await;
    let alice = world.person("alice").await;

    // What user-password does: the epoch moves on.
    world.set_user(&alice, "SET epoch = :v", 1).await;

    assert_eq!(world.add_key(&alice.jwt, json!({ "name": "late" })).await.status, 401);
    let fresh = world.login("alice", &alice.password).await.text("Token");
    assert_eq!(world.add_key(&fresh, json!({ "name": "new" })).await.status, 200);
}

#[tokio::test]
async fn a_disabled_user_whose_hash_is_old_is_refused_as_any_other() {
    let world = World::with([("ARGON2_MEMORY_KIB", "8192")]).await;
    let mut row = world.user_row("alice", Acl::default());
    row.disabled_at = Some(Timestamp::from_unix(NOW));
    world.insert(&row).await;

    let reply = world.login("alice", "alice's password").await;

    assert_eq!((reply.status, reply.code()), (401, "incorrect-credentials"));
    assert_eq!(world.sessions_of(&row.user_id.to_string()).await, 0);
}

#[tokio::test]
async fn who_can_not_log_in_costs_one_hash_too() {
    let world = World::new().await;
    let disabled = UserRow { disabled_at: Some(Timestamp::from_unix(NOW)), ..world.user_row("disabled", Acl::default()) };
    let without = UserRow { password_hash: None, ..world.user_row("without", Acl::default()) };
    world.insert(&disabled).await;
    world.insert(&without).await;
    let service = world.start::<UserLogin>().await;

    for name in ["disabled", "without", "x".repeat(5000).as_str()] {
        let hashes = Hashes::count();
        let body = json!({ "username": name, "password": "whatever" });
        let reply = service.reply(Call::new().json(body)).await;

        assert_eq!((reply.status, reply.code()), (401, "incorrect-credentials"));
        assert_eq!(hashes.so_far(), 1);
    }
}

#[tokio::test]
async fn a_hash_of_another_algorithm_version_or_cost_is_replaced_at_login() {
    for stored in [
        "$argon2i$v=19$m=7168,t=1,p=1$SdjDofyEoPk96T9dwCrcpg$trRyeEPTJTjdPoX2dKDkSjfrhuxqmrXqT7j+0luKNzg",
        "$argon2id$v=16$m=7168,t=1,p=1$e+dgXwKxNdYOJRnq2cxgSw$My9bbnXtVJKOxFWermwFcjzFwfju98t0vMBTlu+aSRU",
        "$argon2id$v=19$m=7168,t=2,p=1$KtfhNT3dKWnbMVAkZ0RjIw$BQ89CBK09ipkFXUD5E0xGmzVW8yKsWWOjMVBYjThPvc",
        "$argon2id$v=19$m=7168,t=1,p=2$9XDAJwiV3UgWJD8dfd5jjg$ukrDkbTR3ZmpSmUykg67lCJMVSOvrH6Nc8g9qIEjPzo",
    ] {
        let world = World::new().await;
        world.insert(&UserRow { password_hash: Some(Secret::new(stored)), ..world.user_row("alice", Acl::default()) }).await;

        let hashes = Hashes::count();
        assert_eq!(world.login("alice", "alice's password").await.status, 200, "{stored}");
        assert_eq!(hashes.so_far(), 2, "one to verify, one to replace it: {stored}");

        let rows = world.rows("users").await;
        let hash = rows.iter().find_map(|row| row.get("password_hash")).unwrap().as_s().unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=7168,t=1,p=1$"), "{stored} became {hash}");
    }
}

#[tokio::test]
async fn a_current_hash_stays_as_it_is() {
    let world = World::new().await;
    let row = world.user_row("alice", Acl::default());
    world.insert(&row).await;

    world.login("alice", "alice's password").await;

    let rows = world.rows("users").await;
    assert_eq!(
        rows.iter().find_map(|row| row.get("password_hash")?.as_s().ok()),
        row.password_hash.as_ref().map(|hash| hash.expose().to_owned()).as_ref()
    );
}

#[tokio::test]
async fn a_stored_hash_that_can_not_be_read_is_our_fault_and_nobody_s_login() {
    let output = "Ux9IskEcQAYqUWOTo0Nku0UnU1WPAqv/Wc92cMfZzI8";
    let other_function = format!("$sha512$MqPInI5F/dQVTM6epBFPoQ${output}");
    let impossible_cost = format!("$argon2id$v=19$m=1,t=1,p=1$MqPInI5F/dQVTM6epBFPoQ${output}");
    for stored in ["", "plain", "$2b$12$abcdefghijklmnopqrstuv", &other_function, &impossible_cost] {
        let world = World::new().await;
        world.insert(&UserRow { password_hash: Some(Secret::new(stored)), ..world.user_row("alice", Acl::default()) }).await;

        let reply = world.login("alice", "alice's password").await;

        assert_eq!((reply.status, reply.code()), (500, "internal"), "{stored}");
    }
}

#[tokio::test]
async fn a_password_is_the_same_in_both_normal_forms_and_in_no_looser_sense() {
    let world = World::new().await;
    let hasher = PasswordHasher::new(PasswordParameters { memory_kib: 7168, iterations: 1, parallelism: 1 }).unwrap();
    let hash = hasher.hash(&Secret::new("Am\u{e9}lie fi")).unwrap().as_str().to_owned();
    world.insert(&UserRow { password_hash: Some(Secret::new(hash)), ..world.user_row("alice", Acl::default()) }).await;

    assert_eq!(world.login("alice", "Ame\u{301}lie fi").await.status, 200);
    for other in ["Am\u{e9}lie \u{fb01}", "am\u{e9}lie fi", "Amelie fi", "Am\u{e9}lie fi ", "\u{ff21}m\u{e9}lie fi"] {
        assert_eq!(world.login("alice", other).await.status, 401, "{other}");
    }
}

#[tokio::test]
async fn a_name_and_an_id_are_given_once_and_the_hash_stands_under_the_name_only() {
    let world = World::new().await;
    let users = Users::new(&world.setup.database(&[Table::Users, Table::Tokens]).unwrap());
    let alice = world.user_row("alice", Acl::default());
    world.insert(&alice).await;
    let before = world.rows("users").await;

    let same_name = UserRow { username: "ALICE".into(), ..world.user_row("mallory", Acl::everything()) };
    let same_id = UserRow { user_id: alice.user_id, ..world.user_row("mallory", Acl::everything()) };
    assert!(matches!(users.insert_new(&same_name).await, Err(NewUserError::NameTaken)));
    assert!(matches!(users.insert_new(&same_id).await, Err(NewUserError::NameTaken)));

    assert_eq!(world.rows("users").await, before);
    let with_hash: Vec<_> = before.iter().filter(|row| row.contains_key("password_hash")).map(|row| row["pk"].as_s().unwrap()).collect();
    assert_eq!(with_hash, ["name#alice"]);
}

#[tokio::test]
async fn a_rehash_that_comes_too_late_replaces_no_changed_password_and_makes_no_user() {
    let world = World::new().await;
    let users = Users::new(&world.setup.database(&[Table::Users, Table::Tokens]).unwrap());
    world.insert(&world.user_row("alice", Acl::default())).await;
    let before = world.rows("users").await;

    users.replace_hash(&Username::normalised("alice"), "the hash that was verified", "the same password's new hash").await.unwrap();
    users.replace_hash(&Username::normalised("deleted"), "the hash that was verified", "the same password's new hash").await.unwrap();

    assert_eq!(world.rows("users").await, before);
}

#[tokio::test]
async fn what_passes_away_by_itself_has_the_attribute_that_ttl_reads() {
    let world = World::new().await;
    let alice = world.person_with("alice", Acl::everything()).await;
    world.call::<EntityTokenCreate>(alice.entity_call("acme", &alice.id)).await;
    let token = world.one_time_token(&alice.key, json!({ "customerId": alice.id, "otpRequired": true })).await.text("token");
    world.call::<AuthenticationTokenExchange>(Call::new().path("token", token)).await;
    world.login("alice", "wrong").await;

    let mut lasting = Vec::new();
    for table in ["users", "tokens", "sessions"] {
        for row in world.rows(table).await {
            match row.get("expires_at").map(|at| at.as_n().unwrap().parse::<i64>().unwrap()) {
                Some(at) => assert!(at > NOW, "{row:?}"),
                None => lasting.push(row["pk"].as_s().unwrap().split('#').next().unwrap().to_owned()),
            }
        }
    }
    lasting.sort();
    assert_eq!(lasting, ["email", "id", "name", "user"], "users, their addresses and their API keys");
}

#[tokio::test]
async fn it_costs_what_docs_costs_says() {
    let world = World::new().await;
    world.insert(&world.user_row("alice", Acl::default())).await;

    let call = Call::new().json(json!({ "username": "alice", "password": "alice's password" }));
    world.measure::<UserLogin>("", call, 200, 2).await;
}

//! `POST /user/login`

use std::sync::Arc;

use futures_util::future::join_all;
use latchkey::domain::{Acl, Timestamp};
use serde_json::json;
use user_login::UserLogin;

use crate::house::{Call, Mask, NOW, Reply, World};

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

    let capital = world.call::<UserLogin>(Call::new().json(json!({ "Username": "ALICE", "Password": "alice's password" }))).await;
    let both = world.call::<UserLogin>(Call::new().json(json!({ "Username": "alice", "username": "bob", "password": "x" }))).await;

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
        let before = service.operation.passwords.hasher.computed();
        let reply: Reply = service.call(Call::new().json(json!({ "username": name, "password": password })).event()).await.into();

        assert_eq!(reply.status, 401);
        assert_eq!(service.operation.passwords.hasher.computed() - before, 1, "{name}");
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

    let reply = world.call::<UserLogin>(Call::new().json(json!({ "username": 7, "password": null }))).await;

    assert_eq!((reply.status, reply.code()), (422, "invalid-fields"));
    assert_eq!(reply.invalid_fields(), ["username", "password"]);
}

#[tokio::test]
async fn two_hundred_parallel_guesses_get_ten_tries() {
    let world = World::new().await;
    world.insert(&world.user_row("alice", Acl::default())).await;
    let service = Arc::new(world.start::<UserLogin>().await);

    let guesses =
        (0..200).map(|guess| {
            let service = service.clone();
            async move {
                Reply::from(service.call(Call::new().json(json!({ "username": "alice", "password": guess.to_string() })).event()).await)
            }
        });
    let replies = join_all(guesses).await;

    let refused = replies.iter().filter(|reply| reply.status == 401).count();
    let throttled: Vec<_> = replies.iter().filter(|reply| reply.status == 429).collect();
    assert_eq!((refused, throttled.len()), (10, 190));
    assert_eq!(service.operation.passwords.hasher.computed(), 10);
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
    let world = World::with([("ARGON2_MEMORY_KIB", "128")]).await;
    let row = world.user_row("alice", Acl::default());
    world.insert(&row).await;

    assert_eq!(world.login("alice", "alice's password").await.status, 200);

    let rows = world.rows("users").await;
    let hash = rows.iter().find_map(|row| row.get("password_hash")).unwrap().as_s().unwrap();
    assert!(hash.contains("m=128"), "{hash}");
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

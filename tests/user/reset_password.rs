//! `POST /user/reset-password`

use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::future::join_all;
use latchkey::domain::Acl;
use latchkey::runtime::Table;
use latchkey::store::{MOST_FAILURES, Users};
use serde_json::{Value, json};

use super::forgot_password::{forgot, newest_link};
use crate::house::{Call, Door, NOW, Person, Reply, World, canceled};
use crate::operations::{
    AuthheaderList, UserLogin, UserPassword, UserRenew, UserResetPassword, UsersDelete, UsersGet, UsersList, UsersUpdate,
};

const NEW: &str = "maroon kettle on the third shelf";
const OTHER: &str = "purple teapot under the second bridge";

pub fn call(token: &str, new: &str) -> Call {
    Call::new().json(json!({ "token": token, "new": new, "confirm": new }))
}

pub async fn reset(world: &World, token: &str, new: &str) -> Reply {
    world.call::<UserResetPassword>(call(token, new)).await
}

/// The token of a new link for `name`.
async fn link(world: &World, name: &str) -> String {
    assert_eq!(forgot(world, name).await.status, 202);
    newest_link(world).await
}

/// All rows of the users and their list, in one order.
async fn rows(world: &World) -> Vec<String> {
    let mut rows = world.whole_table("users").await;
    rows.extend(world.whole_table("tokens").await);
    let sorted = |row: std::collections::HashMap<String, AttributeValue>| {
        format!("{:?}", row.into_iter().collect::<std::collections::BTreeMap<_, _>>())
    };
    let mut rows: Vec<_> = rows.into_iter().map(sorted).filter(|row| !row.contains("outbox#") && !row.contains("mailbox#")).collect();
    rows.sort();
    rows
}

/// The user as an administrator and the list of users see them, which must be the same.
async fn seen(world: &World, root: &Person, person: &Person) -> Value {
    let user = world.call::<UsersGet>(Call::new().bearer(&root.jwt).path("userId", &person.id)).await.body;
    let listed = world.call::<UsersList>(Call::new().bearer(&root.jwt).parameter("prefix", &person.name)).await;
    assert_eq!(listed.body["users"], json!([user]));
    user
}

/// What DynamoDB says where a condition fails.
const REFUSED: [&str; 2] = ["None", "ConditionalCheckFailed"];

#[tokio::test]
async fn after_a_reset_only_the_new_password_and_no_old_session_is_good() {
    let world = World::new().await;
    let root = world.person_with("root", Acl::everything()).await;
    let alice = world.person("alice").await;
    assert_eq!(seen(&world, &root, &alice).await["emailVerified"], false);
    let token = link(&world, "alice").await;

    let reply = reset(&world, &token, NEW).await;

    assert_eq!((reply.status, reply.body), (200, json!({ "message": "Success" })));
    assert_eq!(world.call::<UserRenew>(Call::new().bearer(&alice.jwt)).await.status, 401, "the very next call");
    assert_eq!(world.login("alice", &alice.password).await.status, 401);
    let login = world.login("alice", NEW).await;
    let keys = world.call::<AuthheaderList>(Call::new().bearer(&login.text("Token"))).await;
    assert_eq!(keys.body.as_array().unwrap().len(), 1, "the API key stays");
    assert_eq!(seen(&world, &root, &alice).await["emailVerified"], true, "whoever has the link has the mailbox");
}

#[tokio::test]
async fn every_dead_link_is_the_same_404_and_changes_nothing() {
    let mut replies: Vec<(&str, Reply)> = Vec::new();
    for case in [
        "forged",
        "of another kind",
        "nothing",
        "expired",
        "used",
        "before a change",
        "before a reset",
        "disabled",
        "disabled by hand",
        "enabled again",
        "deleted",
    ] {
        let world = World::new().await;
        let root = world.person_with("root", Acl::everything()).await;
        let alice = world.person("alice").await;
        let mut token = link(&world, "alice").await;
        let update =
            async |body: Value| world.call::<UsersUpdate>(Call::new().bearer(&root.jwt).path("userId", &alice.id).json(body)).await.status;
        match case {
            "forged" => token.replace_range(30..31, if &token[30..31] == "x" { "y" } else { "x" }),
            "of another kind" => token = token.replace("lkrst_", "lkeml_"),
            "nothing" => token.clear(),
            "expired" => world.pass(1800),
            "used" => assert_eq!(reset(&world, &token, OTHER).await.status, 200),
            "before a change" => {
                let body = json!({ "username": "alice", "old": alice.password, "new": OTHER, "confirm": OTHER });
                assert_eq!(world.call::<UserPassword>(Call::new().json(body)).await.status, 200);
            }
            "before a reset" => {
                world.pass(60);
                let later = link(&world, "alice").await;
                assert_ne!(later, token);
                assert_eq!(reset(&world, &later, OTHER).await.status, 200);
            }
            "disabled" => assert_eq!(update(json!({ "disabled": true })).await, 200),
            // Without another epoch.
            "disabled by hand" => world.set_user(&alice, "SET disabled_at = :v", NOW).await,
            "enabled again" => {
                assert_eq!(update(json!({ "disabled": true })).await, 200);
                assert_eq!(update(json!({ "disabled": false })).await, 200);
            }
            _ => {
                let deleted = world.call::<UsersDelete>(Call::new().bearer(&root.jwt).path("userId", &alice.id)).await;
                assert_eq!(deleted.status, 204);
            }
        }
        let before = rows(&world).await;

        let reply = reset(&world, &token, NEW).await;

        assert_eq!((reply.status, reply.code()), (404, "link-not-found"), "{case}");
        assert_eq!(rows(&world).await, before, "{case}");
        replies.push((case, reply));
    }
    for (case, reply) in &replies {
        assert_eq!(reply, &replies[0].1, "{case}");
    }
}

#[tokio::test]
async fn of_a_hundred_parallel_resets_with_one_link_one_succeeds() {
    let world = World::new().await;
    world.person("alice").await;
    let token = link(&world, "alice").await;
    let service = Arc::new(world.start::<UserResetPassword>().await);

    let replies = join_all((0..100).map(|number| {
        let (service, token) = (service.clone(), token.clone());
        async move { service.reply(call(&token, &format!("maroon kettle on shelf {number}"))).await }
    }))
    .await;

    let winners: Vec<_> = (0..100).filter(|number| replies[*number].status == 200).collect();
    assert_eq!(winners.len(), 1, "{replies:?}");
    assert_eq!(replies.iter().filter(|reply| reply.status == 404).count(), 99);
    assert_eq!(world.login("alice", &format!("maroon kettle on shelf {}", winners[0])).await.status, 200);
}

#[tokio::test]
async fn a_password_that_is_refused_leaves_the_link_good() {
    let world = World::new().await;
    world.person("alice").await;
    let token = link(&world, "alice").await;

    for (new, confirm, field) in [
        ("short", "short", "new"),
        ("password123", "password123", "new"),
        ("alice@example.com", "alice@example.com", "new"),
        (NEW, OTHER, "confirm"),
    ] {
        let body = json!({ "token": token, "new": new, "confirm": confirm });
        let reply = world.call::<UserResetPassword>(Call::new().json(body)).await;
        assert_eq!((reply.status, reply.code(), reply.invalid_fields()), (422, "invalid-fields", vec![field]), "{new}");
    }
    let none = world.call::<UserResetPassword>(Call::new().json(json!({})).undocumented()).await;
    assert_eq!((none.status, none.invalid_fields()), (422, vec!["token", "new", "confirm"]));

    assert_eq!(reset(&world, &token, NEW).await.status, 200);
}

#[tokio::test]
async fn it_enables_a_password_that_a_hundred_wrong_ones_had_disabled() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let ids = (0..MOST_FAILURES).map(|number| format!("failure{number}")).collect();
    let update = world.dynamodb.update_item().table_name("latchkey-users").key("pk", AttributeValue::S("name#alice".into()));
    let update = update.update_expression("SET failed_attempt_ids = :v").expression_attribute_values(":v", AttributeValue::Ss(ids));
    update.send().await.unwrap();
    assert_eq!(world.login("alice", &alice.password).await.status, 401);
    let token = link(&world, "alice").await;

    assert_eq!(reset(&world, &token, NEW).await.status, 200);

    assert_eq!(world.login("alice", NEW).await.status, 200);
}

#[tokio::test]
async fn a_user_who_tried_all_passwords_before_need_not_wait_to_log_in() {
    for name in ["alice", "Alice@Example.com"] {
        let world = World::new().await;
        world.person("alice").await;
        use_up(&world, name).await;
        let token = link(&world, "alice").await;
        world.pass(1);

        assert_eq!(reset(&world, &token, NEW).await.status, 200);

        assert_eq!(world.login(name, NEW).await.status, 200, "{name}");
    }
}

/// Guesses until no attempt under `name` is left.
async fn use_up(world: &World, name: &str) {
    for _ in 0..10 {
        world.login(name, "guess").await;
    }
    assert_eq!(world.login(name, "guess").await.status, 429);
}

#[tokio::test]
async fn the_guesses_before_a_reset_are_forgotten_once() {
    let world = World::with([("ADDRESS_ATTEMPTS", "1000")]).await;
    world.person("alice").await;
    use_up(&world, "alice").await;
    let token = link(&world, "alice").await;
    world.pass(1);
    assert_eq!(reset(&world, &token, NEW).await.status, 200);
    let service = world.start::<UserLogin>().await;
    let guess = |number| Call::new().json(json!({ "username": "alice", "password": format!("guess {number}") }));

    let replies = join_all((0..100).map(|number| service.reply(guess(number)))).await;

    assert_eq!(replies.iter().filter(|reply| reply.status == 401).count(), 10, "each window's attempts, and no more");
    assert_eq!(replies.iter().filter(|reply| reply.status == 429).count(), 90);
    assert_eq!(world.login("alice", NEW).await.status, 429);
    world.pass(900);
    assert_eq!(world.login("alice", NEW).await.status, 200);
}

#[tokio::test]
async fn a_link_to_a_former_address_is_dead() {
    let world = World::new().await;
    let root = world.person_with("root", Acl::everything()).await;
    let alice = world.person("alice").await;
    let token = link(&world, "alice").await;
    let body = json!({ "email": "new@example.com" });
    world.call::<UsersUpdate>(Call::new().bearer(&root.jwt).path("userId", &alice.id).json(body)).await;

    let refused = reset(&world, &token, NEW).await;

    assert_eq!((refused.status, refused.code()), (404, "link-not-found"));
    assert_eq!(world.login("alice", &alice.password).await.status, 200);
    let user = seen(&world, &root, &alice).await;
    assert_eq!((&user["email"], &user["emailVerified"]), (&json!("new@example.com"), &json!(false)));
    assert_eq!(reset(&world, &link(&world, "alice").await, NEW).await.status, 200, "one to the new address");
}

#[tokio::test]
async fn an_address_that_changes_at_the_same_instant_is_not_proven() {
    let world = World::new().await;
    let root = world.person_with("root", Acl::everything()).await;
    let alice = world.person("alice").await;
    let users = Users::new(&world.setup.database(&[Table::Users, Table::Tokens]).unwrap());
    let read = users.find_by_id(alice.id.parse().unwrap()).await.unwrap().unwrap();
    let body = json!({ "email": "new@example.com" });
    world.call::<UsersUpdate>(Call::new().bearer(&root.jwt).path("userId", &alice.id).json(body)).await;

    assert!(!users.reset_password(&read, "a hash", None, true, world.setup.clock.now()).await.unwrap());

    assert_eq!(seen(&world, &root, &alice).await["emailVerified"], false);
    assert_eq!(world.login("alice", &alice.password).await.status, 200, "nothing is done");
}

#[tokio::test]
async fn a_user_whom_others_change_is_read_again_a_few_times() {
    let world = World::new().await;
    world.person("alice").await;
    let token = link(&world, "alice").await;
    let service = world.start::<UserResetPassword>().await;

    world.spy.refuse_all("TransactWriteItems", 400, &canceled(REFUSED));
    let reply = service.reply(call(&token, NEW)).await;
    assert_eq!((reply.status, reply.code()), (409, "conflict"));

    let world = World::new().await;
    world.person("alice").await;
    let token = link(&world, "alice").await;
    let service = world.start::<UserResetPassword>().await;
    world.spy.refuse_after(2, 1, 400, &canceled(REFUSED));
    assert_eq!(service.reply(call(&token, NEW)).await.status, 200, "the second time");
}

#[tokio::test]
async fn a_user_of_an_earlier_release_is_reset_too_and_stays_unlisted() {
    let world = World::new().await;
    let root = world.person_with("root", Acl::everything()).await;
    world.person("alice").await;
    world.unlist("alice").await;
    let token = link(&world, "alice").await;

    assert_eq!(reset(&world, &token, NEW).await.status, 200);

    assert_eq!(world.login("alice", NEW).await.status, 200);
    let listed = world.call::<UsersList>(Call::new().bearer(&root.jwt).parameter("prefix", "alice")).await;
    assert_eq!(listed.body["users"], json!([]), "a part of a row would be worse than none");
}

#[tokio::test]
async fn a_password_that_is_to_expire_does_so_after_a_reset_as_after_a_change() {
    let world = World::with([("PASSWORD_MAX_AGE_DAYS", "30")]).await;
    let root = world.person_with("root", Acl::everything()).await;
    let alice = world.person("alice").await;
    world.set_user(&alice, "SET password_expires_at = :v", NOW).await;
    let token = link(&world, "alice").await;

    assert_eq!(reset(&world, &token, NEW).await.status, 200);

    assert_eq!(world.login("alice", NEW).await.text("PasswordExpiration"), "2030-04-16T17:46:40Z");
    assert_eq!(seen(&world, &root, &alice).await["passwordExpiration"], "2030-04-16T17:46:40Z");
}

#[tokio::test]
async fn a_lost_answer_is_told_as_set() {
    for lost in 0..3 {
        let world = World::new().await;
        world.person("alice").await;
        let token = link(&world, "alice").await;
        let service = world.start::<UserResetPassword>().await;
        world.spy.take();
        world.spy.lose_after(lost);

        assert_eq!(service.reply(call(&token, NEW)).await.status, 200, "{lost}");

        assert_eq!(world.spy.take().actions.len(), 4, "a request was retried");
        assert_eq!(world.login("alice", NEW).await.status, 200);
    }
}

#[tokio::test]
async fn it_is_told_and_a_dead_link_is_not() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let token = link(&world, "alice").await;
    world.told();

    reset(&world, &token, NEW).await;
    reset(&world, &token, NEW).await;

    let told = world.told();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!((&told[0]["event"], &told[0]["subject"]), (&json!("password.reset"), &json!(alice.id)));
}

#[tokio::test]
async fn it_costs_what_docs_costs_says() {
    let world = World::new().await;
    world.person("alice").await;
    let first = link(&world, "alice").await;
    world.measure::<UserResetPassword>("an address that was not proven", call(&first, OTHER), 200, 3).await;
    world.pass(60);
    let second = link(&world, "alice").await;

    world.measure::<UserResetPassword>("", call(&second, NEW), 200, 3).await;
    world.measure::<UserResetPassword>("a used link", call(&second, NEW), 404, 1).await;
}

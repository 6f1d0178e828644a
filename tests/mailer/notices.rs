//! Notices of what changes in an account: each goes out once, and none where nothing changed.

use std::sync::Arc;

use futures_util::future::join_all;
use latchkey::domain::{Acl, AttemptId, EmailAddress, Secret, Username};
use latchkey::runtime::Table;
use latchkey::store::schema::{self, MAILBOX_PREFIX, OUTBOX_PREFIX};
use latchkey::store::{ApiKeyRow, ApiKeys, LoginRow, MOST_FAILURES, UserChange, Users};
use serde_json::{Value, json};

use crate::house::{Call, Door, Person, Reply, World};
use crate::operations::{AuthheaderAdd, UserForgotPassword, UserLogin, UserPassword, UserResetPassword, UsersUpdate};

const NEW: &str = "maroon kettle on the third shelf";

const PASSWORD_CHANGED: &str = "Your password was changed";
const KEY_ADDED: &str = "An API key was added";
const EMAIL_CHANGED: &str = "Your e-mail address was changed";
const SIGN_IN_DISABLED: &str = "Your password was locked";

/// Recipient and subject of what goes out now, though the stream delivers every record twice.
async fn told(world: &World) -> Vec<(String, String)> {
    let before = world.sent().len();
    for batch in world.records() {
        for _ in 0..2 {
            assert_eq!(world.hand_over(&batch).await, json!({ "batchItemFailures": [] }));
        }
    }
    let header = |mail: &str, name: &str| mail.lines().find_map(|line| Some(line.strip_prefix(name)?.trim().to_owned())).unwrap();
    let mut told: Vec<_> = world.sent()[before..].iter().map(|mail| (header(mail, "To:"), header(mail, "Subject:"))).collect();
    told.sort();
    told
}

fn to(address: &str, subject: &str) -> (String, String) {
    (format!("<{address}>"), subject.to_owned())
}

/// How many mails were ever asked for.
async fn asked(world: &World) -> usize {
    let rows = world.whole_table("tokens").await;
    rows.iter().filter(|row| row["pk"].as_s().unwrap().starts_with(OUTBOX_PREFIX)).count()
}

fn users(world: &World) -> Users {
    Users::new(&world.setup.database(&[Table::Users, Table::Tokens]).unwrap())
}

async fn read(world: &World, name: &str) -> LoginRow {
    users(world).find_for_login(&Username::normalised(name)).await.unwrap().unwrap()
}

fn change_of_password(person: &Person, new: &str) -> Call {
    Call::new().json(json!({ "username": person.name, "old": person.password, "new": new, "confirm": new }))
}

async fn update(world: &World, by: &Person, of: &Person, body: Value) -> Reply {
    world.call::<UsersUpdate>(Call::new().bearer(&by.jwt).path("userId", &of.id).json(body)).await
}

#[tokio::test]
async fn a_changed_password_is_told_whoever_changed_it() {
    let world = World::new().await;
    let (alice, olga) = (world.person("alice").await, world.operator());
    let expected = [to("alice@example.com", PASSWORD_CHANGED)];

    assert_eq!(world.call::<UserPassword>(change_of_password(&alice, NEW)).await.status, 200);
    assert_eq!(told(&world).await, expected);

    world.call::<UserForgotPassword>(Call::new().json(json!({ "username": "alice" }))).await;
    let token = world.mailed_token("reset").await;
    let body = json!({ "token": token, "new": "another kettle, green", "confirm": "another kettle, green" });
    assert_eq!(world.call::<UserResetPassword>(Call::new().json(body)).await.status, 200);
    assert_eq!(told(&world).await, expected, "the list row changes with it");

    olga.piping("purple-kettle-19\n").run("user passwd alice --password-stdin").await.done();
    assert_eq!(told(&world).await, expected);
}

#[tokio::test]
async fn a_password_that_others_changed_first_is_told_once() {
    let world = World::with([("LOGIN_ATTEMPTS", "100"), ("ADDRESS_ATTEMPTS", "1000")]).await;
    let alice = world.person("alice").await;
    let service = world.start::<UserPassword>().await;

    let replies = join_all((0..20).map(|number| service.reply(change_of_password(&alice, &format!("{NEW} {number}"))))).await;

    assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 1);
    assert_eq!(told(&world).await, [to("alice@example.com", PASSWORD_CHANGED)]);
}

#[tokio::test]
async fn a_change_of_a_user_who_was_changed_meanwhile_is_not_told() {
    let world = World::new().await;
    let now = world.setup.clock.now();
    let alice = world.person("alice").await;
    let stale = read(&world, "alice").await.user;
    world.set_user(&alice, "SET epoch = :v", 7).await;
    let email = UserChange { email: Some(Some("new@example.com".to_owned())), ..UserChange::default() };

    assert!(!users(&world).change_password(&stale, stale.epoch, "a hash", None, now).await.unwrap());
    assert!(!users(&world).change_password(&stale, stale.epoch, "a hash", Some(now), now).await.unwrap());
    assert!(!users(&world).reset_password(&stale, "a hash", None, true, now).await.unwrap());
    assert!(!users(&world).change(&stale, &email, now).await.unwrap());
    world.set_user(&alice, "SET disabled_at = :v", 1).await;
    assert_eq!(world.add_key(&alice.jwt, json!({ "name": "x" })).await.status, 401);

    assert_eq!(told(&world).await, []);
}

#[tokio::test]
async fn a_change_that_succeeds_at_a_later_try_is_told_once() {
    let world = World::new().await;
    let now = world.setup.clock.now();
    let alice = world.person("alice").await;
    let stale = read(&world, "alice").await.user;
    world.set_user(&alice, "SET epoch = :v", 7).await;

    assert!(!users(&world).change_password(&stale, stale.epoch, "a hash", None, now).await.unwrap());
    let fresh = read(&world, "alice").await.user;
    assert!(users(&world).change_password(&fresh, stale.epoch, "a hash", None, now).await.unwrap());

    assert_eq!(told(&world).await, [to("alice@example.com", PASSWORD_CHANGED)]);
}

/// What the stream has of a change of the password that was asked to be told and then failed.
async fn failed_change(world: &World, person: &Person) -> Vec<Value> {
    let service = world.start::<UserPassword>().await;
    let failed = json!({ "__type": "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException" });
    world.spy.refuse_all("TransactWriteItems", 400, &failed);
    assert_eq!(service.reply(change_of_password(person, NEW)).await.status, 503);
    world.records().remove(0)
}

#[tokio::test]
async fn a_password_that_may_still_be_set_is_told_once_it_was() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let batch = failed_change(&world, &alice).await;
    let number = &batch.last().unwrap()["dynamodb"]["SequenceNumber"];

    let answer = world.hand_over(&batch).await;
    assert_eq!(answer, json!({ "batchItemFailures": [{ "itemIdentifier": number }] }), "to be asked again");
    assert_eq!(world.login("alice", &alice.password).await.status, 200, "nothing is done");

    world.spy.refuse_none();
    world.pass(5);
    assert_eq!(world.call::<UserPassword>(change_of_password(&alice, NEW)).await.status, 200);
    world.hand_over(&batch).await;
    assert_eq!(world.sent().len(), 1);
    assert_eq!(told(&world).await, [], "it is the same mail");
}

#[tokio::test]
async fn a_password_that_was_not_set_is_not_told() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let batch = failed_change(&world, &alice).await;

    world.pass(60);

    assert_eq!(world.hand_over(&batch).await, json!({ "batchItemFailures": [] }));
    assert!(world.sent().is_empty());
    assert!(world.told_briefly().contains(&super::event("mail.dropped", "the password was not changed")));
}

#[tokio::test]
async fn a_user_who_is_not_listed_is_told_once() {
    let world = World::with([("PASSWORD_MAX_AGE_DAYS", "30")]).await;
    let alice = world.person("alice").await;
    world.unlist("alice").await;

    assert_eq!(world.call::<UserPassword>(change_of_password(&alice, NEW)).await.status, 200);

    assert_eq!(told(&world).await, [to("alice@example.com", PASSWORD_CHANGED)]);
}

#[tokio::test]
async fn an_added_key_is_told_once_however_often_it_is_asked_for() {
    let world = World::new().await;
    let (alice, olga) = (world.person("alice").await, world.operator());
    let add = || Call::new().bearer(&alice.jwt).header("idempotency-key", "once").json(json!({ "name": "backups" }));

    let first = world.call::<AuthheaderAdd>(add()).await;
    assert_eq!(told(&world).await, [to("alice@example.com", KEY_ADDED)]);
    let again = world.call::<AuthheaderAdd>(add()).await;
    assert_eq!((first.status, again.text("token")), (200, first.text("token")));
    assert_eq!(told(&world).await, []);

    olga.run("key add alice --name production").await.done();
    assert_eq!(told(&world).await, [to("alice@example.com", KEY_ADDED)]);
    assert!(world.sent().last().unwrap().contains("production"));
}

#[tokio::test]
async fn a_key_that_is_one_too_many_is_not_told() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    world.give_uncounted_keys(&alice, 999).await;
    world.set_allowance(&alice, 10, 10).await;
    let keys = ApiKeys::new(&world.setup.database(&[Table::Users, Table::Tokens, Table::Sessions]).unwrap());
    let row: ApiKeyRow = keys.list(alice.id.parse().unwrap()).await.unwrap().remove(0);

    assert_eq!(world.add_key(&alice.jwt, json!({ "name": "x" })).await.status, 409);
    assert!(keys.insert_for(&read(&world, "alice").await.user, &row).await.is_err());

    assert_eq!(told(&world).await, []);
}

#[tokio::test]
async fn the_former_address_is_told_of_the_new_one_whoever_sets_it() {
    let world = World::new().await;
    let (root, alice, olga) = (world.person_with("root", Acl::everything()).await, world.person("alice").await, world.operator());

    assert_eq!(update(&world, &root, &alice, json!({ "email": "second@example.com" })).await.status, 200);
    assert_eq!(told(&world).await, [to("alice@example.com", EMAIL_CHANGED)]);

    olga.run("user set alice --email third@example.com").await.done();
    assert_eq!(told(&world).await, [to("second@example.com", EMAIL_CHANGED)]);

    assert_eq!(update(&world, &root, &alice, json!({ "email": "" })).await.status, 200);
    assert_eq!(told(&world).await, [to("third@example.com", EMAIL_CHANGED)]);

    assert_eq!(update(&world, &root, &alice, json!({ "email": "fourth@example.com" })).await.status, 200);
    assert_eq!(told(&world).await, [], "there was none before");
}

#[tokio::test]
async fn no_other_address_and_one_that_had_no_effect_is_not_told() {
    let world = World::new().await;
    let (root, alice) = (world.person_with("root", Acl::everything()).await, world.person("alice").await);

    for body in [json!({ "email": "ALICE@example.com" }), json!({ "firstName": "Alicia" }), json!({ "disabled": true })] {
        assert_eq!(update(&world, &root, &alice, body).await.status, 200);
    }
    assert_eq!(told(&world).await, []);

    // As an earlier release left it: it may be somebody else's as well.
    let key = schema::email_address(&"alice@example.com".parse::<EmailAddress>().unwrap().place());
    world.dynamodb.delete_item().table_name("latchkey-users").set_key(Some(key)).send().await.unwrap();
    assert_eq!(update(&world, &root, &alice, json!({ "email": "new@example.com" })).await.status, 200);
    assert_eq!(told(&world).await, []);
}

#[tokio::test]
async fn for_whom_no_mail_can_reach_none_is_asked() {
    let world = World::new().await;
    let olga = world.operator();
    olga.run("user add robot --no-password").await.done();

    olga.piping("purple-kettle-19\n").run("user passwd robot --password-stdin").await.done();
    olga.run("key add robot").await.done();

    assert_eq!(asked(&world).await, 0);
}

#[tokio::test]
async fn the_hundredth_wrong_password_in_a_row_is_told_once() {
    let world = World::new().await;
    world.alice().await;
    world.set_failures(98).await;

    world.login("alice", "wrong").await;
    assert_eq!(asked(&world).await, 0);
    world.login("alice", "wrong").await;
    assert_eq!(told(&world).await, [to("alice@example.com", SIGN_IN_DISABLED)]);
    for _ in 0..3 {
        assert_eq!(world.login("alice", "wrong").await.status, 401);
    }

    assert_eq!((world.failures().await, asked(&world).await), (100, 1));
}

#[tokio::test]
async fn of_two_hundred_wrong_passwords_at_once_one_is_the_hundredth() {
    let world = World::with([("LOGIN_ATTEMPTS", "100"), ("ADDRESS_ATTEMPTS", "1000")]).await;
    world.alice().await;
    for failures in [99, 60] {
        world.set_failures(failures).await;
        let service = Arc::new(world.start::<UserLogin>().await);

        join_all((0..200).map(|number| {
            let service = service.clone();
            let guess = Call::new().json(json!({ "username": "alice", "password": format!("wrong {number}") }));
            async move { service.reply(guess).await }
        }))
        .await;

        assert_eq!(world.failures().await, 100, "{failures}");
        assert_eq!(told(&world).await, [to("alice@example.com", SIGN_IN_DISABLED)], "{failures}");
        world.pass(86_400);
    }
}

#[tokio::test]
async fn the_hundredth_wrong_password_costs_the_requests_of_an_unknown_name() {
    let world = World::new().await;
    world.alice().await;
    let mut requests = Vec::new();
    for (name, failures) in [("nobody", 0), ("alice", 0), ("alice", 98), ("alice", 99), ("alice", 100)] {
        world.set_failures(failures.max(1)).await;

        assert_eq!(world.login(name, "wrong").await.status, 401);

        requests.push(world.spy.take().actions.len());
    }
    assert!(requests.iter().all(|count| *count == requests[0]), "{requests:?}");
}

#[tokio::test]
async fn who_can_not_log_in_or_be_reached_is_not_told_of_a_disabled_password() {
    for case in ["no address", "no password", "disabled"] {
        let world = World::new().await;
        let mut alice = world.user_row("alice", Acl::default());
        match case {
            "no address" => alice.email = None,
            "no password" => alice.password_hash = None,
            _ => alice.disabled_at = Some(alice.created_at),
        }
        world.insert(&alice).await;
        world.set_failures(99).await;

        assert_eq!(world.login("alice", "wrong").await.status, 401);

        assert_eq!((world.failures().await, asked(&world).await), (100, 0), "{case}");
    }
}

#[tokio::test]
async fn the_right_password_at_the_last_place_is_no_disabled_one() {
    let world = World::new().await;
    world.alice().await;
    world.set_failures(99).await;

    assert_eq!(world.login("alice", "alice's password").await.status, 200);

    assert_eq!(told(&world).await, []);
    let dropped = super::event("mail.dropped", "the password is enabled again");
    assert!(world.told_briefly().contains(&dropped));
}

#[tokio::test]
async fn a_count_that_others_changed_is_taken_as_it_is() {
    for (read_as, is, counted, mails) in
        [(98, 99, Some(100), 1), (99, 3, Some(4), 0), (99, 100, None, 0), (0, 100, None, 0), (100, 99, Some(100), 1)]
    {
        let world = World::new().await;
        world.alice().await;
        world.set_failures(is).await;
        let found = LoginRow { failures: read_as, ..read(&world, "alice").await };
        let name = Username::normalised("alice");

        let found = Some(&found);
        let count = users(&world).count_failure(&name, found, AttemptId::random(), world.setup.clock.now()).await.unwrap();

        assert_eq!((count, asked(&world).await), (counted, mails), "{read_as} {is}");
    }
    assert_eq!(MOST_FAILURES, 100);
}

#[tokio::test]
async fn of_a_name_that_is_another_users_by_now_nothing_is_counted_or_told() {
    let world = World::new().await;
    world.alice().await;
    world.set_failures(99).await;
    let mut found = read(&world, "alice").await;
    found.user.user_id = latchkey::domain::UserId::random();
    found.user.password_hash = Some(Secret::new("another"));

    let name = Username::normalised("alice");
    let count = users(&world).count_failure(&name, Some(&found), AttemptId::random(), world.setup.clock.now()).await.unwrap();

    assert_eq!((count, world.failures().await, asked(&world).await), (None, 99, 0));
}

#[tokio::test]
async fn a_change_whose_answer_was_lost_is_told_once() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let now = world.setup.clock.now();
    let user = read(&world, "alice").await.user;

    world.spy.lose_after(0);
    assert!(users(&world).change_password(&user, user.epoch, "a hash", None, now).await.unwrap());
    assert_eq!(told(&world).await, [to("alice@example.com", PASSWORD_CHANGED)]);

    world.set_failures(99).await;
    let found = read(&world, &alice.name).await;
    world.spy.lose_after(0);
    let name = Username::normalised("alice");
    assert_eq!(users(&world).count_failure(&name, Some(&found), AttemptId::random(), now).await.unwrap(), Some(100));
    assert_eq!(told(&world).await, [to("alice@example.com", SIGN_IN_DISABLED)]);
}

/// What `role` may do in the table of the tokens.
fn rights_on_tokens(role: &str) -> Vec<String> {
    let template = std::fs::read_to_string(crate::house::root().join("template.yaml")).unwrap();
    let (_, role) = template.split_once(&format!("\n  {role}:\n")).unwrap();
    let (role, _) = role.split_once("\n\n").unwrap();
    role.split("- Effect: Allow").filter(|statement| statement.contains("TokensTable.Arn")).map(str::to_owned).collect()
}

#[test]
fn a_login_may_write_into_the_outbox_and_the_mailer_into_the_mailboxes_and_nowhere_else_in_the_table() {
    for (role, prefix) in [("UserLoginRole", OUTBOX_PREFIX), ("MailerRole", MAILBOX_PREFIX)] {
        let rights = rights_on_tokens(role);

        assert_eq!(rights.len(), 1, "{role}");
        assert!(rights[0].contains(&format!("dynamodb:LeadingKeys: [\"{prefix}*\"]")), "{}", rights[0]);
    }
}

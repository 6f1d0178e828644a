//! `POST /user/password`

use serde_json::{Value, json};

use crate::house::{Call, NOW, Person, Reply, World, canceled};
use crate::operations::{AuthenticationTokenCreate, AuthenticationTokenExchange, AuthheaderList, UserPassword, UserRenew};

const NEW: &str = "maroon kettle on the third shelf";

async fn change(world: &World, name: &str, old: &str, new: &str) -> Reply {
    let body = json!({ "username": name, "old": old, "new": new, "confirm": new });
    world.call::<UserPassword>(Call::new().json(body)).await
}

async fn renewed(world: &World, alice: &Person) -> i64 {
    world.call::<UserRenew>(Call::new().bearer(&alice.jwt)).await.status
}

#[tokio::test]
async fn after_a_change_only_the_new_password_and_no_old_session_is_good() {
    let world = World::new().await;
    let alice = world.person("alice").await;

    let reply = change(&world, "alice", &alice.password, NEW).await;

    assert_eq!((reply.status, reply.body), (200, json!({ "message": "Success" })));
    assert_eq!(renewed(&world, &alice).await, 401, "the very next call");
    assert_eq!(world.call::<AuthheaderList>(Call::new().bearer(&alice.jwt)).await.status, 401);
    assert_eq!(world.login("alice", &alice.password).await.status, 401);
    assert_eq!(world.login("alice", NEW).await.status, 200);
    let keys = Call::new().bearer(&world.login("alice", NEW).await.text("Token"));
    assert_eq!(world.call::<AuthheaderList>(keys).await.body.as_array().unwrap().len(), 1, "the API key stays");
}

#[tokio::test]
async fn an_expired_password_has_a_way_out() {
    let world = World::with([("PASSWORD_MAX_AGE_DAYS", "30")]).await;
    let alice = world.person("alice").await;
    world.set_user(&alice, "SET password_expires_at = :v", NOW).await;
    assert_eq!(world.login("alice", &alice.password).await.code(), "password-expired");

    let change = json!({ "Username": "ALICE", "Old": alice.password, "New": NEW, "Confirm": NEW });
    let reply = world.call::<UserPassword>(Call::new().json(change).undocumented()).await;

    assert_eq!(reply.status, 200);
    let login = world.login("alice", NEW).await;
    assert_eq!((login.status, login.text("PasswordExpiration")), (200, "2030-04-16T17:46:40Z".to_owned()));
}

#[tokio::test]
async fn by_default_a_changed_password_never_expires() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    world.set_user(&alice, "SET password_expires_at = :v", NOW).await;

    change(&world, "alice", &alice.password, NEW).await;

    assert_eq!(world.login("alice", NEW).await.body["PasswordExpiration"], Value::Null);
}

#[tokio::test]
async fn what_is_wrong_with_the_new_one_is_told_and_nothing_changes() {
    let world = World::new().await;
    let alice = world.person("alice").await;

    for (new, message) in [
        ("short", "must have at least 8 characters"),
        (&"x1".repeat(129), "must have at most 256 characters"),
        ("password1", "must not be a common password, a word, a repetition or a sequence"),
        ("alicealice1", "must not be made of the user's own names"),
        (&alice.password, "must differ from old"),
    ] {
        let reply = change(&world, "alice", &alice.password, new).await;
        assert_eq!((reply.status, reply.code()), (422, "invalid-fields"), "{new}");
        assert_eq!(reply.body["invalidFields"], json!([{ "field": "new", "message": message }]));
        assert!(!reply.body.to_string().contains(new), "{new}");
    }
    let other = json!({ "username": "alice", "old": alice.password, "new": NEW, "confirm": "another" });
    let differs = world.call::<UserPassword>(Call::new().json(other)).await;
    assert_eq!((differs.status, differs.invalid_fields()), (422, vec!["confirm"]));
    let nothing = world.call::<UserPassword>(Call::new().undocumented()).await;
    assert_eq!((nothing.status, nothing.invalid_fields()), (422, vec!["username", "old", "new", "confirm"]));
    assert_eq!(renewed(&world, &alice).await, 200);
}

#[tokio::test]
async fn a_wrong_old_password_an_unknown_and_a_disabled_user_are_the_same_401() {
    let world = World::new().await;
    world.person("alice").await;
    let disabled = world.person("disabled").await;
    world.set_user(&disabled, "SET disabled_at = :v", 1).await;

    let wrong = change(&world, "alice", "wrong", NEW).await;

    assert_eq!((wrong.status, wrong.code(), wrong.body["message"].is_string()), (401, "incorrect-credentials", true));
    assert_eq!(change(&world, "nobody", "wrong", NEW).await, wrong);
    assert_eq!(change(&world, "disabled", &disabled.password, NEW).await, wrong);
}

#[tokio::test]
async fn old_passwords_are_guessed_under_the_throttle_of_logins() {
    let world = World::with([("LOGIN_ATTEMPTS", "4")]).await;
    // Alice has logged in once, which the window counts as long as few of its attempts are used up.
    world.person("alice").await;

    for _ in 0..3 {
        assert_eq!(change(&world, "alice", "wrong", NEW).await.status, 401);
    }

    assert_eq!(change(&world, "alice", "wrong", NEW).await.code(), "throttled");
    assert_eq!(world.login("alice", "wrong").await.status, 429);
}

#[tokio::test]
async fn a_right_old_password_forgets_the_attempts_once_more_than_half_of_them_are_used_up() {
    let world = World::with([("LOGIN_ATTEMPTS", "4")]).await;
    let alice = world.person("alice").await;
    for _ in 0..2 {
        change(&world, "alice", "wrong", NEW).await;
    }

    assert_eq!(change(&world, "alice", &alice.password, NEW).await.status, 200);

    // In the same second they may have come before the new password.
    world.pass(1);
    for _ in 0..4 {
        assert_eq!(change(&world, "alice", "wrong", "another long password").await.status, 401);
    }
    assert_eq!(world.login("alice", NEW).await.status, 429);
}

#[tokio::test]
async fn of_two_changes_at_the_same_instant_one_wins() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let other = "teal kettle on the fourth shelf";

    let (one, two) = tokio::join!(change(&world, "alice", &alice.password, NEW), change(&world, "alice", &alice.password, other));

    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert!([[200, 409], [200, 401]].contains(&statuses), "{statuses:?}");
    let logins = [world.login("alice", NEW).await.status, world.login("alice", other).await.status];
    assert_eq!(logins, [one.status, two.status].map(|status| if status == 200 { 200 } else { 401 }));
}

/// As whoever has a login of the user can begin it, by ending the other sessions again and again.
#[tokio::test]
async fn a_new_epoch_at_the_same_instant_keeps_nobody_out() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let refused = canceled(["ConditionalCheckFailed", "None"]);
    world.spy.refuse_all("TransactWriteItems", 400, &refused);
    let reply = change(&world, "alice", &alice.password, NEW).await;
    assert_eq!((reply.status, reply.code()), (409, "conflict"), "it is not tried for ever");
    world.spy.refuse_none();
    world.spy.take();
    change(&world, "alice", &alice.password, NEW).await;
    let before_the_transaction = world.spy.take().actions.iter().position(|action| action == "TransactWriteItems").unwrap();

    world.spy.refuse_after(before_the_transaction, 1, 400, &refused);
    let reply = change(&world, "alice", NEW, &alice.password).await;

    assert_eq!(reply.status, 200, "the second time");
    assert_eq!(world.login("alice", &alice.password).await.status, 200);
}

#[tokio::test]
async fn a_change_whose_answer_was_lost_is_made_once() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    world.spy.lose_after(2);

    assert_eq!(change(&world, "alice", &alice.password, NEW).await.status, 200);

    assert_eq!(world.login("alice", NEW).await.status, 200);
}

#[tokio::test]
async fn tokens_that_the_old_password_made_end_with_it() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let body = json!({ "mode": "password", "username": "alice", "password": alice.password });
    let token = world.call::<AuthenticationTokenCreate>(Call::new().json(body)).await.text("token");

    change(&world, "alice", &alice.password, NEW).await;

    assert_eq!(world.call::<AuthenticationTokenExchange>(Call::new().path("token", token)).await.status, 404);
}

#[tokio::test]
async fn a_password_is_the_same_one_however_its_accents_are_composed() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let (composed, decomposed) = ("maroon kettle of Am\u{e9}lie", "maroon kettle of Ame\u{301}lie");

    let differently = json!({ "username": "alice", "old": alice.password, "new": composed, "confirm": decomposed });
    assert_eq!(world.call::<UserPassword>(Call::new().json(differently)).await.status, 200);
    let unchanged = change(&world, "alice", composed, decomposed).await;

    assert_eq!((unchanged.status, unchanged.invalid_fields()), (422, vec!["new"]));
    assert_eq!(world.login("alice", decomposed).await.status, 200);
}

#[tokio::test]
async fn it_costs_what_docs_costs_says() {
    let world = World::new().await;
    let alice = world.person("alice").await;

    let words = "maroon kettle on the third shelf";
    let call = Call::new().json(json!({ "username": "alice", "old": alice.password, "new": words, "confirm": words }));
    world.measure::<UserPassword>("", call, 200, 3).await;
}

//! `GET` and `POST /user/logout`

use latchkey::runtime::Table;
use latchkey::store::Sessions;
use serde_json::json;

use crate::house::{Call, NOW, World};
use crate::operations::{AuthheaderDelete, AuthheaderList, UserLogout, UserRenew};

#[tokio::test]
async fn after_a_logout_the_very_next_call_is_refused() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let other = world.login("alice", &alice.password).await.text("Token");

    let reply = world.call::<UserLogout>(Call::new().bearer(&alice.jwt)).await;

    assert_eq!((reply.status, reply.body), (200, json!({ "message": "User logged out" })));
    let refused = world.call::<AuthheaderList>(Call::new().bearer(&alice.jwt)).await;
    assert_eq!((refused.status, refused.code()), (401, "invalid-credentials"));
    assert_eq!(world.add_key(&alice.jwt, json!({ "name": "x" })).await.status, 401);
    assert_eq!(world.call::<AuthheaderList>(Call::new().bearer(&other)).await.status, 200, "another session of the same user goes on");
}

#[tokio::test]
async fn a_second_logout_and_one_without_a_jwt_are_401() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    world.call::<UserLogout>(Call::new().header("token", &alice.jwt)).await;

    let again = world.call::<UserLogout>(Call::new().bearer(&alice.jwt)).await;
    let nobody = world.call::<UserLogout>(Call::new()).await;
    let by_key = world.call::<UserLogout>(Call::new().header("apikey", &alice.key)).await;

    assert_eq!((again.status, again.code()), (401, "invalid-credentials"));
    assert_eq!((nobody.status, nobody.code(), nobody.body["message"].is_string()), (401, "missing-credentials", true));
    assert_eq!((by_key.status, by_key.code()), (401, "invalid-credentials"));
}

/// Every operation that takes a login JWT and nothing else refuses it.
async fn assert_over(world: &World, jwt: &str) {
    let read_only = json!([{ "scope": {}, "permissions": [] }]);
    for reply in [
        world.call::<AuthheaderList>(Call::new().bearer(jwt)).await,
        world.add_key(jwt, json!({ "name": "x" })).await,
        world.add_key(jwt, json!({ "name": "x", "acl": read_only })).await,
        world.call::<AuthheaderDelete>(Call::new().bearer(jwt).json(json!({ "text": "0f8fad5b-d9cb-469f-a165-70867728950e" }))).await,
        world.call::<UserRenew>(Call::new().bearer(jwt)).await,
    ] {
        assert_eq!((reply.status, reply.code()), (401, "invalid-credentials"));
    }
}

#[tokio::test]
async fn a_session_whose_row_says_so_is_over_although_its_jwt_is_not() {
    let world = World::new().await;
    let alice = world.person("alice").await;

    world.set_sessions(&alice, "SET expires_at = :v", NOW).await;

    assert_over(&world, &alice.jwt).await;
    assert_eq!(world.call::<UserLogout>(Call::new().bearer(&alice.jwt)).await.status, 401);
    assert_eq!(world.rows("tokens").await.len(), 1, "no key was made");
}

#[tokio::test]
async fn a_deleted_users_session_is_over() {
    let world = World::new().await;
    let alice = world.person("alice").await;

    world.delete_user(&alice).await;

    assert_over(&world, &alice.jwt).await;
}

#[tokio::test]
async fn user_and_session_must_be_of_one_epoch_and_the_jwt_of_no_later_one() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let bob = world.person("bob").await;

    world.set_sessions(&alice, "SET epoch = :v", 1).await;
    world.set_user(&bob, "SET epoch = :v", 1).await;
    assert_over(&world, &alice.jwt).await;
    assert_over(&world, &bob.jwt).await;
    world.set_user(&alice, "SET epoch = :v", 1).await;
    let renewed = world.call::<UserRenew>(Call::new().bearer(&alice.jwt)).await;
    world.set_user(&alice, "SET epoch = :v", 0).await;
    world.set_sessions(&alice, "SET epoch = :v", 0).await;

    // A session that ended all others took its JWTs along into the next epoch.
    assert_eq!(renewed.status, 200);
    // An older table was restored: its session had not begun that epoch.
    assert_over(&world, &renewed.text("Token")).await;
}

#[tokio::test]
async fn it_costs_what_docs_costs_says() {
    let world = World::new().await;
    let alice = world.person("alice").await;

    world.measure::<UserLogout>("", Call::new().bearer(&alice.jwt), 200, 1).await;
}

/// The login's write arrives once more, after its answer was lost, and after the session was ended.
#[tokio::test]
async fn a_session_that_was_ended_does_not_begin_again() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let sessions = Sessions::new(&world.setup.database(&[Table::Sessions]).unwrap());
    let row = world.rows("sessions").await.remove(0);
    let text = |name: &str| row[name].as_s().unwrap().clone();
    let begun = json!({
        "subject": text("subject"), "session_id": text("session_id"), "customer_id": alice.id, "kind": "login", "created_at": NOW,
        "expires_at": NOW + 43_200, "epoch": 0,
    });
    assert_eq!(world.call::<UserLogout>(Call::new().bearer(&alice.jwt)).await.status, 200);

    sessions.insert_new(&serde_json::from_value(begun).unwrap()).await.unwrap();

    assert_over(&world, &alice.jwt).await;
}

//! `latchkey forget`.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use latchkey::domain::Acl;
use serde_json::{Value, json};

use super::wire::wire;
use crate::house::{Call, Person, World};
use crate::operations::{AuthenticationTokenExchange, EntityTokenCreate, UserRenew, UsersDelete};

/// Somebody with something of everything, and a customer whose sessions both stand beside.
async fn busy_person(world: &World, name: &str) -> Person {
    let person = world.person_with(name, Acl::everything()).await;
    for user in [person.id.as_str(), "customer-1"] {
        world.call::<EntityTokenCreate>(person.entity_call(&format!("{name} and co"), user)).await;
    }
    for customer in ["customer-1", person.id.as_str()] {
        for exchanged in [true, false] {
            let token = world.one_time_token(&person.key, json!({ "customerId": customer })).await.text("token");
            if exchanged {
                assert_eq!(world.call::<AuthenticationTokenExchange>(Call::new().path("token", token)).await.status, 201);
            }
        }
    }
    person
}

/// All rows that name the person in any attribute.
async fn rows_about(world: &World, person: &str) -> usize {
    let mut count = 0;
    for table in ["users", "tokens", "sessions"] {
        count += world.whole_table(table).await.iter().filter(|row| format!("{row:?}").contains(person)).count();
    }
    count
}

#[tokio::test]
async fn an_export_has_everything_and_no_secret() {
    let world = World::new().await;
    let olga = world.operator();
    let carol = busy_person(&world, "carol").await;
    busy_person(&world, "dora").await;

    let plain = olga.run("forget carol --export -").await.done();
    let hashed = olga.run("forget carol --export carol.json --with-hash").await.done();

    let document = plain.json();
    let count = |name: &str| document[name].as_array().unwrap().len();
    assert_eq!(document["user"]["user_id"], carol.id.as_str());
    assert_eq!((count("api_keys"), count("sessions"), count("issued_sessions")), (1, 2, 1));
    assert_eq!((count("entity_tokens"), count("issued_entity_tokens"), count("one_time_tokens")), (1, 1, 2));
    assert!(!plain.out.contains("argon2") && !plain.out.contains("lkapi_"));
    assert!(hashed.out.contains("carol.json"));
    let file = std::fs::read_to_string(world.folder.join("carol.json")).unwrap();
    assert!(file.contains("$argon2id$"));
    assert_eq!(olga.acts(), ["forget.export", "forget.export"]);
}

#[tokio::test]
async fn an_erasure_leaves_no_row_that_names_the_person_and_nobody_else_s_is_touched() {
    let world = World::new().await;
    let olga = world.operator();
    let dora = busy_person(&world, "dora").await;
    let before = rows_about(&world, &dora.id).await;
    let carol = busy_person(&world, "carol").await;
    assert!(rows_about(&world, &carol.id).await > 8);

    let said = olga.run("forget carol --erase --yes --json").await.done().json();

    assert_eq!((&said["user"], &said["issued_sessions"]), (&json!(true), &json!(1)));
    assert_eq!((rows_about(&world, &carol.id).await, rows_about(&world, &dora.id).await), (0, before));
    assert_eq!(world.login("carol", &carol.password).await.status, 401);
    assert_eq!(olga.run("forget carol --erase --yes").await.code, 3);
    assert_eq!(olga.acts(), ["forget.erase"]);
}

#[tokio::test]
async fn nothing_is_erased_before_the_name_was_typed() {
    let world = World::new().await;
    let olga = world.operator();
    let carol = world.person("carol").await;

    assert_eq!(olga.run("forget carol --erase").await.code, 2);
    assert_eq!(olga.answering(["yes"]).run("forget carol --erase").await.code, 4);
    assert_eq!(olga.run("forget carol").await.code, 2);
    assert_eq!(olga.run("forget --erase --yes").await.code, 2);
    assert_eq!(olga.run("forget dora --erase --yes").await.code, 3);
    assert_eq!(world.call::<UserRenew>(Call::new().bearer(&carol.jwt)).await.status, 200);

    olga.answering(["carol"]).run("forget carol --erase").await.done();
    assert_eq!(world.call::<UserRenew>(Call::new().bearer(&carol.jwt)).await.status, 401);
}

#[tokio::test]
async fn a_customer_is_forgotten_without_being_a_user() {
    let world = World::new().await;
    let olga = world.operator();
    let carol = busy_person(&world, "carol").await;
    assert_eq!(world.sessions_of("customer-1").await, 1);

    let exported = olga.run("forget --customer customer-1 --export -").await.done().json();
    let user = olga.run(&format!("forget --customer {} --erase --yes", carol.id)).await;
    olga.run("forget --customer customer-1 --erase --yes").await.done();

    assert_eq!((&exported["user"], exported["one_time_tokens"].as_array().unwrap().len()), (&Value::Null, 1));
    assert_eq!(user.code, 2, "a user is forgotten as one");
    assert_eq!(rows_about(&world, "customer-1").await, 0);
    assert_eq!(world.call::<UserRenew>(Call::new().bearer(&carol.jwt)).await.status, 200);
    olga.run("forget --customer customer-1 --erase --yes").await.done();
}

/// A way to the tables that breaks off after `requests` requests; it counts those that came.
async fn breaking_off(world: &World, requests: usize) -> (String, Arc<AtomicUsize>) {
    let seen = Arc::new(AtomicUsize::new(0));
    let counter = seen.clone();
    let pass = move |_: String| std::future::ready(counter.fetch_add(1, Ordering::SeqCst) < requests);
    (wire(world, pass).await, seen)
}

#[tokio::test]
async fn an_erasure_that_was_interrupted_anywhere_leaves_nothing_usable_and_is_finished_by_the_next() {
    let mut requests = 0;
    loop {
        let world = World::new().await;
        let carol = busy_person(&world, "carol").await;
        // Somebody else has made a session for the person: a row in that partition names the person, too.
        let dora = world.person_with("dora", Acl::everything()).await;
        let token = world.one_time_token(&dora.key, json!({ "customerId": carol.id })).await.text("token");
        assert_eq!(world.call::<AuthenticationTokenExchange>(Call::new().path("token", token)).await.status, 201);
        let (address, seen) = breaking_off(&world, requests).await;

        let said = world.operator_at(&address).run("forget carol --erase --yes").await;

        if said.code == 0 {
            assert!(requests > 10 && seen.load(Ordering::SeqCst) <= requests);
            assert_eq!(rows_about(&world, &carol.id).await, 0);
            break;
        }
        let disabled = world.operator().run("user show carol --json").await.done().json()["disabled_at"].is_string();
        if disabled {
            assert_eq!(world.call::<UserRenew>(Call::new().bearer(&carol.jwt)).await.status, 401);
            assert_eq!(world.one_time_token(&carol.key, json!({ "customerId": "customer-1" })).await.status, 401);
            assert_eq!(world.login("carol", &carol.password).await.status, 401);
        } else {
            assert!(requests < 5, "the user is disabled before anything else");
        }
        world.operator().run("forget carol --erase --yes").await.done();
        assert_eq!(rows_about(&world, &carol.id).await, 0, "after {requests} requests");
        requests += 1;
    }
}

#[tokio::test]
async fn what_a_deletion_over_http_has_left_is_erased_at_once_by_the_id() {
    let world = World::new().await;
    let olga = world.operator();
    let root = world.person_with("root", Acl::everything()).await;
    let carol = busy_person(&world, "carol").await;
    let deleted = world.call::<UsersDelete>(Call::new().bearer(&root.jwt).path("userId", &carol.id)).await;
    assert_eq!(deleted.status, 204);

    assert_eq!(olga.run("forget carol --erase --yes").await.code, 3, "the name is nobody's");
    assert_eq!(olga.run(&format!("user show {}", carol.id)).await.code, 3);
    assert!(!olga.run("user list").await.done().out.contains(&carol.id));
    olga.run(&format!("forget --customer {} --erase --yes", carol.id)).await.done();

    // The order for the eraser, and the id that it waits for.
    assert_eq!(rows_about(&world, &carol.id).await, 2);
}

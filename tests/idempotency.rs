//! `Idempotency-Key`: a repeated request gets what the first one made.

use latchkey::domain::Acl;
use serde_json::{Value, json};

use crate::house::{Call, NOW, Reply, World};
use crate::operations::{
    AuthenticationTokenCreate, AuthenticationTokenDelete, AuthenticationTokenExchange, AuthheaderAdd, AuthheaderDelete, AuthheaderList,
    SessionDelete,
};

const KEY: &str = "8e03978e-40d5-43e8-bc93-6894a57f9324";

async fn add(world: &World, jwt: &str, key: &str, body: Value) -> Reply {
    world.call::<AuthheaderAdd>(Call::new().bearer(jwt).header("idempotency-key", key).json(body)).await
}

async fn create(world: &World, api_key: &str, key: &str, body: Value) -> Reply {
    let call = Call::new().header("reb-apikey", api_key).header("idempotency-key", key);
    world.call::<AuthenticationTokenCreate>(call.json(body)).await
}

async fn exchange(world: &World, token: &str, key: &str, body: Value) -> Reply {
    world.call::<AuthenticationTokenExchange>(Call::new().path("token", token).header("idempotency-key", key).json(body)).await
}

fn for_carol() -> Value {
    json!({ "mode": "passwordless", "customerId": "carol" })
}

#[tokio::test]
async fn an_api_key_is_made_once_under_a_key_and_by_each_user() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);

    let first = add(&world, &alice.jwt, KEY, json!({ "name": "x" })).await;
    world.pass(60);
    let again = Call::new().bearer(&alice.jwt).header("idempotency-key", KEY).json(json!({ "name": "x", "ignored": null }));
    let again = world.call::<AuthheaderAdd>(again.undocumented()).await;
    let another = add(&world, &alice.jwt, "another", json!({ "name": "x" })).await;
    let bobs = add(&world, &bob.jwt, KEY, json!({ "name": "x" })).await;

    assert_eq!((again.status, &again), (200, &first));
    assert!(first.text("token") != another.text("token") && first.text("token") != bobs.text("token"));
    let listed = world.call::<AuthheaderList>(Call::new().bearer(&alice.jwt)).await.body;
    assert_eq!(listed.as_array().unwrap().len(), 3, "the person's own, and two");
}

#[tokio::test]
async fn another_request_under_the_same_key_is_422_and_a_deleted_thing_409() {
    let world = World::new().await;
    let alice = world.person_with("alice", Acl::everything()).await;
    let key = add(&world, &alice.jwt, KEY, json!({ "name": "x" })).await.text("token");
    let token = create(&world, &alice.key, KEY, for_carol()).await.text("token");

    let other = add(&world, &alice.jwt, KEY, json!({ "name": "y" })).await;
    assert_eq!((other.status, other.code()), (422, "idempotency-key-reused"));
    let other = create(&world, &alice.key, KEY, json!({ "mode": "passwordless", "customerId": "dave" })).await;
    assert_eq!((other.status, other.code()), (422, "idempotency-key-reused"));

    world.call::<AuthheaderDelete>(Call::new().bearer(&alice.jwt).json(json!({ "text": key }))).await;
    world.call::<AuthenticationTokenDelete>(Call::new().path("token", token)).await;
    let spent = add(&world, &alice.jwt, KEY, json!({ "name": "x" })).await;
    assert_eq!((spent.status, spent.code()), (409, "idempotency-key-spent"));
    assert_eq!(create(&world, &alice.key, KEY, for_carol()).await.code(), "idempotency-key-spent");
}

#[tokio::test]
async fn a_key_is_forgotten_after_a_day_and_what_it_makes_then_is_another_thing() {
    let world = World::with([("LOGIN_SESSION_TTL_SECONDS", "172800"), ("LOGIN_TTL_SECONDS", "86400")]).await;
    let alice = world.person_with("alice", Acl::everything()).await;
    let for_days = || json!({ "mode": "passwordless", "customerId": "carol", "expiredTime": "2030-03-20T00:00:00Z" });
    let first = create(&world, &alice.key, KEY, for_days()).await.text("token");

    world.pass(86_399);
    assert_eq!(create(&world, &alice.key, KEY, for_days()).await.text("token"), first);
    world.pass(1);

    assert_ne!(create(&world, &alice.key, KEY, for_days()).await.text("token"), first);
}

#[tokio::test]
async fn a_token_that_was_exchanged_or_has_expired_is_not_given_again() {
    let world = World::new().await;
    let alice = world.person_with("alice", Acl::everything()).await;
    let token = create(&world, &alice.key, KEY, for_carol()).await.text("token");
    create(&world, &alice.key, "another", for_carol()).await;

    world.call::<AuthenticationTokenExchange>(Call::new().path("token", &token)).await;
    let exchanged = create(&world, &alice.key, KEY, for_carol()).await;
    world.pass(1799);
    assert_eq!(create(&world, &alice.key, "another", for_carol()).await.status, 201);
    world.pass(1);
    let expired = create(&world, &alice.key, "another", for_carol()).await;

    assert_eq!((exchanged.status, exchanged.code()), (409, "idempotency-key-spent"));
    assert_eq!(expired, exchanged);
}

#[tokio::test]
async fn of_many_at_the_same_instant_one_makes_it_and_all_get_it() {
    let world = World::new().await;
    let alice = world.person_with("alice", Acl::everything()).await;

    let made = futures_util::future::join_all((0..20).map(|_| create(&world, &alice.key, KEY, for_carol()))).await;

    assert!(made.iter().all(|reply| reply.status == 201 && reply.text("token") == made[0].text("token")));
    let tokens = world.rows("sessions").await.into_iter().filter(|row| row["kind"].as_s().unwrap() == "pending").count();
    assert_eq!(tokens, 1);
}

#[tokio::test]
async fn a_password_is_in_no_hash_of_a_request() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let body = |password: &str| json!({ "mode": "password", "username": "alice", "password": password });
    let first = create(&world, "", KEY, body(&alice.password)).await;

    let wrong = create(&world, "", KEY, body("wrong")).await;

    assert_eq!((first.status, wrong.status), (201, 401), "the key proves nobody");
    assert_eq!(create(&world, "", KEY, body(&alice.password)).await.text("token"), first.text("token"));
}

#[tokio::test]
async fn an_exchange_is_repeated_for_the_session_that_it_began() {
    let world = World::new().await;
    let alice = world.person_with("alice", Acl::everything()).await;
    let token = world.one_time_token(&alice.key, json!({ "customerId": "carol" })).await.text("token");

    let first = exchange(&world, &token, KEY, json!({})).await;
    world.pass(60);
    let again = exchange(&world, &token, KEY, json!({})).await;

    assert_eq!((first.status, again.status), (201, 201));
    let consumed = world.rows("sessions").await.into_iter().find(|row| row.contains_key("consumed_by")).unwrap();
    assert_eq!(consumed["expires_at"].as_n().unwrap(), &(NOW + 3600).to_string(), "nobody sweeps it before the session is over");
    for member in ["id", "customerId", "createdTime", "expiredTime"] {
        assert_eq!(again.text(member), first.text(member));
    }
    assert_eq!(again.header("location"), first.header("location"));
    assert_eq!(world.sessions_of("carol").await, 1);
    assert_eq!(exchange(&world, &token, "another-key-of-16", json!({})).await.code(), "token-not-found", "only its own");
    let other = exchange(&world, &token, KEY, json!({ "expiredTime": "2030-03-17T18:00:00Z" })).await;
    assert_eq!((other.status, other.code()), (422, "idempotency-key-reused"));

    let end = Call::new().path("id", first.text("id")).bearer(&first.text("token"));
    assert_eq!(world.call::<SessionDelete>(end).await.status, 204);
    assert_eq!(exchange(&world, &token, KEY, json!({})).await.code(), "token-not-found", "an ended session is not given again");
}

#[tokio::test]
async fn a_repetition_is_answered_for_ten_minutes_and_told() {
    let world = World::new().await;
    let alice = world.person_with("alice", Acl::everything()).await;
    let token = world.one_time_token(&alice.key, json!({ "customerId": "carol" })).await.text("token");
    let first = exchange(&world, &token, KEY, json!({})).await;
    world.setup.events.take();

    world.pass(599);
    let again = exchange(&world, &token, KEY, json!({})).await;
    let told = world.setup.events.take();
    world.pass(1);
    let late = exchange(&world, &token, KEY, json!({})).await;

    assert_eq!((again.status, again.text("id")), (201, first.text("id")));
    assert_eq!(told.len(), 1);
    assert!(told[0].contains("one-time-token.exchange-repeated"), "{told:?}");
    assert_eq!((late.status, late.code()), (404, "token-not-found"));
}

#[tokio::test]
async fn a_key_that_could_be_guessed_is_refused_at_an_exchange_and_consumes_nothing() {
    let world = World::new().await;
    let alice = world.person_with("alice", Acl::everything()).await;
    let token = world.one_time_token(&alice.key, json!({ "customerId": "carol" })).await.text("token");

    let short = Call::new().path("token", &token).header("idempotency-key", "exchange-1-of-2").undocumented();
    let short = world.call::<AuthenticationTokenExchange>(short).await;

    assert_eq!((short.status, short.invalid_fields()), (422, vec!["Idempotency-Key"]));
    assert_eq!(exchange(&world, &token, "exchange-1-of-20", json!({})).await.status, 201);
}

#[tokio::test]
async fn exchanges_under_one_key_at_the_same_instant_are_one_session() {
    for invalidate in [true, false] {
        let world = World::new().await;
        let alice = world.person_with("alice", Acl::everything()).await;
        let token = world.one_time_token(&alice.key, json!({ "customerId": "carol" })).await.text("token");

        let call = || {
            let call = Call::new().path("token", &token).header("idempotency-key", KEY).header("reb-apikey", &alice.key);
            world.call::<AuthenticationTokenExchange>(call.json(json!({ "invalidate": invalidate })))
        };
        let all = futures_util::future::join_all((0..20).map(|_| call())).await;

        assert!(all.iter().all(|reply| reply.status == 201 && reply.text("id") == all[0].text("id")), "{invalidate}");
        assert_eq!(world.sessions_of("carol").await, 1);
    }
}

#[tokio::test]
async fn a_repetition_of_an_exchange_with_a_one_time_password_needs_that_too() {
    let world = World::new().await;
    let alice = world.person_with("alice", Acl::everything()).await;
    let token = world.one_time_token(&alice.key, json!({ "customerId": alice.id, "otpRequired": true })).await.text("token");
    let digits: String = world.mails().await[0].split_once("password is ").unwrap().1.chars().take(6).collect();
    let right = json!({ "oneTimePassword": digits });
    assert_eq!(exchange(&world, &token, KEY, right.clone()).await.status, 201);

    assert_eq!(exchange(&world, &token, KEY, json!({})).await.code(), "one-time-password-refused");
    world.pass(599);
    assert_eq!(exchange(&world, &token, KEY, right.clone()).await.status, 201, "the session is older than the password by now");
    for _ in 0..5 {
        let wrong = Call::new().path("token", &token).header("idempotency-key", KEY).json(json!({ "oneTimePassword": "wrong" }));
        world.call::<AuthenticationTokenExchange>(wrong).await;
    }
    assert_eq!(exchange(&world, &token, KEY, right).await.code(), "token-not-found", "guesses are counted here too");
}

#[tokio::test]
async fn a_key_that_may_less_does_not_repeat_an_exchange_for_more() {
    let world = World::new().await;
    let alice = world.person_with("alice", Acl::everything()).await;
    let less = json!({ "name": "x", "acl": [{ "scope": {}, "permissions": ["read"] }] });
    let less = world.add_key(&alice.jwt, less).await.text("token");
    let token = world.one_time_token(&alice.key, json!({ "customerId": "carol" })).await.text("token");
    let call = |key: &str| {
        let call = Call::new().path("token", &token).header("idempotency-key", KEY).header("reb-apikey", key);
        call.json(json!({ "acl": [{ "scope": {}, "permissions": ["write"] }] }))
    };

    assert_eq!(world.call::<AuthenticationTokenExchange>(call(&alice.key)).await.status, 201);

    assert_eq!(world.call::<AuthenticationTokenExchange>(call(&less)).await.code(), "escalation");
    assert_eq!(world.call::<AuthenticationTokenExchange>(call(&alice.key)).await.status, 201);
}

#[tokio::test]
async fn two_keys_that_a_gateway_joined_are_no_key() {
    let world = World::new().await;
    let alice = world.person("alice").await;

    for joined in ["one,other", "one, other", "one other"] {
        let call = Call::new().bearer(&alice.jwt).header("idempotency-key", joined).json(json!({ "name": "x" }));
        let reply = world.call::<AuthheaderAdd>(call.undocumented()).await;
        assert_eq!((reply.status, reply.invalid_fields()), (422, vec!["Idempotency-Key"]), "{joined}");
    }
}

#[tokio::test]
async fn what_is_no_key_is_refused_before_anything_is_made() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    world.spy.take();

    for key in ["", "ü", &"x".repeat(256)] {
        let call = Call::new().bearer(&alice.jwt).header("idempotency-key", key).json(json!({ "name": "x" }));
        let reply = world.call::<AuthheaderAdd>(call.undocumented()).await;
        assert_eq!((reply.status, reply.invalid_fields()), (422, vec!["Idempotency-Key"]), "{key}");
    }
    assert_eq!(world.spy.take().actions, [""; 0]);
}

#[tokio::test]
async fn a_key_that_kept_a_token_does_not_consume_it() {
    let world = World::new().await;
    let alice = world.person_with("alice", Acl::everything()).await;
    let token = world.one_time_token(&alice.key, json!({ "customerId": "carol" })).await.text("token");
    let call = |body: Value| Call::new().path("token", &token).header("idempotency-key", KEY).header("reb-apikey", &alice.key).json(body);
    let keeping = async || world.call::<AuthenticationTokenExchange>(call(json!({ "invalidate": false }))).await;
    let first = keeping().await;

    let consuming = world.call::<AuthenticationTokenExchange>(call(json!({}))).await;

    assert_eq!((consuming.status, consuming.code()), (422, "idempotency-key-reused"));
    assert_eq!(keeping().await.text("id"), first.text("id"), "the token is still there, and the session the same");
    assert_eq!(exchange(&world, &token, "another-key-of-16", json!({})).await.status, 201);
    assert_eq!(world.sessions_of("carol").await, 2);
}

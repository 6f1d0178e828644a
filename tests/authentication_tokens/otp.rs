//! One-time passwords by mail, at both ends of a token's life.

use std::sync::Arc;

use futures_util::future::join_all;
use latchkey::domain::Acl;
use latchkey::runtime::Service;
use serde_json::{Value, json};

use crate::house::{Call, Door, Person, Reply, World};
use crate::operations::{AuthenticationTokenCreate, AuthenticationTokenExchange};

/// A token that takes a one-time password, made by a backend for alice, who has an address; and the password from her mail.
async fn with_password(world: &World, backend: &Person, alice: &Person) -> (String, String) {
    let reply = world.one_time_token(&backend.key, json!({ "customerId": alice.id, "otpRequired": true })).await;
    assert_eq!((reply.status, &reply.body["otpRequired"]), (201, &json!(true)));
    let digits = digits_in(world.mails().await.last().unwrap());
    (reply.text("token"), digits)
}

fn digits_in(mail: &str) -> String {
    let body = mail.split_once("\r\n\r\n").unwrap().1;
    body.split(|c: char| !c.is_ascii_digit()).find(|run| run.len() == 6).unwrap().to_owned()
}

fn wrong(digits: &str) -> String {
    format!("{:06}", (digits.parse::<u32>().unwrap() + 1) % 1_000_000)
}

async fn exchange(world: &World, token: &str, body: Value) -> Reply {
    world.call::<AuthenticationTokenExchange>(Call::new().path("token", token).json(body)).await
}

async fn world_of_two<const N: usize>(variables: [(&str, &str); N]) -> (World, Person, Person) {
    let world = World::with(variables).await;
    let backend = world.person_with("backend", Acl::everything()).await;
    let alice = world.person("alice").await;
    (world, backend, alice)
}

#[tokio::test]
async fn the_password_is_mailed_to_the_customer_and_opens_the_token() {
    let (world, backend, alice) = world_of_two([]).await;
    let (token, digits) = with_password(&world, &backend, &alice).await;
    let mail = world.mails().await.pop().unwrap();

    assert!(mail.contains("<alice@example.com>") && mail.contains("<auth@example.com>") && !mail.contains(&token));
    assert_eq!(exchange(&world, &token, json!({ "oneTimePassword": digits })).await.status, 201);
    assert!(!format!("{:?}", world.rows("tokens").await).contains(&digits));
}

#[tokio::test]
async fn a_user_may_ask_for_one_at_the_password_login_too() {
    let (world, _, alice) = world_of_two([]).await;
    let body = json!({ "mode": "password", "username": "alice", "password": alice.password, "otpRequired": true });

    let reply = world.call::<AuthenticationTokenCreate>(Call::new().json(body)).await;

    let digits = digits_in(&world.mails().await[0]);
    assert_eq!(exchange(&world, &reply.text("token"), json!({ "oneTimePassword": digits })).await.status, 201);
}

#[tokio::test]
async fn a_wrong_and_a_missing_one_are_401_and_consume_nothing() {
    let (world, backend, alice) = world_of_two([]).await;
    let (token, digits) = with_password(&world, &backend, &alice).await;

    let missing = exchange(&world, &token, json!({})).await;
    let other = exchange(&world, &token, json!({ "oneTimePassword": wrong(&digits) })).await;

    assert_eq!((missing.status, missing.code()), (401, "one-time-password-refused"));
    assert_eq!(other, missing);
    assert_eq!(exchange(&world, &token, json!({ "oneTimePassword": digits })).await.status, 201);
}

#[tokio::test]
async fn past_the_tokens_cap_it_is_404_whatever_the_password() {
    let (world, backend, alice) = world_of_two([("OTP_ATTEMPTS_PER_TOKEN", "2")]).await;
    let (token, digits) = with_password(&world, &backend, &alice).await;
    exchange(&world, &token, json!({})).await;
    exchange(&world, &token, json!({ "oneTimePassword": wrong(&digits) })).await;

    let right = exchange(&world, &token, json!({ "oneTimePassword": digits })).await;

    assert_eq!((right.status, right.code()), (404, "token-not-found"));
}

#[tokio::test]
async fn a_hundred_parallel_guesses_get_five_tries() {
    let (world, backend, alice) = world_of_two([]).await;
    let (token, digits) = with_password(&world, &backend, &alice).await;
    let service = Arc::new(world.start::<AuthenticationTokenExchange>().await);

    let calls = (0..100).map(|_| {
        let call = Call::new().path("token", &token).json(json!({ "oneTimePassword": wrong(&digits) }));
        let service = service.clone();
        async move { service.reply(call).await.status }
    });
    let statuses = join_all(calls).await;

    assert_eq!(statuses.iter().filter(|status| **status == 401).count(), 5);
    assert_eq!(statuses.iter().filter(|status| **status == 404).count(), 95);
}

#[tokio::test]
async fn a_new_token_resets_no_count_of_its_customer() {
    let (world, backend, alice) = world_of_two([("OTP_ATTEMPTS_PER_CUSTOMER", "3"), ("OTP_ATTEMPTS_PER_TOKEN", "2")]).await;
    let (first, _) = with_password(&world, &backend, &alice).await;
    for _ in 0..5 {
        exchange(&world, &first, json!({})).await;
    }
    let (second, digits) = with_password(&world, &backend, &alice).await;

    // The first token took two attempts; what came after its cap cost its customer nothing.
    let third_attempt = exchange(&world, &second, json!({})).await;
    let fourth_attempt = exchange(&world, &second, json!({ "oneTimePassword": digits })).await;
    world.pass(3600);
    let (third, digits) = with_password(&world, &backend, &alice).await;
    let next_window = exchange(&world, &third, json!({ "oneTimePassword": digits })).await;

    assert_eq!(third_attempt.status, 401);
    assert_eq!((fourth_attempt.status, fourth_attempt.code()), (429, "throttled"));
    assert_eq!(next_window.status, 201);
}

#[tokio::test]
async fn a_right_password_forgets_the_customers_attempts() {
    let (world, backend, alice) = world_of_two([("OTP_ATTEMPTS_PER_CUSTOMER", "2")]).await;

    for _ in 0..3 {
        let (token, digits) = with_password(&world, &backend, &alice).await;
        assert_eq!(exchange(&world, &token, json!({})).await.status, 401);
        assert_eq!(exchange(&world, &token, json!({ "oneTimePassword": digits })).await.status, 201);
    }
}

#[tokio::test]
async fn a_password_is_valid_for_ten_minutes_however_long_the_token_lives() {
    let (world, backend, alice) = world_of_two([]).await;
    let body = json!({ "customerId": alice.id, "otpRequired": true, "expiredTime": "2030-03-17T19:00:00Z" });
    let token = world.one_time_token(&backend.key, body).await.text("token");
    let digits = digits_in(&world.mails().await[0]);

    world.pass(600);
    let late = exchange(&world, &token, json!({ "oneTimePassword": digits })).await;

    assert_eq!((late.status, late.code()), (401, "one-time-password-refused"));
}

#[tokio::test]
async fn a_customer_without_an_address_can_not_be_asked_for_one() {
    let (world, backend, _) = world_of_two([]).await;

    let reply = world.one_time_token(&backend.key, json!({ "customerId": "carol", "otpRequired": true })).await;

    assert_eq!((reply.status, reply.invalid_fields()), (422, vec!["otpRequired"]));
    assert!(world.mails().await.is_empty());
}

#[tokio::test]
async fn an_address_that_takes_no_effect_is_none() {
    let (world, backend, alice) = world_of_two([]).await;
    let body = json!({ "customerId": alice.id, "otpRequired": true });
    assert_eq!(world.one_time_token(&backend.key, body.clone()).await.status, 201);
    world.disown("alice@example.com").await;
    let mails = world.mails().await.len();

    let reply = world.one_time_token(&backend.key, body).await;

    assert_eq!((reply.status, reply.invalid_fields()), (422, vec!["otpRequired"]));
    assert_eq!(world.mails().await.len(), mails);
}

#[tokio::test]
async fn there_is_no_token_without_the_request_for_its_mail() {
    let (world, backend, alice) = world_of_two([]).await;
    let mut setup = world.setup_of("authentication-token-create");
    setup.environment.extend([("SESSIONS_TABLE".to_owned(), "latchkey-absent".to_owned())]);
    let call = || {
        let body = json!({ "mode": "passwordless", "customerId": alice.id, "otpRequired": true });
        Call::new().header("reb-apikey", &backend.key).json(body)
    };

    let without_sessions = Service::<AuthenticationTokenCreate>::start(&setup).await.unwrap().reply(call()).await;

    assert_eq!((without_sessions.status, without_sessions.code()), (503, "unavailable"));
    assert!(world.mails().await.is_empty());
    assert_eq!(world.call::<AuthenticationTokenCreate>(call()).await.status, 201);
    assert_eq!(world.mails().await.len(), 1);
}

#[tokio::test]
async fn past_the_customers_cap_of_mails_it_is_429_and_no_token_until_the_window_ends() {
    let (world, backend, alice) = world_of_two([("OTP_MAILS_PER_CUSTOMER", "2")]).await;
    let bob = world.person("bob").await;
    let ask = async |customer: &Person| world.one_time_token(&backend.key, json!({ "customerId": customer.id, "otpRequired": true })).await;
    ask(&alice).await;
    ask(&alice).await;
    let tokens = world.rows("sessions").await.len();

    let third = ask(&alice).await;

    assert_eq!((third.status, third.code()), (429, "throttled"));
    let told = world.setup.events.take().pop().unwrap();
    assert!(told.contains("mail.dropped") && told.contains(&alice.id) && told.contains("throttled"), "{told}");
    assert_eq!((world.rows("sessions").await.len(), world.mails().await.len()), (tokens, 2));
    assert_eq!(ask(&bob).await.status, 201, "another customer's mails are others");
    world.pass(3600);
    assert_eq!(ask(&alice).await.status, 201);
}

#[tokio::test]
async fn of_a_hundred_parallel_requests_as_many_get_a_token_as_mails_go_out() {
    let (world, backend, alice) = world_of_two([("OTP_MAILS_PER_CUSTOMER", "5")]).await;
    let service = Arc::new(world.start::<AuthenticationTokenCreate>().await);

    let calls = (0..100).map(|_| {
        let body = json!({ "mode": "passwordless", "customerId": alice.id, "otpRequired": true });
        let (call, service) = (Call::new().header("reb-apikey", &backend.key).json(body), service.clone());
        async move { service.reply(call).await.status }
    });
    let statuses = join_all(calls).await;

    let of = |status| statuses.iter().filter(|there| **there == status).count();
    assert_eq!((of(201), of(429)), (5, 95), "{statuses:?}");
    assert_eq!(world.mails().await.len(), 5);
}

#[tokio::test]
async fn a_repeated_request_gets_the_token_again_and_no_second_mail() {
    let (world, backend, alice) = world_of_two([("OTP_MAILS_PER_CUSTOMER", "1")]).await;
    let body = json!({ "mode": "passwordless", "customerId": alice.id, "otpRequired": true });
    let call = || Call::new().header("reb-apikey", &backend.key).header("idempotency-key", "0123456789abcdef").json(body.clone());

    let first = world.call::<AuthenticationTokenCreate>(call()).await;
    let second = world.call::<AuthenticationTokenCreate>(call()).await;

    assert_eq!((first.status, second.status, &second.body), (201, 201, &first.body));
    let mails = world.mails().await;
    assert_eq!(mails.len(), 1);
    assert_eq!(exchange(&world, &first.text("token"), json!({ "oneTimePassword": digits_in(&mails[0]) })).await.status, 201);
}

#[tokio::test]
async fn what_it_costs_with_a_one_time_password() {
    let (world, backend, alice) = world_of_two([]).await;
    let body = json!({ "mode": "passwordless", "customerId": alice.id, "otpRequired": true });
    let call = Call::new().header("reb-apikey", &backend.key).json(body);

    world.measure::<AuthenticationTokenCreate>("with a one-time password", call, 201, 3).await;
}

#[tokio::test]
async fn a_right_password_costs_no_attempt_even_if_the_exchange_fails_or_keeps_the_token() {
    let (world, backend, alice) = world_of_two([("OTP_ATTEMPTS_PER_TOKEN", "2"), ("OTP_ATTEMPTS_PER_CUSTOMER", "2")]).await;
    let (token, digits) = with_password(&world, &backend, &alice).await;
    let more = json!({ "oneTimePassword": digits, "acl": [{ "scope": {}, "permissions": ["*"] }] });
    let keeping = json!({ "oneTimePassword": digits, "invalidate": false });

    for _ in 0..3 {
        assert_eq!(exchange(&world, &token, more.clone()).await.status, 403);
        let beside_a_key = Call::new().path("token", &token).header("reb-apikey", &backend.key).json(keeping.clone());
        assert_eq!(world.call::<AuthenticationTokenExchange>(beside_a_key).await.status, 201);
    }
    assert_eq!(exchange(&world, &token, json!({ "oneTimePassword": digits })).await.status, 201);
}

#[tokio::test]
async fn a_revoked_key_beside_a_right_password_costs_no_attempt() {
    let (world, backend, alice) = world_of_two([("OTP_ATTEMPTS_PER_TOKEN", "1")]).await;
    let (token, digits) = with_password(&world, &backend, &alice).await;
    let revoked = world.person("mallory").await;
    world.set_user(&revoked, "SET disabled_at = :v", 1).await;
    let call = || Call::new().path("token", &token).json(json!({ "oneTimePassword": digits }));

    for _ in 0..2 {
        assert_eq!(world.call::<AuthenticationTokenExchange>(call().header("apikey", &revoked.key)).await.status, 401);
    }
    assert_eq!(world.call::<AuthenticationTokenExchange>(call()).await.status, 201);
}

#[tokio::test]
async fn a_token_that_has_expired_costs_its_customer_no_attempt() {
    let (world, backend, alice) = world_of_two([("OTP_ATTEMPTS_PER_CUSTOMER", "2")]).await;
    let (expired, digits) = with_password(&world, &backend, &alice).await;
    world.pass(600);

    for _ in 0..3 {
        assert_eq!(exchange(&world, &expired, json!({ "oneTimePassword": digits })).await.status, 404);
    }
    let (token, digits) = with_password(&world, &backend, &alice).await;
    assert_eq!(exchange(&world, &token, json!({ "oneTimePassword": digits })).await.status, 201);
}

#[tokio::test]
async fn attempts_at_one_customers_passwords_cost_another_nothing() {
    let (world, backend, alice) = world_of_two([("OTP_ATTEMPTS_PER_CUSTOMER", "1")]).await;
    let bob = world.person("bob").await;
    let (alices, _) = with_password(&world, &backend, &alice).await;
    let (bobs, digits) = with_password(&world, &backend, &bob).await;

    assert_eq!(exchange(&world, &alices, json!({})).await.status, 401);
    assert_eq!(exchange(&world, &alices, json!({})).await.status, 429);
    assert_eq!(exchange(&world, &bobs, json!({ "oneTimePassword": digits })).await.status, 201);
}

#[tokio::test]
async fn the_password_of_one_token_opens_no_other() {
    let (world, backend, alice) = world_of_two([]).await;
    let (_, first) = with_password(&world, &backend, &alice).await;
    let (second, digits) = with_password(&world, &backend, &alice).await;

    assert_eq!(exchange(&world, &second, json!({ "oneTimePassword": first })).await.status, 401);
    assert_eq!(exchange(&world, &second, json!({ "oneTimePassword": digits })).await.status, 201);
}

#[tokio::test]
async fn a_token_that_is_kept_is_exchanged_more_often_than_its_password_may_be_guessed() {
    let (world, backend, alice) = world_of_two([("OTP_ATTEMPTS_PER_TOKEN", "1"), ("OTP_ATTEMPTS_PER_CUSTOMER", "1")]).await;
    let (token, digits) = with_password(&world, &backend, &alice).await;

    for _ in 0..3 {
        let keeping = json!({ "oneTimePassword": digits, "invalidate": false });
        let beside_a_key = Call::new().path("token", &token).header("reb-apikey", &backend.key).json(keeping);
        assert_eq!(world.call::<AuthenticationTokenExchange>(beside_a_key).await.status, 201);
    }
}

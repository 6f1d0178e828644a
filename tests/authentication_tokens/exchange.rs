//! `POST /authentication-tokens/{token}/exchange`

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::future::join_all;
use latchkey::domain::{Acl, Locator, RandomId, Timestamp, UserId};
use latchkey::runtime::Table;
use latchkey::store::{Exchange, ExchangeError, OneTimeTokenRow, OneTimeTokens, SessionKind, SessionRow};
use serde_json::{Value, json};

use crate::house::{Call, Door, Mask, NOW, Person, Reply, World};
use crate::operations::{AuthenticationTokenCreate, AuthenticationTokenExchange, SessionGet};

async fn exchange(world: &World, token: &str, body: Value) -> Reply {
    world.call::<AuthenticationTokenExchange>(Call::new().path("token", token).json(body)).await
}

fn part(jwt: &str, index: usize) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(jwt.split('.').nth(index).unwrap()).unwrap()).unwrap()
}

/// A backend that may do everything, and a token that it made for carol.
async fn carols_token(world: &World, body: Value) -> (String, String) {
    let backend = world.person_with("backend", Acl::everything()).await;
    let mut whole = json!({ "customerId": "carol" });
    whole.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
    let token = world.one_time_token(&backend.key, whole).await.text("token");
    (token, backend.key)
}

#[tokio::test]
async fn a_token_is_exchanged_for_a_session() {
    let world = World::new().await;
    let (token, _) =
        carols_token(&world, json!({ "acl": [{ "scope": {}, "permissions": ["read"] }], "customClaims": { "sub": "mallory" } })).await;

    let reply = world.call::<AuthenticationTokenExchange>(Call::new().path("token", &token)).await;

    assert_eq!(reply.status, 201);
    assert_eq!(reply.header("cache-control"), "no-store");
    assert_eq!(reply.header("location"), format!("/sessions/{}", reply.text("id")));
    assert_eq!(
        reply.masked(&[("/id", Mask::SessionId), ("/token", Mask::Jwt)]),
        json!({
            "id": "[SessionId]", "type": "customer", "token": "[Jwt]", "customerId": "carol",
            "acl": [{ "scope": {}, "permissions": ["read"] }], "customClaims": { "sub": "mallory" },
            "createdTime": "2030-03-17T17:46:40Z", "updatedTime": "2030-03-17T17:46:40Z", "expiredTime": "2030-03-17T18:46:40Z",
            "_links": [{ "rel": "customer", "href": "/customers/carol" }],
        })
    );
    let jwt = reply.text("token");
    assert_eq!((&part(&jwt, 0)["typ"], &part(&jwt, 0)["alg"]), (&json!("JWT"), &json!("ES256")));
    assert_eq!(
        part(&jwt, 1),
        json!({
            "iss": "https://auth.example.com", "sub": "carol", "aud": "https://api.example.com", "iat": NOW, "nbf": NOW - 30, "exp": NOW + 3600,
            "jti": reply.text("id"), "token_use": "session", "acl": [{ "scope": {}, "permissions": ["read"] }], "customClaims": { "sub": "mallory" },
        })
    );
    assert_eq!(world.sessions_of("carol").await, 1);
}

#[tokio::test]
async fn five_hundred_parallel_exchanges_give_one_session() {
    let world = World::new().await;
    let (token, _) = carols_token(&world, json!({})).await;
    let service = Arc::new(world.start::<AuthenticationTokenExchange>().await);

    let calls = (0..500).map(|_| {
        let (service, call) = (service.clone(), Call::new().path("token", &token));
        async move { service.reply(call).await.status }
    });
    let statuses = join_all(calls).await;

    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1);
    assert_eq!(statuses.iter().filter(|status| **status == 404).count(), 499);
    assert_eq!(world.sessions_of("carol").await, 1);
}

#[tokio::test]
async fn unknown_expired_and_consumed_are_the_same_404() {
    let world = World::new().await;
    let (token, key) = carols_token(&world, json!({})).await;
    let unused = world.one_time_token(&key, json!({ "customerId": "carol" })).await.text("token");
    exchange(&world, &token, json!({})).await;

    let consumed = exchange(&world, &token, json!({})).await;
    world.pass(1800);
    let expired = exchange(&world, &unused, json!({})).await;

    assert_eq!((consumed.status, consumed.code()), (404, "token-not-found"));
    assert_eq!(expired, consumed);
    let empty = Call::new().path("token", "").undocumented();
    assert_eq!(world.call::<AuthenticationTokenExchange>(empty).await, consumed);
    for forged in ["nonsense", "lkone_nonsense", &key, &format!("{unused}1")] {
        assert_eq!(exchange(&world, forged, json!({})).await, consumed, "{forged}");
    }
}

/// Whoever merely holds a token must not decide how often it counts and for how long.
#[tokio::test]
async fn a_token_is_kept_and_a_session_lives_longer_only_beside_a_credential_that_may_issue_tokens() {
    let world = World::new().await;
    let (token, key) = carols_token(&world, json!({})).await;
    let powerless = world.person("powerless").await;
    let kept = || json!({ "invalidate": false });
    let longer = || json!({ "expiredTime": "2030-03-17T18:46:41Z" });
    let with = |credential: &str, wish: Value| Call::new().path("token", &token).header("reb-apikey", credential).json(wish);

    for wish in [kept(), longer()] {
        let alone = exchange(&world, &token, wish.clone()).await;
        let beside_another = world.call::<AuthenticationTokenExchange>(with(&powerless.key, wish)).await;
        for reply in [alone, beside_another] {
            assert_eq!((reply.status, reply.code()), (403, "escalation"));
        }
    }
    assert_eq!(world.sessions_of("carol").await, 0);

    let first = world.call::<AuthenticationTokenExchange>(with(&key, kept())).await;
    let second = world.call::<AuthenticationTokenExchange>(with(&key, longer())).await;
    let third = world.call::<AuthenticationTokenExchange>(with(&key, kept())).await;

    assert_eq!((first.status, second.status, third.status), (201, 201, 404));
    assert_eq!(second.text("expiredTime"), "2030-03-17T18:46:41Z");
    assert_ne!(first.text("id"), second.text("id"));
}

#[tokio::test]
async fn a_failed_exchange_never_consumes_the_token() {
    let world = World::new().await;
    let (token, key) = carols_token(&world, json!({})).await;
    let escalation = json!({ "acl": [{ "scope": {}, "permissions": ["*"] }] });
    let forged = Call::new().path("token", &token).header("reb-apikey", format!("{key}x"));

    assert_eq!(exchange(&world, &token, escalation).await.status, 403);
    assert_eq!(exchange(&world, &token, json!({ "customClaims": { "a": 1 } })).await.status, 403);
    let wrong = Call::new().path("token", &token).json(json!({ "invalidate": "perhaps" })).undocumented();
    assert_eq!(world.call::<AuthenticationTokenExchange>(wrong).await.status, 422);
    assert_eq!(exchange(&world, &token, json!({ "expiredTime": "2199-01-01T00:00:00Z" })).await.invalid_fields(), ["expiredTime"]);
    assert_eq!(exchange(&world, &token, json!({ "expiredTime": "2030-03-17T17:46:40Z" })).await.status, 422);
    assert_eq!(world.call::<AuthenticationTokenExchange>(forged).await.status, 401);
    assert_eq!(world.sessions_of("carol").await, 0);

    assert_eq!(
        exchange(&world, &token, json!({ "expiredTime": "2030-03-17T18:46:40Z" })).await.text("expiredTime"),
        "2030-03-17T18:46:40Z"
    );
}

#[tokio::test]
async fn with_a_credential_its_own_acl_is_the_bound_and_claims_may_be_set() {
    let world = World::new().await;
    let (token, key) = carols_token(&world, json!({ "customClaims": { "tier": "iron" } })).await;
    let wish = json!({ "acl": [{ "scope": { "planId": "p" }, "permissions": "read" }], "customClaims": { "tier": "gold" }, "id": "ignored", "type": "ignored" });

    let call = Call::new().path("token", &token).header("reb-apikey", &key).json(wish).undocumented();
    let reply = world.call::<AuthenticationTokenExchange>(call).await;

    assert_eq!(reply.status, 201);
    assert_eq!(reply.body["acl"], json!([{ "scope": { "planId": ["p"] }, "permissions": ["read"] }]));
    assert_eq!(reply.body["customClaims"], json!({ "tier": "gold" }));
}

#[tokio::test]
async fn a_credential_without_rights_widens_nothing() {
    let world = World::new().await;
    let (token, _) = carols_token(&world, json!({ "acl": [{ "scope": {}, "permissions": ["read"] }] })).await;
    let mallory = world.person("mallory").await;
    let call = || Call::new().path("token", &token).bearer(&mallory.jwt);

    for wish in [json!({ "acl": [{ "scope": {}, "permissions": ["write"] }] }), json!({ "customClaims": { "admin": true } })] {
        let reply = world.call::<AuthenticationTokenExchange>(call().json(wish)).await;
        assert_eq!((reply.status, reply.code()), (403, "escalation"));
    }
    let own = call().json(json!({ "acl": [{ "scope": { "planId": "p" }, "permissions": "read" }] })).undocumented();
    let own = world.call::<AuthenticationTokenExchange>(own).await;
    assert_eq!(own.status, 201, "the token's own ACL still is a bound that its holder may use");
}

#[tokio::test]
async fn the_link_to_a_customer_of_any_id_is_a_path() {
    let world = World::new().await;
    let backend = world.person_with("backend", Acl::everything()).await;
    let token = world.one_time_token(&backend.key, json!({ "customerId": "ü b%" })).await.text("token");

    let reply = exchange(&world, &token, json!({})).await;

    assert_eq!((reply.text("customerId"), &reply.body["_links"][0]["href"]), ("ü b%".to_owned(), &json!("/customers/%C3%BC%20b%25")));
}

#[tokio::test]
async fn a_token_without_an_acl_grants_nothing_by_itself() {
    let world = World::new().await;
    let (token, _) = carols_token(&world, json!({})).await;

    let reply = exchange(&world, &token, json!({})).await;

    assert_eq!((&reply.body["acl"], &reply.body["customClaims"]), (&json!([]), &json!({})));
}

#[tokio::test]
async fn the_tokens_of_a_disabled_user_give_no_session() {
    let world = World::new().await;
    let backend = world.person_with("backend", Acl::everything()).await;
    let token = world.one_time_token(&backend.key, json!({ "customerId": "carol" })).await.text("token");

    world.set_user(&backend, "SET disabled_at = :v", 1).await;

    assert_eq!(exchange(&world, &token, json!({})).await.status, 404);
    assert_eq!(world.sessions_of("carol").await, 0);
}

#[tokio::test]
async fn what_clients_leave_in_authorization_is_no_credential_but_a_login_jwt_is_one() {
    let world = World::new().await;
    let (token, key) = carols_token(&world, json!({})).await;
    let mallory = world.person("mallory").await;
    let another = async || world.one_time_token(&key, json!({ "customerId": "carol" })).await.text("token");
    let call = |token: &str, bearer: &str| Call::new().path("token", token).bearer(bearer);
    let session = world.call::<AuthenticationTokenExchange>(call(&token, "publishable-key")).await;

    let after_a_session = world.call::<AuthenticationTokenExchange>(call(&another().await, &session.text("token"))).await;
    let beside_a_key = call(&another().await, "publishable-key").header("reb-apikey", &key);
    let beside_a_key = world.call::<AuthenticationTokenExchange>(beside_a_key).await;
    world.set_user(&mallory, "SET disabled_at = :v", 1).await;
    let unused = another().await;
    let revoked_login = world.call::<AuthenticationTokenExchange>(call(&unused, &mallory.jwt)).await;
    let widening = call(&unused, "publishable-key").json(json!({ "acl": [{ "scope": {}, "permissions": ["*"] }] }));

    assert_eq!((session.status, after_a_session.status, beside_a_key.status, revoked_login.status), (201, 201, 201, 401));
    assert_eq!(world.call::<AuthenticationTokenExchange>(widening).await.status, 403);
}

#[tokio::test]
async fn the_largest_claims_fit_into_a_requests_headers() {
    let world = World::new().await;
    let backend = world.person_with("backend", Acl::everything()).await;
    let claims = json!({ "x": "\u{1}".repeat(670) });
    let customer = "c".repeat(128);
    let token = world.one_time_token(&backend.key, json!({ "customerId": customer, "customClaims": claims })).await.text("token");

    let jwt = exchange(&world, &token, json!({})).await.text("token");

    assert!(jwt.len() < 8000, "{}", jwt.len());
}

#[tokio::test]
async fn claims_of_every_json_kind_come_back_as_they_were() {
    let world = World::new().await;
    let claims = json!({ "": null, "n": 1e300, "i": -9_007_199_254_740_993_i64, "deep": [[[[{ "a": [true, "ü", 0.1] }]]]] });
    let (token, _) = carols_token(&world, json!({ "customClaims": claims })).await;

    let reply = exchange(&world, &token, json!({})).await;

    assert_eq!(reply.body["customClaims"], claims);
    assert_eq!(part(&reply.text("token"), 1)["customClaims"], claims);
}

#[tokio::test]
async fn a_changed_password_ends_the_tokens_made_by_it_and_by_its_logins() {
    let world = World::new().await;
    let alice = world.person_with("alice", Acl::everything()).await;
    let make = async |call: Call| world.call::<AuthenticationTokenCreate>(call).await.text("token");
    let by_password = make(Call::new().json(json!({ "mode": "password", "username": "alice", "password": alice.password }))).await;
    let by_login = make(Call::new().bearer(&alice.jwt).json(json!({ "mode": "passwordless", "customerId": "carol" }))).await;
    let by_key = world.one_time_token(&alice.key, json!({ "customerId": "carol" })).await.text("token");

    world.set_user(&alice, "SET epoch = :v", 1).await;

    assert_eq!(exchange(&world, &by_password, json!({})).await.status, 404);
    assert_eq!(exchange(&world, &by_login, json!({})).await.status, 404);
    assert_eq!(exchange(&world, &by_key, json!({})).await.status, 201, "a key is revoked by itself");
}

#[tokio::test]
async fn a_token_grants_no_more_than_its_maker_still_has() {
    let world = World::new().await;
    let backend = world.person_with("backend", Acl::everything()).await;
    let token = world
        .one_time_token(&backend.key, json!({ "customerId": "carol", "acl": [{ "scope": {}, "permissions": ["write"] }] }))
        .await
        .text("token");
    let less = aws_sdk_dynamodb::types::AttributeValue::S(r#"[{"scope":{},"permissions":["read"]}]"#.into());
    let update = world.dynamodb.update_item().table_name("latchkey-users");
    let update = update.key("pk", aws_sdk_dynamodb::types::AttributeValue::S(format!("id#{}", backend.id)));
    update.update_expression("SET acl = :acl").expression_attribute_values(":acl", less).send().await.unwrap();

    let whole = exchange(&world, &token, json!({})).await;
    let nothing = exchange(&world, &token, json!({ "acl": [] })).await;

    assert_eq!((whole.status, whole.code()), (403, "escalation"));
    assert_eq!(nothing.status, 201);
}

#[tokio::test]
async fn a_user_who_is_disabled_gets_no_session_as_a_customer() {
    let world = World::new().await;
    let backend = world.person_with("backend", Acl::everything()).await;
    let alice = world.person("alice").await;
    let token = world.one_time_token(&backend.key, json!({ "customerId": alice.id })).await.text("token");
    world.set_user(&alice, "SET disabled_at = :v", 1).await;

    let late = world.one_time_token(&backend.key, json!({ "customerId": alice.id })).await;

    assert_eq!(exchange(&world, &token, json!({})).await.status, 404);
    assert_eq!((late.status, late.invalid_fields()), (422, vec!["customerId"]));
}

#[tokio::test]
async fn claims_that_are_the_tokens_own_need_no_credential() {
    let world = World::new().await;
    let (token, key) = carols_token(&world, json!({ "customClaims": { "a": 1 } })).await;
    let plain = world.one_time_token(&key, json!({ "customerId": "carol" })).await.text("token");

    assert_eq!(exchange(&world, &token, json!({ "customClaims": {} })).await.status, 403);
    assert_eq!(exchange(&world, &token, json!({ "customClaims": { "a": 1 } })).await.status, 201);
    let empty = Call::new().path("token", &plain).json(json!({ "customClaims": [] })).undocumented();
    assert_eq!(world.call::<AuthenticationTokenExchange>(empty).await.status, 201);
}

#[tokio::test]
async fn an_api_key_that_is_no_text_is_a_wrong_one_and_not_none() {
    let world = World::new().await;
    let (token, _) = carols_token(&world, json!({})).await;

    let reply = world.call::<AuthenticationTokenExchange>(Call::new().path("token", &token).header("reb-apikey", "日本")).await;

    assert_eq!((reply.status, reply.code()), (401, "invalid-credentials"));
}

#[tokio::test]
async fn a_revoked_credential_is_a_wrong_one_and_not_none() {
    let world = World::new().await;
    let (token, _) = carols_token(&world, json!({})).await;
    let mallory = world.person("mallory").await;
    world.set_user(&mallory, "SET disabled_at = :v", 1).await;

    let by_login = world.call::<AuthenticationTokenExchange>(Call::new().path("token", &token).bearer(&mallory.jwt)).await;
    let by_key = world.call::<AuthenticationTokenExchange>(Call::new().path("token", &token).header("reb-apikey", &mallory.key)).await;

    assert_eq!((by_login.code(), by_key.code()), ("invalid-credentials", "invalid-credentials"));
}

#[tokio::test]
async fn the_tokens_of_a_deleted_user_give_no_session() {
    let world = World::new().await;
    let backend = world.person_with("backend", Acl::everything()).await;
    let token = world.one_time_token(&backend.key, json!({ "customerId": "carol" })).await.text("token");

    world.delete_user(&backend).await;

    assert_eq!(exchange(&world, &token, json!({})).await.status, 404);
    assert_eq!(world.sessions_of("carol").await, 0);
}

#[tokio::test]
async fn a_token_that_is_gone_is_404_whatever_is_asked_of_it() {
    let world = World::new().await;
    let (consumed, key) = carols_token(&world, json!({})).await;
    let expired = world.one_time_token(&key, json!({ "customerId": "carol", "expiredTime": "2030-03-17T17:46:41Z" })).await.text("token");
    exchange(&world, &consumed, json!({})).await;
    world.pass(1);

    for token in [consumed, expired] {
        for wish in [
            json!({ "acl": [{ "scope": {}, "permissions": ["*"] }] }),
            json!({ "customClaims": { "a": 1 } }),
            json!({ "invalidate": false }),
        ] {
            let reply = exchange(&world, &token, wish.clone()).await;
            assert_eq!((reply.status, reply.code()), (404, "token-not-found"), "{wish}");
        }
    }
}

#[tokio::test]
async fn a_key_widens_no_session_by_more_than_it_was_given() {
    let world = World::new().await;
    let (token, _) = carols_token(&world, json!({})).await;
    let admin = world.person_with("admin", Acl::everything()).await;
    let body = json!({ "name": "x", "acl": [{ "scope": {}, "permissions": ["read"] }] });
    let key = world.add_key(&admin.jwt, body).await.text("token");
    let call = |wish| Call::new().path("token", &token).header("reb-apikey", &key).json(wish);

    let more = world.call::<AuthenticationTokenExchange>(call(json!({ "acl": [{ "scope": {}, "permissions": ["write"] }] }))).await;
    let claims = world.call::<AuthenticationTokenExchange>(call(json!({ "customClaims": { "admin": true } }))).await;
    let less = world.call::<AuthenticationTokenExchange>(call(json!({ "acl": [{ "scope": {}, "permissions": ["read"] }] }))).await;

    assert_eq!((more.code(), claims.code(), less.status), ("escalation", "escalation", 201));
}

#[tokio::test]
async fn a_row_that_is_written_again_after_a_lost_answer_stays_consumed() {
    let world = World::new().await;
    let tokens = OneTimeTokens::new(&world.setup.database(&[Table::Sessions]).unwrap());
    let row: OneTimeTokenRow = serde_json::from_value(json!({
        "subject": Locator::of_customer(&"carol".parse().unwrap()), "session_id": RandomId::random(), "kind": "pending",
        "customer_id": "carol", "username": "carol", "issuer_id": UserId::random(), "credential_id": "x", "sealed_under": 1,
        "otp_required": false, "acl": "[]", "custom_claims": "{}", "created_at": NOW, "expires_at": NOW + 60,
    }))
    .unwrap();

    tokens.insert_new(OneTimeTokenRow { consumed_by: Some(RandomId::random()), ..row.clone() }, None, None).await.unwrap();
    tokens.insert_new(row, None, None).await.unwrap();

    assert!(world.rows("sessions").await[0].contains_key("consumed_by"));
}

#[tokio::test]
async fn a_sessions_row_says_what_its_jwt_says() {
    let world = World::new().await;
    let acl = json!([{ "scope": {}, "permissions": ["read"] }]);
    let (token, _) = carols_token(&world, json!({ "acl": acl, "customClaims": { "tier": "gold" } })).await;

    let reply = exchange(&world, &token, json!({ "expiredTime": "2030-03-17T18:00:00Z" })).await;

    let at = world.session_ids().await.iter().position(|id| id.to_string() == reply.text("id")).unwrap();
    let row = &world.rows("sessions").await[at];
    let claims = part(&reply.text("token"), 1);
    let json = |name: &str| serde_json::from_str::<Value>(row[name].as_s().unwrap()).unwrap();
    assert_eq!((row["customer_id"].as_s().unwrap().as_str(), row["kind"].as_s().unwrap().as_str()), ("carol", "exchange"));
    assert_eq!((json("acl"), json("custom_claims")), (acl, json!({ "tier": "gold" })));
    assert_eq!(row["expires_at"].as_n().unwrap(), &claims["exp"].to_string());
    assert_eq!((claims["jti"].as_str().unwrap(), claims["exp"].as_i64().unwrap()), (reply.text("id").as_str(), NOW + 800));
}

#[tokio::test]
async fn claims_are_too_large_together_with_the_acl_that_they_come_with() {
    let world = World::new().await;
    let long = json!([{ "scope": { "planId": vec!["p".repeat(30); 80] }, "permissions": ["read"] }]);
    let (token, key) = carols_token(&world, json!({ "acl": long })).await;
    let claims = json!({ "x": "y".repeat(2000) });
    let call = |wish: Value| Call::new().path("token", &token).header("reb-apikey", &key).json(wish);

    let with_the_tokens = world.call::<AuthenticationTokenExchange>(call(json!({ "customClaims": claims }))).await;
    let with_the_wishs = world.call::<AuthenticationTokenExchange>(call(json!({ "acl": long, "customClaims": claims }))).await;
    assert_eq!(world.spy.take().actions, [""; 0], "what is asked for is read before anything else");
    let with_none = world.call::<AuthenticationTokenExchange>(call(json!({ "acl": [], "customClaims": claims }))).await;

    for reply in [with_the_tokens, with_the_wishs] {
        assert_eq!((reply.status, reply.invalid_fields()), (422, vec!["customClaims"]));
    }
    assert_eq!(with_none.status, 201);
}

#[tokio::test]
async fn a_token_is_looked_at_again_when_the_session_begins() {
    for keeps in [false, true] {
        let world = World::new().await;
        let tokens = OneTimeTokens::new(&world.setup.database(&[Table::Users, Table::Tokens, Table::Sessions]).unwrap());
        // A session begins with a token whose row has these members, while all else is as it should be.
        let begins = async |members: Value| {
            let mut row = json!({
                "subject": Locator::of_customer(&"carol".parse().unwrap()), "session_id": RandomId::random(), "kind": "pending",
                "customer_id": "carol", "username": "carol", "issuer_id": UserId::random(), "credential_id": "x", "sealed_under": 1,
                "otp_required": false, "acl": "[]", "custom_claims": "{}", "created_at": NOW, "expires_at": NOW + 60,
            });
            let mut session = row.clone();
            row.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
            session["kind"] = "exchange".into();
            if keeps {
                session["session_id"] = json!(RandomId::random());
            }
            let row: OneTimeTokenRow = serde_json::from_value(row).unwrap();
            let session: SessionRow = serde_json::from_value(session).unwrap();
            tokens.insert_new(row.clone(), None, None).await.unwrap();
            let (exchange, now) = (Exchange { token: &row, session: &session }, Timestamp::from_unix(NOW));
            if keeps { tokens.exchange_and_keep(exchange, now).await } else { tokens.exchange(exchange, now).await }
        };

        for gone in [json!({ "kind": "exchange" }), json!({ "ended_by": RandomId::random() }), json!({ "expires_at": NOW })] {
            let before = world.rows("sessions").await.len();
            assert!(matches!(begins(gone.clone()).await, Err(ExchangeError::TokenGone)), "{gone}");
            assert_eq!(world.rows("sessions").await.len(), before + 1, "{gone}: the token's own row, and no other");
        }
        let before = world.sessions_of("carol").await;
        assert!(begins(json!({})).await.is_ok());
        assert_eq!(world.sessions_of("carol").await, before + 1);
    }
}

/// No condition of the write looks at the customer, whose row was read an instant before.
#[tokio::test]
async fn a_session_that_begins_while_its_user_changes_the_password_is_over_at_its_first_use() {
    let world = World::new().await;
    let alice = world.person_with("alice", Acl::everything()).await;
    let tokens = OneTimeTokens::new(&world.setup.database(&[Table::Sessions]).unwrap());
    let row = json!({
        "subject": Locator::of_user(alice.id.parse().unwrap()), "session_id": RandomId::random(), "kind": "pending", "epoch": 0,
        "customer_id": alice.id, "username": "alice", "issuer_id": alice.id, "credential_id": "x", "sealed_under": 1,
        "otp_required": false, "acl": "[]", "custom_claims": "{}", "created_at": NOW, "expires_at": NOW + 60,
    });
    let row: OneTimeTokenRow = serde_json::from_value(row).unwrap();
    let session = SessionRow { kind: SessionKind::Exchange, ..serde_json::from_value(json!(row)).unwrap() };
    tokens.insert_new(row.clone(), None, None).await.unwrap();
    let get = async || world.call::<SessionGet>(Call::new().path("id", row.id().to_string()).header("apikey", &alice.key)).await.status;

    let begun = tokens.exchange(Exchange { token: &row, session: &session }, Timestamp::from_unix(NOW)).await;
    assert!(begun.is_ok());
    assert_eq!(get().await, 200);
    world.set_user(&alice, "SET epoch = :v", 1).await;

    assert_eq!(get().await, 404);
}

#[tokio::test]
async fn it_costs_what_docs_costs_says() {
    let world = World::new().await;
    let alice = world.person_with("alice", Acl::everything()).await;
    let bob = world.person("bob").await;
    let exchange = async |case: &str, customer: &str, change: fn(Call, &Person) -> Call| {
        let token = world.one_time_token(&alice.key, json!({ "customerId": customer })).await.text("token");
        world.measure::<AuthenticationTokenExchange>(case, change(Call::new().path("token", token), &alice), 201, 2).await;
    };

    exchange("", &alice.id, |call, _| call).await;
    exchange("for another user", &bob.id, |call, _| call).await;
    exchange("with an API key", &alice.id, |call, alice| call.header("reb-apikey", &alice.key)).await;
    exchange("with a login", &alice.id, |call, alice| call.bearer(&alice.jwt)).await;
    exchange("not invalidating", &alice.id, |call, alice| call.header("reb-apikey", &alice.key).json(json!({ "invalidate": false }))).await;
    let token = world.one_time_token(&alice.key, json!({ "customerId": alice.id, "otpRequired": true })).await.text("token");
    let digits: String = world.mails().await[0].split_once("password is ").unwrap().1.chars().take(6).collect();
    let call = Call::new().path("token", token).json(json!({ "oneTimePassword": digits }));
    world.measure::<AuthenticationTokenExchange>("with a one-time password", call, 201, 3).await;
    let token = world.one_time_token(&alice.key, json!({ "customerId": "carol" })).await.text("token");
    let once = || Call::new().path("token", &token).header("idempotency-key", "0f4b6d1c-36f3-4e09");
    world.measure::<AuthenticationTokenExchange>("with an Idempotency-Key", once(), 201, 2).await;
    world.measure::<AuthenticationTokenExchange>("repeated", once(), 201, 1).await;
}

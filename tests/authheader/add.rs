//! `POST /authheader/add`

use futures_util::future::join_all;
use latchkey::domain::{Acl, KeyId, Timestamp};
use latchkey::runtime::Table;
use latchkey::store::{ApiKeyRow, ApiKeys, LoginSession};
use serde_json::{Value, json};

use crate::house::{Call, Door, Mask, NOW, Person, World};
use crate::operations::{AuthheaderAdd, AuthheaderDelete, AuthheaderList, UserRenew};

/// How many of `count` adds at the same instant make a key. The others are told that there are too many.
async fn added_at_once(world: &World, person: &Person, count: usize) -> usize {
    let service = world.start::<AuthheaderAdd>().await;
    let call = || Call::new().bearer(&person.jwt).json(json!({ "name": "x" }));
    let replies = join_all((0..count).map(|_| service.reply(call()))).await;
    let (made, refused): (Vec<_>, Vec<_>) = replies.iter().partition(|reply| reply.status == 200);
    assert!(refused.iter().all(|reply| (reply.status, reply.code()) == (409, "too-many-auth-headers")), "{refused:?}");
    made.len()
}

async fn keys_of(world: &World, person: &Person) -> usize {
    world.rows("tokens").await.iter().filter(|row| row["user_id"].as_s().unwrap() == &person.id).count()
}

#[tokio::test]
async fn a_logged_in_user_gets_a_named_key() {
    let world = World::new().await;
    let alice = world.person("alice").await;

    let reply = world.add_key(&alice.jwt, json!({ "name": "production" })).await;

    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("cache-control"), "no-store");
    assert_eq!(
        reply.masked(&[("/id", Mask::Uuid), ("/token", Mask::ApiKey)]),
        json!({ "id": "[Uuid]", "name": "production", "token": "[ApiKey]", "created": "2030-03-17T17:46:40Z" })
    );
}

#[tokio::test]
async fn names_may_repeat_and_the_token_is_stored_nowhere() {
    let world = World::new().await;
    let alice = world.person("alice").await;

    let one = world.add_key(&alice.jwt, json!({ "name": "same" })).await.text("token");
    let other = world.add_key(&alice.jwt, json!({ "name": "same" })).await.text("token");

    assert_ne!(one, other);
    let table = format!("{:?}", world.rows("tokens").await);
    assert!(!table.contains(&one) && !table.contains(one.strip_prefix("lkapi_").unwrap()));
}

#[tokio::test]
async fn the_jwt_may_stand_raw_or_in_token() {
    let world = World::new().await;
    let alice = world.person("alice").await;

    for header in ["authorization", "token"] {
        let call = Call::new().header(header, &alice.jwt).json(json!({ "name": "x" }));
        assert_eq!(world.call::<AuthheaderAdd>(call).await.status, 200, "{header}");
    }
}

#[tokio::test]
async fn an_api_key_makes_no_api_key() {
    let world = World::new().await;
    let alice = world.person_with("alice", Acl::everything()).await;

    for header in ["x-authorization", "apikey", "reb-apikey", "x-api-key"] {
        let reply = world.call::<AuthheaderAdd>(Call::new().header(header, &alice.key).json(json!({ "name": "x" }))).await;
        assert_eq!((reply.status, reply.code()), (401, "invalid-credentials"), "{header}");
    }
    let reply = world.call::<AuthheaderAdd>(Call::new().bearer(&alice.key).json(json!({ "name": "x" }))).await;
    assert_eq!((reply.status, reply.code()), (401, "invalid-credentials"));
}

#[tokio::test]
async fn a_key_can_be_given_less_than_its_owner_has_and_never_more() {
    let world = World::new().await;
    let acl: Acl =
        serde_json::from_value(json!([{ "scope": { "organizationId": ["acme"] }, "permissions": ["entity-token-get"] }])).unwrap();
    let alice = world.person_with("alice", acl).await;

    let less = world
        .add_key(
            &alice.jwt,
            json!({ "name": "x", "acl": [{ "scope": { "organizationId": ["acme"] }, "permissions": ["entity-token-get"] }] }),
        )
        .await;
    let more = world.add_key(&alice.jwt, json!({ "name": "x", "acl": [{ "scope": {}, "permissions": ["entity-token-get"] }] })).await;

    assert_eq!(less.status, 200);
    assert_eq!(less.body["acl"], json!([{ "scope": { "organizationId": ["acme"] }, "permissions": ["entity-token-get"] }]));
    let listed = world.call::<AuthheaderList>(Call::new().bearer(&alice.jwt)).await.body;
    let shown = |id: &Value| listed.as_array().unwrap().iter().find(|key| key["id"] == *id).unwrap().get("acl").cloned();
    assert_eq!(shown(&less.body["id"]), Some(less.body["acl"].clone()), "what restricts a key is shown");
    assert_eq!(listed.as_array().unwrap().iter().filter(|key| key.get("acl").is_none()).count(), 1, "and nothing of a key that is not");
    assert_eq!((more.status, more.code()), (403, "escalation"));
}

#[tokio::test]
async fn wrong_fields_are_named() {
    let world = World::new().await;
    let alice = world.person("alice").await;

    for (body, fields) in [
        (json!({}), vec!["name"]),
        (json!({ "name": 1, "acl": "all" }), vec!["name", "acl"]),
        (json!({ "name": "x".repeat(257) }), vec!["name"]),
        (json!({ "name": "" }), vec!["name"]),
        (json!({ "name": "a\u{0}b" }), vec!["name"]),
        (json!({ "name": "\u{1b}[2J" }), vec!["name"]),
        (json!({ "name": "x", "acl": [{ "permissions": ["*"] }] }), vec!["acl.0.scope"]),
        // Each of these was meant to restrict the key.
        (json!({ "name": "x", "acls": [] }), vec!["acls"]),
        (json!({ "name": "x", "Acl": [] }), vec!["Acl"]),
        (json!({ "name": "x", "scope": {}, "permissions": ["introspect"] }), vec!["permissions", "scope"]),
    ] {
        let reply = world.call::<AuthheaderAdd>(Call::new().bearer(&alice.jwt).json(body.clone()).undocumented()).await;
        assert_eq!((reply.status, reply.code()), (422, "invalid-fields"), "{body}");
        assert_eq!(reply.invalid_fields(), fields);
        assert!(reply.body["message"].is_string());
    }
}

#[tokio::test]
async fn a_session_that_is_over_or_revoked_makes_nothing() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let bob = world.person("bob").await;
    let carol = world.person("carol").await;
    let before = world.rows("tokens").await.len();

    for row in world.rows("sessions").await {
        if row["customer_id"].as_s().unwrap() == &alice.id {
            let delete = world.dynamodb.delete_item().table_name("latchkey-sessions");
            delete.key("subject", row["subject"].clone()).key("session_id", row["session_id"].clone()).send().await.unwrap();
        }
    }
    world.set_user(&bob, "SET disabled_at = :v", 1).await;
    let revoked = world.add_key(&alice.jwt, json!({ "name": "x" })).await;
    let disabled = world.add_key(&bob.jwt, json!({ "name": "x" })).await;
    world.pass(3600);
    let expired = world.add_key(&carol.jwt, json!({ "name": "x" })).await;

    for reply in [revoked, disabled, expired] {
        assert_eq!((reply.status, reply.code()), (401, "invalid-credentials"));
    }
    assert_eq!(world.rows("tokens").await.len(), before);
}

#[tokio::test]
async fn an_acl_has_limits() {
    let world = World::new().await;
    let alice = world.person_with("alice", Acl::everything()).await;
    let names = |count: usize| (0..count).map(|name| name.to_string()).collect::<Vec<_>>();
    let item = |scope: Value, permissions: Value| json!([{ "scope": scope, "permissions": permissions }]);
    let items = |count: usize| Value::from(vec![json!({ "scope": {}, "permissions": ["x"] }); count]);

    for (acl, field) in [
        (items(101), "acl"),
        (item(json!({}), names(101).into()), "acl.0.permissions"),
        (item(json!({}), json!([""])), "acl.0.permissions"),
        (item(json!({}), json!(["x".repeat(65)])), "acl.0.permissions"),
        (item(json!({}), json!(7)), "acl.0.permissions"),
        (item(json!({ "planId": names(101) }), json!(["x"])), "acl.0.scope.planId"),
        (item(json!({ "planId": [] }), json!(["x"])), "acl.0.scope.planId"),
        (item(json!({ "planId": [7] }), json!(["x"])), "acl.0.scope.planId"),
        (item(json!({ "websiteId": ["w"] }), json!(["x"])), "acl.0.scope.websiteId"),
        (item(json!([{ "planId": ["p"] }]), json!(["x"])), "acl.0.scope"),
        (item(json!("everywhere"), json!(["x"])), "acl.0.scope"),
        (item(Value::Null, json!(["x"])), "acl.0.scope"),
        (json!(["x"]), "acl.0"),
        (json!({ "scope": {}, "permissions": ["x"] }), "acl"),
    ] {
        let call = Call::new().bearer(&alice.jwt).json(json!({ "name": "x", "acl": acl })).undocumented();
        let reply = world.call::<AuthheaderAdd>(call).await;
        assert_eq!((reply.status, reply.invalid_fields()), (422, vec![field]), "{acl}");
    }
    for acl in [items(100), item(json!({ "planId": names(100) }), names(100).into()), item(json!({}), json!(["x".repeat(64)])), json!([])] {
        assert_eq!(world.add_key(&alice.jwt, json!({ "name": "x", "acl": acl })).await.status, 200, "{acl}");
    }
}

#[tokio::test]
async fn a_401_says_which_scheme_would_do_and_whether_the_token_was_wrong() {
    let world = World::new().await;

    let missing = world.call::<AuthheaderAdd>(Call::new().json(json!({ "name": "x" }))).await;
    let wrong = world.add_key("wrong", json!({ "name": "x" })).await;

    assert_eq!(missing.header("www-authenticate"), r#"Bearer realm="latchkey""#);
    assert_eq!(wrong.header("www-authenticate"), r#"Bearer realm="latchkey", error="invalid_token""#);
}

#[tokio::test]
async fn an_id_is_given_to_one_key() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let keys = ApiKeys::new(&world.setup.database(&[Table::Users, Table::Tokens, Table::Sessions]).unwrap());
    let (user, id) = (alice.id.parse().unwrap(), world.rows("tokens").await[0]["key_id"].as_s().unwrap().parse().unwrap());
    let session = world.session_ids().await[0];
    let now = Timestamp::from_unix(NOW);
    let session = LoginSession { user, session, epoch: 0, now };
    let row = ApiKeyRow { user_id: user, key_id: id, name: "another".into(), created_at: now, sealed_under: 1, acl: None };

    assert!(keys.insert_new(row.clone(), &session, None).await.is_err());
    assert!(keys.insert_new(ApiKeyRow { key_id: KeyId::random(), ..row }, &session, None).await.is_ok());

    assert!(world.rows("tokens").await.iter().any(|row| row["name"].as_s().unwrap() == "key"));
}

#[tokio::test]
async fn of_a_hundred_adds_at_once_one_gets_the_last_key() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    for person in [&alice, &bob] {
        world.give_uncounted_keys(person, 998).await;
    }
    world.set_allowance(&alice, 999, 1000).await;
    // Of three thousand keys the most were deleted again: the rest has to be counted.
    world.set_allowance(&bob, 3000, 3000).await;

    for person in [&alice, &bob] {
        assert_eq!(added_at_once(&world, person, 100).await, 1, "{}", person.name);
        assert_eq!(keys_of(&world, person).await, 1000);
    }
}

#[tokio::test]
async fn a_deleted_key_makes_room_for_one() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    world.give_uncounted_keys(&alice, 999).await;
    world.set_allowance(&alice, 1000, 1000).await;
    assert_eq!(added_at_once(&world, &alice, 1).await, 0);

    let deleted = world.call::<AuthheaderDelete>(Call::new().bearer(&alice.jwt).json(json!({ "text": alice.key }))).await;

    assert_eq!(deleted.status, 200);
    assert_eq!(added_at_once(&world, &alice, 3).await, 1);
    assert_eq!(keys_of(&world, &alice).await, 1000);
}

#[tokio::test]
async fn keys_from_before_there_was_a_count_are_counted_in_time() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    world.give_uncounted_keys(&alice, 500).await;
    world.give_uncounted_keys(&bob, 1200).await;

    // Each has added one, so nine more come before the count.
    assert_eq!(added_at_once(&world, &alice, 30).await, 30);
    assert_eq!(world.allowance(&alice).await, (31, 10 + 1000 - 510));
    assert_eq!(added_at_once(&world, &bob, 30).await, 9);
    assert_eq!(keys_of(&world, &bob).await, 1210);
}

#[tokio::test]
async fn a_repeated_request_gets_its_key_also_where_no_other_is_left() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    world.give_uncounted_keys(&alice, 998).await;
    world.set_allowance(&alice, 999, 1000).await;
    let once = || Call::new().bearer(&alice.jwt).header("idempotency-key", "0f4b6d1c").json(json!({ "name": "x" }));

    let (first, again) = (world.call::<AuthheaderAdd>(once()).await, world.call::<AuthheaderAdd>(once()).await);

    assert_eq!((first.status, &again), (200, &first));
    assert_eq!(world.add_key(&alice.jwt, json!({ "name": "x" })).await.code(), "too-many-auth-headers");
}

#[tokio::test]
async fn an_add_whose_answer_was_lost_counts_once() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let service = world.start::<AuthheaderAdd>().await;

    world.spy.lose_after(0);
    let reply = service.reply(Call::new().bearer(&alice.jwt).json(json!({ "name": "x" }))).await;

    assert_eq!((reply.status, keys_of(&world, &alice).await), (200, 2));
    assert_eq!(world.allowance(&alice).await, (2, 10));
}

#[tokio::test]
async fn a_session_that_is_over_is_told_so_and_not_that_there_are_too_many() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    world.give_uncounted_keys(&alice, 999).await;
    world.set_allowance(&alice, 1000, 1000).await;
    world.set_user(&alice, "SET disabled_at = :v", 1).await;

    assert_eq!(world.add_key(&alice.jwt, json!({ "name": "x" })).await.code(), "invalid-credentials");
}

#[tokio::test]
async fn an_operator_can_ask_for_a_fresh_login_and_a_renewal_is_none() {
    let world = World::with([("API_KEY_LOGIN_MAX_AGE_SECONDS", "300")]).await;
    let alice = world.person("alice").await;
    let add = async |jwt: &str| world.add_key(jwt, json!({ "name": "x" })).await;

    world.pass(300);
    let renewed = world.call::<UserRenew>(Call::new().bearer(&alice.jwt)).await.text("Token");
    let (in_time, in_time_renewed) = (add(&alice.jwt).await, add(&renewed).await);
    world.pass(1);
    world.spy.take();
    let (late, late_renewed) = (add(&alice.jwt).await, add(&renewed).await);
    let requests = world.spy.take().actions;
    let fresh = world.login("alice", &alice.password).await.text("Token");

    assert_eq!((in_time.status, in_time_renewed.status), (200, 200));
    for reply in [late, late_renewed] {
        assert_eq!((reply.status, reply.code()), (401, "fresh-login-required"));
        assert_eq!(
            reply.header("www-authenticate"),
            r#"Bearer realm="latchkey", error="insufficient_user_authentication", error_description="Fresh login required", max_age="300""#
        );
    }
    assert_eq!(requests, [""; 0], "the JWT itself says how old it is");
    assert_eq!(add(&fresh).await.status, 200);
    let told = world.setup.events.take().into_iter().filter(|line| line.contains("\"permission.denied\"")).collect::<Vec<_>>();
    assert_eq!(told.len(), 2);
    assert!(told.iter().all(|line| line.contains("\"reason\":\"the login is too old\"")), "{told:?}");
}

#[tokio::test]
async fn it_costs_what_docs_costs_says() {
    let world = World::new().await;
    let alice = world.person_with("alice", Acl::everything()).await;
    let call = || Call::new().bearer(&alice.jwt).json(json!({ "name": "x" }));
    let once = || call().header("idempotency-key", "0f4b6d1c");
    let restricted = json!({ "name": "x", "acl": [{ "scope": {}, "permissions": ["x"] }] });

    world.measure::<AuthheaderAdd>("", call(), 200, 1).await;
    world.measure::<AuthheaderAdd>("with an ACL", call().json(restricted), 200, 2).await;
    world.measure::<AuthheaderAdd>("with an Idempotency-Key", once(), 200, 1).await;
    world.measure::<AuthheaderAdd>("repeated", once(), 200, 2).await;
    world.set_allowance(&alice, 10, 10).await;
    world.measure::<AuthheaderAdd>("where the keys are counted", call(), 200, 4).await;
}

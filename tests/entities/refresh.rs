//! `POST /entities/{entityId}/users/{userId}/authentication-token/refresh`

use std::collections::HashSet;
use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::future::join_all;
use latchkey::domain::Locator;
use latchkey::domain::{RandomId, Timestamp};
use latchkey::runtime::Table;
use latchkey::store::{EntityTokenRow, EntityTokens, Rotation};
use serde_json::{Value, json};

use crate::house::{Door, NOW, Person, Reply, World};
use crate::operations::{EntityTokenCreate, EntityTokenGet, EntityTokenRefresh, EntityTokenUpdate};

async fn refresh(world: &World, person: &Person, token: &str) -> Reply {
    world.call::<EntityTokenRefresh>(person.entity_call("acme", &person.id).json(json!({ "authenticationToken": token }))).await
}

async fn token(world: &World, person: &Person) -> String {
    world.call::<EntityTokenCreate>(person.entity_call("acme", &person.id)).await.text("authenticationToken")
}

#[tokio::test]
async fn a_refresh_replaces_the_token_and_keeps_the_flags() {
    let world = World::new().await;
    let alice = world.member("alice").await;
    let made = world.call::<EntityTokenCreate>(alice.entity_call("acme", &alice.id).json(json!({ "flags": ["a"] }))).await;

    let reply = refresh(&world, &alice, &made.text("authenticationToken")).await;

    assert_eq!(reply.status, 200);
    assert_ne!(reply.body["authenticationToken"], made.body["authenticationToken"]);
    for member in ["success", "expiry", "flags", "createdAt"] {
        assert_eq!(reply.body[member], made.body[member], "{member}");
    }
    assert_eq!(world.call::<EntityTokenGet>(alice.entity_call("acme", &alice.id)).await.body, reply.body);
}

#[tokio::test]
async fn a_refresh_renews_the_life_that_the_token_was_given_up_to_the_longest() {
    let world = World::with([("ENTITY_TOKEN_MAX_TTL_SECONDS", "2592000")]).await;
    let alice = world.member("alice").await;
    let call = |entity: &str| alice.entity_call(entity, &alice.id);
    let refreshed = async |entity: &str| world.call::<EntityTokenRefresh>(call(entity)).await.text("expiry");
    world.call::<EntityTokenCreate>(call("default")).await;
    world.call::<EntityTokenCreate>(call("an hour").json(json!({ "expiry": "2030-03-17T18:46:40Z" }))).await;
    world.call::<EntityTokenCreate>(call("changed")).await;

    world.pass(600);
    world.call::<EntityTokenUpdate>(call("changed").json(json!({ "expiry": "2030-03-17T18:00:00Z" }))).await;
    world.pass(60);

    assert_eq!(refreshed("default").await, "2030-04-16T17:57:40Z", "30 days from now on");
    assert_eq!(refreshed("an hour").await, "2030-03-17T18:57:40Z");
    assert_eq!(refreshed("changed").await, "2030-03-17T18:01:00Z", "as long as it was given when its expiry was changed");
    let longer = world.call::<EntityTokenUpdate>(call("default").json(json!({ "expiry": "2030-04-16T17:57:41Z" }))).await;
    assert_eq!((longer.status, longer.invalid_fields()), (400, vec!["expiry"]));
}

/// A row of an earlier release does not say how long it was given.
#[tokio::test]
async fn a_refresh_renews_the_life_of_a_token_of_an_earlier_release() {
    let world = World::new().await;
    let alice = world.member("alice").await;
    world.call::<EntityTokenCreate>(alice.entity_call("acme", &alice.id).json(json!({ "expiry": "2030-03-17T18:46:40Z" }))).await;
    for row in world.rows("tokens").await.into_iter().filter(|row| row.contains_key("life_seconds")) {
        let update = world.dynamodb.update_item().table_name("latchkey-tokens").update_expression("REMOVE life_seconds");
        update.key("pk", row["pk"].clone()).key("sk", row["sk"].clone()).send().await.unwrap();
    }

    world.pass(60);
    let reply = world.call::<EntityTokenRefresh>(alice.entity_call("acme", &alice.id)).await;

    assert_eq!(reply.text("expiry"), "2030-03-17T18:47:40Z");
}

#[tokio::test]
async fn a_retried_refresh_returns_the_same_successor() {
    let world = World::new().await;
    let alice = world.member("alice").await;
    let old = token(&world, &alice).await;

    let first = refresh(&world, &alice, &old).await;
    world.pass(30);
    let retried = refresh(&world, &alice, &old).await;

    assert_eq!(retried, first);
}

#[tokio::test]
async fn a_replaced_token_that_turns_up_after_the_grace_revokes_its_successor() {
    let world = World::new().await;
    let alice = world.member("alice").await;
    let old = token(&world, &alice).await;
    let new = refresh(&world, &alice, &old).await.text("authenticationToken");

    world.pass(31);
    let reused = refresh(&world, &alice, &old).await;

    assert_eq!((reused.status, reused.code()), (404, "token-not-found"));
    assert_eq!(refresh(&world, &alice, &new).await.status, 404);
    assert_eq!(world.call::<EntityTokenGet>(alice.entity_call("acme", &alice.id)).await.status, 404);
}

#[tokio::test]
async fn a_token_two_generations_old_is_useless_within_the_grace_and_theft_after_it() {
    let world = World::new().await;
    let alice = world.member("alice").await;
    let first = token(&world, &alice).await;
    let second = refresh(&world, &alice, &first).await.text("authenticationToken");
    let third = refresh(&world, &alice, &second).await.text("authenticationToken");

    let early = refresh(&world, &alice, &first).await;
    let still = world.call::<EntityTokenGet>(alice.entity_call("acme", &alice.id)).await;
    world.pass(31);
    let late = refresh(&world, &alice, &first).await;
    let gone = world.call::<EntityTokenGet>(alice.entity_call("acme", &alice.id)).await;

    assert_eq!((early.status, still.text("authenticationToken")), (404, third));
    assert_eq!((late.status, gone.status), (404, 404));
}

#[tokio::test]
async fn five_hundred_parallel_refreshes_make_one_successor() {
    let world = World::new().await;
    let alice = world.member("alice").await;
    let old = token(&world, &alice).await;
    let service = Arc::new(world.start::<EntityTokenRefresh>().await);

    let calls = (0..500).map(|_| {
        let (service, call) = (service.clone(), alice.entity_call("acme", &alice.id).json(json!({ "authenticationToken": old })));
        async move { service.reply(call).await }
    });
    let replies = join_all(calls).await;

    assert!(replies.iter().all(|reply| reply.status == 200));
    assert_eq!(replies.iter().map(|reply| reply.text("authenticationToken")).collect::<HashSet<_>>().len(), 1);
    assert_eq!(world.call::<EntityTokenGet>(alice.entity_call("acme", &alice.id)).await.body, replies[0].body);
}

#[tokio::test]
async fn without_a_token_in_the_body_the_live_one_is_replaced() {
    let world = World::new().await;
    let alice = world.member("alice").await;
    let old = token(&world, &alice).await;

    let first = world.call::<EntityTokenRefresh>(alice.entity_call("acme", &alice.id)).await;
    let second = world.call::<EntityTokenRefresh>(alice.entity_call("acme", &alice.id).body("[]").undocumented()).await;

    assert_eq!((first.status, second.status), (200, 200));
    assert_eq!(HashSet::from([old, first.text("authenticationToken"), second.text("authenticationToken")]).len(), 3);
}

#[tokio::test]
async fn parallel_refreshes_without_a_token_revoke_nothing() {
    let world = World::new().await;
    let alice = world.member("alice").await;
    token(&world, &alice).await;
    let service = Arc::new(world.start::<EntityTokenRefresh>().await);

    let calls = (0..100).map(|_| {
        let (service, call) = (service.clone(), alice.entity_call("acme", &alice.id));
        async move { service.reply(call).await }
    });

    assert!(join_all(calls).await.iter().all(|reply| reply.status == 200));
    assert_eq!(world.call::<EntityTokenGet>(alice.entity_call("acme", &alice.id)).await.status, 200);
}

#[tokio::test]
async fn the_token_of_another_pair_and_no_token_are_404_and_change_nothing() {
    let world = World::new().await;
    let alice = world.member("alice").await;
    let other = world.call::<EntityTokenCreate>(alice.entity_call("other", &alice.id)).await;

    let missing = world.call::<EntityTokenRefresh>(alice.entity_call("acme", &alice.id)).await;
    let live = token(&world, &alice).await;
    let foreign = refresh(&world, &alice, &other.text("authenticationToken")).await;

    assert_eq!((missing.status, missing.code()), (404, "token-not-found"));
    assert_eq!(foreign, missing);
    assert_eq!(world.call::<EntityTokenGet>(alice.entity_call("acme", &alice.id)).await.text("authenticationToken"), live);
    assert_eq!(world.call::<EntityTokenGet>(alice.entity_call("other", &alice.id)).await.body, other.body);
}

#[tokio::test]
async fn a_rotation_that_comes_too_late_changes_nothing() {
    let world = World::new().await;
    let alice = world.member("alice").await;
    let made = world.call::<EntityTokenCreate>(alice.entity_call("acme", &alice.id)).await;
    let tokens = EntityTokens::new(&world.setup.database(&[Table::Tokens]).unwrap());
    let place = Locator::of_pair(&"acme".parse().unwrap(), &alice.id.parse().unwrap());
    let id = world.rows("tokens").await.iter().find_map(|row| row.get("token_id")?.as_s().ok()?.parse().ok()).unwrap();
    let (now, expiry) = (Timestamp::from_unix(NOW), made.text("expiry").parse().unwrap());
    let entity_row = EntityTokenRow::new(&"acme".parse().unwrap(), &alice.id.parse().unwrap(), now, expiry);
    let read = EntityTokenRow { token_id: id, ..entity_row };

    // Since it was read, the token has been made anew, has expired, has been refreshed, was given another expiry or life.
    let anew = tokens.rotate(&place, &EntityTokenRow { token_id: RandomId::random(), ..read.clone() }, 1, (expiry, now)).await.unwrap();
    let expired = tokens.rotate(&place, &read, 1, (expiry, expiry)).await.unwrap();
    let refreshed = tokens.rotate(&place, &EntityTokenRow { generation: 7, ..read.clone() }, 1, (expiry, now)).await.unwrap();
    let longer = EntityTokenRow { expires_at: expiry.plus(1), ..read.clone() };
    let shortened = tokens.rotate(&place, &longer, 1, (expiry.plus(1), now)).await.unwrap();
    let other_life = EntityTokenRow { life_seconds: Some(7), ..read };
    let renamed = tokens.rotate(&place, &other_life, 1, (expiry, now)).await.unwrap();

    assert_eq!((anew, expired), (Rotation::Gone, Rotation::Gone));
    for refused in [refreshed, shortened, renamed] {
        assert!(matches!(refused, Rotation::Rotated(row) if row.generation == 0), "it is told what is live");
    }
    assert_eq!(world.call::<EntityTokenGet>(alice.entity_call("acme", &alice.id)).await.body, made.body);
}

/// As if somebody set another expiry between any reading of the row and the write behind it.
#[tokio::test]
async fn a_token_whose_expiry_others_keep_changing_is_told() {
    let world = World::new().await;
    let alice = world.member("alice").await;
    let token = token(&world, &alice).await;
    let row = world.rows("tokens").await.into_iter().find(|row| row.contains_key("token_id")).unwrap();
    let item: serde_json::Map<_, _> = row.into_iter().map(|(name, value)| (name, in_json(&value))).collect();
    let changed = json!({ "__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException", "Item": item });
    world.spy.refuse_all("UpdateItem", 400, &changed);

    let reply = refresh(&world, &alice, &token).await;

    assert_eq!((reply.status, reply.code()), (409, "conflict"));
    world.spy.refuse_none();
    assert_eq!(refresh(&world, &alice, &token).await.status, 200);
}

/// As DynamoDB writes it.
fn in_json(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => json!({ "S": text }),
        AttributeValue::N(number) => json!({ "N": number }),
        AttributeValue::Bool(flag) => json!({ "BOOL": flag }),
        AttributeValue::L(items) => json!({ "L": items.iter().map(in_json).collect::<Vec<_>>() }),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn each_generation_is_forgiven_from_its_own_replacement_on() {
    let world = World::new().await;
    let alice = world.member("alice").await;
    let first = token(&world, &alice).await;
    let second = refresh(&world, &alice, &first).await.text("authenticationToken");
    world.pass(25);
    refresh(&world, &alice, &second).await;
    world.pass(10);

    let forgiven = refresh(&world, &alice, &second).await;
    let theft = refresh(&world, &alice, &first).await;

    assert_eq!((forgiven.status, theft.status), (200, 404));
    assert_eq!(world.call::<EntityTokenGet>(alice.entity_call("acme", &alice.id)).await.status, 404);
}

#[tokio::test]
async fn a_refresh_moves_the_token_under_the_current_key() {
    let world = World::new().await;
    let alice = world.member("alice").await;
    let first = token(&world, &alice).await;
    world.rotate_token_keys();

    let second = refresh(&world, &alice, &first).await.text("authenticationToken");
    let third = refresh(&world, &alice, &second).await.text("authenticationToken");

    assert_eq!([first, second, third].map(|token| World::key_number(&token)), [1, 2, 2]);
}

#[tokio::test]
async fn it_costs_what_docs_costs_says() {
    let world = World::new().await;
    let alice = world.member("alice").await;
    let call = || alice.entity_call("acme", &alice.id);
    let stale = world.call::<EntityTokenCreate>(call()).await.text("authenticationToken");

    world.measure::<EntityTokenRefresh>("", call(), 200, 2).await;
    world.pass(31);
    world.measure::<EntityTokenRefresh>("reuse", call().json(json!({ "authenticationToken": stale })), 404, 2).await;
}

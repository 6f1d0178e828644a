//! `DELETE /entities/{entityId}/users/{userId}/authentication-token`

use std::sync::Arc;

use futures_util::future::join_all;
use latchkey::domain::{Locator, RandomId, Timestamp};
use latchkey::runtime::Table;
use latchkey::store::{EntityTokenRow, EntityTokens};
use serde_json::json;

use crate::house::{Door, NOW, World};
use crate::operations::{EntityTokenCreate, EntityTokenDelete, EntityTokenGet, EntityTokenRefresh};

#[tokio::test]
async fn an_id_with_a_slash_is_refused() {
    let world = World::new().await;
    let alice = world.member("alice").await;

    let reply = world.call::<EntityTokenDelete>(alice.entity_call("a/b", &alice.id).undocumented()).await;

    assert_eq!((reply.status, reply.invalid_fields()), (400, vec!["entityId"]));
}

#[tokio::test]
async fn a_deleted_token_is_gone_and_the_next_is_another_one() {
    let world = World::new().await;
    let alice = world.member("alice").await;
    let call = || alice.entity_call("acme", &alice.id);
    let first = world.call::<EntityTokenCreate>(call()).await.text("authenticationToken");

    let deleted = world.call::<EntityTokenDelete>(call()).await;
    let again = world.call::<EntityTokenDelete>(call()).await;

    assert_eq!((deleted.status, deleted.body), (200, json!({ "success": true })));
    assert_eq!((again.status, again.code()), (404, "token-not-found"));
    assert_eq!(world.call::<EntityTokenGet>(call()).await.status, 404);
    let second = world.call::<EntityTokenCreate>(call()).await;
    assert_eq!(second.status, 201);
    assert_ne!(second.text("authenticationToken"), first);
    let old = world.call::<EntityTokenRefresh>(call().json(json!({ "authenticationToken": first }))).await;
    assert_eq!(old.status, 404);
    assert_eq!(world.call::<EntityTokenGet>(call()).await.body, second.body, "the token of another incarnation revokes nothing");
}

#[tokio::test]
async fn a_delete_that_comes_too_late_leaves_the_token_that_was_made_since() {
    let world = World::new().await;
    let alice = world.member("alice").await;
    let made = world.call::<EntityTokenCreate>(alice.entity_call("acme", &alice.id)).await;
    let tokens = EntityTokens::new(&world.setup.database(&[Table::Tokens]).unwrap());
    let place = Locator::of_pair(&"acme".parse().unwrap(), &alice.id.parse().unwrap());

    assert!(!tokens.delete(&place, RandomId::random(), Timestamp::from_unix(NOW)).await.unwrap());

    assert_eq!(world.call::<EntityTokenGet>(alice.entity_call("acme", &alice.id)).await.body, made.body);
}

#[tokio::test]
async fn of_fifty_deletes_at_once_one_is_told_that_it_deleted() {
    let world = World::new().await;
    let alice = world.member("alice").await;
    world.call::<EntityTokenCreate>(alice.entity_call("acme", &alice.id)).await;
    let service = Arc::new(world.start::<EntityTokenDelete>().await);

    let calls = (0..50).map(|_| {
        let (service, call) = (service.clone(), alice.entity_call("acme", &alice.id));
        async move { service.reply(call).await.status }
    });
    let statuses = join_all(calls).await;

    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1);
    assert_eq!(statuses.iter().filter(|status| **status == 404).count(), 49);
}

#[tokio::test]
async fn it_costs_what_docs_costs_says() {
    let world = World::new().await;
    let alice = world.member("alice").await;
    world.call::<EntityTokenCreate>(alice.entity_call("acme", &alice.id)).await;

    world.measure::<EntityTokenDelete>("", alice.entity_call("acme", &alice.id), 200, 2).await;
}

/// A create whose answer was lost is sent again after somebody else has found the token and deleted it.
#[tokio::test]
async fn a_repeated_create_does_not_bring_a_deleted_token_back() {
    let world = World::new().await;
    let alice = world.member("alice").await;
    world.call::<EntityTokenCreate>(alice.entity_call("acme", &alice.id)).await;
    let tokens = EntityTokens::new(&world.setup.database(&[Table::Tokens]).unwrap());
    let (place, now) = (Locator::of_pair(&"acme".parse().unwrap(), &alice.id.parse().unwrap()), Timestamp::from_unix(NOW));
    let row = |id| {
        let row = json!({
            "entity_id": "acme", "entity_user_id": alice.id, "token_id": id, "generation": 0, "sealed_under": 1, "created_at": NOW,
            "expires_at": NOW + 60,
        });
        serde_json::from_value::<EntityTokenRow>(row).unwrap()
    };
    assert_eq!(world.call::<EntityTokenDelete>(alice.entity_call("acme", &alice.id)).await.status, 200);
    let made = row(RandomId::random());
    tokens.insert_or_find(&place, made.clone(), None, now).await.unwrap();
    assert!(tokens.delete(&place, made.token_id, now).await.unwrap());

    let again = tokens.insert_or_find(&place, made.clone(), None, now).await.unwrap();

    assert!(again.token_id == made.token_id && again.ended_by.is_some());
    assert_eq!(world.call::<EntityTokenGet>(alice.entity_call("acme", &alice.id)).await.status, 404);
    assert_eq!(world.call::<EntityTokenCreate>(alice.entity_call("acme", &alice.id)).await.status, 201, "another one is made");
}

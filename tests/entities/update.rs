//! `PATCH /entities/{entityId}/users/{userId}/authentication-token`

use latchkey::domain::Locator;
use latchkey::domain::{RandomId, Timestamp};
use latchkey::runtime::Table;
use latchkey::store::{EntityTokenChange, EntityTokens};
use serde_json::json;

use crate::house::{NOW, World};
use crate::operations::{EntityTokenCreate, EntityTokenGet, EntityTokenUpdate};

#[tokio::test]
async fn flags_are_replaced_and_what_is_absent_stays() {
    let world = World::new().await;
    let alice = world.member("alice").await;
    let made = world.call::<EntityTokenCreate>(alice.entity_call("acme", &alice.id).json(json!({ "flags": ["a", "b"] }))).await;
    let call = || alice.entity_call("acme", &alice.id);

    let flags = world.call::<EntityTokenUpdate>(call().json(json!({ "flags": ["c"], "expiry": null })).undocumented()).await;
    let expiry = world.call::<EntityTokenUpdate>(call().json(json!({ "expiry": "2030-03-18T00:00:00.5Z" }))).await;
    let nothing = world.call::<EntityTokenUpdate>(call()).await;

    assert_eq!((flags.status, &flags.body["flags"], &flags.body["expiry"]), (200, &json!(["c"]), &made.body["expiry"]));
    assert_eq!((expiry.status, &expiry.body["flags"], expiry.text("expiry")), (200, &json!(["c"]), "2030-03-18T00:00:00Z".to_owned()));
    assert_eq!(nothing.body, expiry.body);
    assert_eq!(expiry.body["authenticationToken"], made.body["authenticationToken"]);
    assert_eq!(world.call::<EntityTokenGet>(call()).await.body, expiry.body);
}

#[tokio::test]
async fn the_new_expiry_holds() {
    let world = World::new().await;
    let alice = world.member("alice").await;
    world.call::<EntityTokenCreate>(alice.entity_call("acme", &alice.id)).await;
    world.call::<EntityTokenUpdate>(alice.entity_call("acme", &alice.id).json(json!({ "expiry": "2030-03-17T17:46:50Z" }))).await;

    world.pass(10);

    assert_eq!(world.call::<EntityTokenGet>(alice.entity_call("acme", &alice.id)).await.status, 404);
    assert_eq!(world.call::<EntityTokenUpdate>(alice.entity_call("acme", &alice.id).json(json!({ "flags": [] }))).await.status, 404);
}

#[tokio::test]
async fn an_expiry_in_the_past_is_refused_and_no_token_is_404() {
    let world = World::new().await;
    let alice = world.member("alice").await;
    let call = || alice.entity_call("acme", &alice.id);

    let past =
        world.call::<EntityTokenUpdate>(call().json(json!({ "expiry": "2020-01-01T00:00:00Z", "flags": "one" })).undocumented()).await;
    let missing = world.call::<EntityTokenUpdate>(call().json(json!({ "flags": ["x"] }))).await;

    assert_eq!((past.status, past.invalid_fields()), (400, vec!["expiry"]));
    assert_eq!((missing.status, missing.code()), (404, "token-not-found"));
    assert_eq!(world.rows("tokens").await.len(), 1, "an update makes no row");
}

#[tokio::test]
async fn an_update_that_comes_too_late_changes_nothing_and_makes_no_row() {
    let world = World::new().await;
    let alice = world.member("alice").await;
    let made = world.call::<EntityTokenCreate>(alice.entity_call("acme", &alice.id)).await;
    let tokens = EntityTokens::new(&world.setup.database(&[Table::Tokens]).unwrap());
    let change = EntityTokenChange { expires_at: None, flags: Some(vec!["late".into()]) };
    let place = |entity: &str| Locator::of_pair(&entity.parse().unwrap(), &alice.id.parse().unwrap());
    let id = world.rows("tokens").await.iter().find_map(|row| row.get("token_id")?.as_s().ok()?.parse().ok()).unwrap();
    let (now, expiry) = (Timestamp::from_unix(NOW), made.text("expiry").parse().unwrap());

    // Since it was read, the token has been made anew, has expired, has been deleted.
    assert_eq!(tokens.update(&place("acme"), RandomId::random(), &change, now).await.unwrap(), None);
    assert_eq!(tokens.update(&place("acme"), id, &change, expiry).await.unwrap(), None);
    assert_eq!(tokens.update(&place("other"), id, &change, now).await.unwrap(), None);

    assert_eq!(world.call::<EntityTokenGet>(alice.entity_call("acme", &alice.id)).await.body, made.body);
    assert_eq!(world.rows("tokens").await.len(), 2);
}

#[tokio::test]
async fn it_costs_what_docs_costs_says() {
    let world = World::new().await;
    let alice = world.member("alice").await;
    world.call::<EntityTokenCreate>(alice.entity_call("acme", &alice.id)).await;

    let call = alice.entity_call("acme", &alice.id).json(json!({ "flags": ["x"] }));
    world.measure::<EntityTokenUpdate>("", call, 200, 2).await;
}

//! `GET /authheader/list`

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::json;

use crate::house::{Call, Person, Reply, World};
use crate::operations::{AuthheaderDelete, AuthheaderList, UserRenew};

async fn list(world: &World, person: &Person, query: &str) -> Reply {
    world.call::<AuthheaderList>(Call::new().bearer(&person.jwt).query(query)).await
}

/// The query of the page after `page`, if it leads to one.
fn next(page: &Reply) -> Option<String> {
    let link = page.headers.get("link")?;
    Some(link.strip_prefix("</authheader/list?").unwrap().strip_suffix(">; rel=\"next\"").unwrap().to_owned())
}

/// The ids on each page, from the one at `query` on.
async fn pages(world: &World, person: &Person, query: &str) -> Vec<Vec<String>> {
    let (mut pages, mut query) = (Vec::new(), Some(query.to_owned()));
    while let Some(page) = query {
        let page = list(world, person, &page).await;
        assert_eq!(page.status, 200);
        pages.push(page.body.as_array().unwrap().iter().map(|key| key["id"].as_str().unwrap().to_owned()).collect());
        query = next(&page);
    }
    pages
}

#[tokio::test]
async fn the_list_shows_the_same_tokens_again_and_only_the_callers_own() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    world.person("bob").await;
    world.pass(1);
    let second = world.add_key(&alice.jwt, json!({ "name": "second" })).await;

    let reply = world.call::<AuthheaderList>(Call::new().bearer(&alice.jwt)).await;

    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("cache-control"), "no-store");
    let list = reply.body.as_array().unwrap();
    assert_eq!(list.len(), 2);
    assert_eq!(list[0]["token"], alice.key);
    assert_eq!(list[1], second.body);
}

#[tokio::test]
async fn who_has_none_gets_an_empty_list() {
    let world = World::new().await;
    world.insert(&world.user_row("alice", Default::default())).await;
    let jwt = world.login("alice", "alice's password").await.text("Token");

    assert_eq!(world.call::<AuthheaderList>(Call::new().bearer(&jwt)).await.body, json!([]));
}

#[tokio::test]
async fn an_api_key_lists_nothing() {
    let world = World::new().await;
    let alice = world.person("alice").await;

    let reply = world.call::<AuthheaderList>(Call::new().header("x-authorization", &alice.key)).await;

    assert_eq!((reply.status, reply.code()), (401, "invalid-credentials"));
    assert!(reply.body["message"].is_string());
}

#[tokio::test]
async fn a_disabled_user_is_shown_nothing() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    world.set_user(&alice, "SET disabled_at = :v", 1).await;

    let reply = world.call::<AuthheaderList>(Call::new().bearer(&alice.jwt)).await;

    assert_eq!((reply.status, reply.code()), (401, "invalid-credentials"));
}

#[tokio::test]
async fn a_list_of_more_than_a_page_is_whole() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let row = world.rows("tokens").await.remove(0);

    // A Query's page ends after a megabyte.
    for _ in 0..4 {
        let (id, mut row) = (uuid::Uuid::new_v4(), row.clone());
        row.insert("sk".into(), AttributeValue::S(format!("key#{id}")));
        row.insert("key_id".into(), AttributeValue::S(id.to_string()));
        row.insert("filler".into(), AttributeValue::S("x".repeat(380_000)));
        world.dynamodb.put_item().table_name("latchkey-tokens").set_item(Some(row)).send().await.unwrap();
    }

    assert_eq!(world.call::<AuthheaderList>(Call::new().bearer(&alice.jwt)).await.body.as_array().unwrap().len(), 5);
}

#[tokio::test]
async fn pages_hold_every_key_once() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    world.give_uncounted_keys(&alice, 6).await;
    let whole = list(&world, &alice, "").await;

    for (limit, lengths) in [(3, vec![3, 3, 1]), (7, vec![7]), (1, vec![1; 7]), (1000, vec![7])] {
        let pages = pages(&world, &alice, &format!("limit={limit}")).await;

        assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), lengths);
        let ids: BTreeSet<_> = pages.concat().into_iter().collect();
        assert_eq!(ids, whole.body.as_array().unwrap().iter().map(|key| key["id"].as_str().unwrap().to_owned()).collect());
    }
    assert!(!whole.headers.contains_key("link"), "the short list is whole");
}

#[tokio::test]
async fn a_user_with_more_keys_than_one_may_have_gets_them_in_pages() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    world.give_uncounted_keys(&alice, 1002).await;

    let pages = pages(&world, &alice, "").await;

    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [1000, 3]);
}

#[tokio::test]
async fn a_list_goes_on_after_a_key_that_was_deleted_meanwhile() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    world.give_uncounted_keys(&alice, 3).await;
    let first = list(&world, &alice, "limit=2").await;
    for key in first.body.as_array().unwrap() {
        world.call::<AuthheaderDelete>(Call::new().bearer(&alice.jwt).json(json!({ "text": key["token"] }))).await;
    }

    let rest = pages(&world, &alice, &next(&first).unwrap()).await;

    assert_eq!(rest.iter().map(Vec::len).collect::<Vec<_>>(), [2]);
}

#[tokio::test]
async fn a_cursor_of_another_user_or_one_made_up_is_refused_before_anything_is_read() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    world.give_uncounted_keys(&bob, 1).await;
    let bobs = next(&list(&world, &bob, "limit=1").await).unwrap();

    for query in
        [bobs.as_str(), &bobs.replace("lkcur_", "lkcur_2"), "cursor=lkcur_2", "cursor=x", "cursor=", "cursor=lkcur_2&cursor=lkcur_2"]
    {
        let call = Call::new().bearer(&alice.jwt).query(query).perhaps_undocumented();
        let reply = world.call::<AuthheaderList>(call).await;

        assert_eq!((reply.status, reply.code(), reply.invalid_fields()), (422, "invalid-fields", vec!["cursor"]), "{query}");
        assert_eq!(world.spy.take().actions, [""; 0]);
    }
}

#[tokio::test]
async fn a_wrong_limit_is_named_and_other_parameters_are_ignored() {
    let world = World::new().await;
    let alice = world.person("alice").await;

    for limit in ["0", "1001", "-1", "+1", "1.0", "", "ten", "1&limit=1", "99999999999999999999"] {
        let call = Call::new().bearer(&alice.jwt).query(&format!("limit={limit}")).perhaps_undocumented();
        let reply = world.call::<AuthheaderList>(call).await;
        assert_eq!((reply.status, reply.invalid_fields()), (422, vec!["limit"]), "{limit}");
    }
    assert_eq!(list(&world, &alice, "userId=x&page=2&page=3").await.status, 200);
}

#[tokio::test]
async fn an_operator_can_ask_for_a_fresh_login_and_a_renewal_is_none() {
    let world = World::with([("API_KEY_LOGIN_MAX_AGE_SECONDS", "300")]).await;
    let mut alice = world.person("alice").await;

    world.pass(300);
    let in_time = list(&world, &alice, "").await;
    alice.jwt = world.call::<UserRenew>(Call::new().bearer(&alice.jwt)).await.text("Token");
    world.pass(1);
    let late = list(&world, &alice, "").await;
    let deleted = world.call::<AuthheaderDelete>(Call::new().bearer(&alice.jwt).json(json!({ "text": alice.key }))).await;

    assert_eq!(in_time.status, 200);
    assert_eq!((late.status, late.code()), (401, "fresh-login-required"));
    assert_eq!(deleted.status, 200, "nothing stands in the way of a revocation");
}

#[tokio::test]
async fn after_a_rotation_old_keys_are_shown_as_they_were_and_new_ones_are_sealed_under_the_new() {
    let world = World::new().await;
    let alice = world.person("alice").await;

    world.rotate_token_keys();
    let new = world.add_key(&alice.jwt, json!({ "name": "new" })).await.text("token");

    assert_eq!([&alice.key, &new].map(|token| World::key_number(token)), [1, 2]);
    let list = world.call::<AuthheaderList>(Call::new().bearer(&alice.jwt)).await;
    let mut shown: Vec<_> = list.body.as_array().unwrap().iter().map(|header| header["token"].as_str().unwrap()).collect();
    shown.sort_by_key(|token| World::key_number(token));
    assert_eq!(shown, [&alice.key, &new]);
}

#[tokio::test]
async fn a_key_that_opens_nothing_any_more_is_not_shown_and_hides_no_other() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let ring = std::fs::read_to_string(world.folder.join("token.json")).unwrap();
    std::fs::write(world.folder.join("token.json"), ring.replace("\"kid\":\"1\"", "\"kid\":\"2\"")).unwrap();
    let new = world.add_key(&alice.jwt, json!({ "name": "new" })).await;

    let list = world.call::<AuthheaderList>(Call::new().bearer(&alice.jwt)).await;

    assert_eq!((list.status, &list.body), (200, &json!([new.body])));
}

#[tokio::test]
async fn it_costs_what_docs_costs_says() {
    let world = World::new().await;
    let alice = world.person("alice").await;

    world.measure::<AuthheaderList>("", Call::new().bearer(&alice.jwt), 200, 1).await;
    world.give_uncounted_keys(&alice, 2).await;
    world.measure::<AuthheaderList>("a page", Call::new().bearer(&alice.jwt).query("limit=2"), 200, 1).await;
}

//! `GET /user/sessions`

use std::collections::BTreeSet;

use latchkey::domain::{RandomId, SessionId, Subject};
use serde_json::{Value, json};

use crate::house::{Call, Door, Mask, NOW, Person, Reply, World};
use crate::operations::{
    AuthenticationTokenExchange, AuthheaderList, SessionDelete, UserLogin, UserLogout, UserPassword, UserRenew, UserSessionsList,
};

pub async fn list(world: &World, jwt: &str) -> Reply {
    world.call::<UserSessionsList>(Call::new().bearer(jwt)).await
}

pub async fn login_as(world: &World, alice: &Person, agent: &str) -> String {
    let call = Call::new().header("User-Agent", agent).json(json!({ "username": alice.name, "password": alice.password }));
    world.call::<UserLogin>(call).await.text("Token")
}

fn sessions(reply: &Reply) -> &[Value] {
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.body["sessions"].as_array().unwrap()
}

fn ids(reply: &Reply) -> Vec<String> {
    sessions(reply).iter().map(|session| session["id"].as_str().unwrap().to_owned()).collect()
}

/// Sessions of the person that nobody logged in to begin, as rows.
async fn add_sessions(world: &World, alice: &Person, count: usize) {
    let row = world.rows("sessions").await.into_iter().find(|row| row["customer_id"].as_s() == Ok(&alice.id)).unwrap();
    for _ in 0..count {
        let mut row = row.clone();
        row.insert("session_id".into(), aws_sdk_dynamodb::types::AttributeValue::S(RandomId::random().to_string()));
        world.dynamodb.put_item().table_name("latchkey-sessions").set_item(Some(row)).send().await.unwrap();
    }
}

#[tokio::test]
async fn a_user_sees_where_they_are_logged_in_newest_first() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    world.person("bob").await;
    world.pass(60);
    let phone = login_as(&world, &alice, "Mozilla/5.0\u{9} (Ph\u{f6}ne)\u{85}").await;

    let reply = list(&world, &phone).await;

    assert_eq!(reply.header("cache-control"), "no-store");
    assert_eq!(
        reply.masked(&[("/sessions/0/id", Mask::SessionId), ("/sessions/1/id", Mask::SessionId)]),
        json!({ "sessions": [
            {
                "id": "[SessionId]", "current": true, "createdTime": "2030-03-17T17:47:40Z", "expiredTime": "2030-03-18T05:47:40Z",
                "userAgent": "Mozilla/5.0 (Ph\u{f6}ne)",
            },
            { "id": "[SessionId]", "current": false, "createdTime": "2030-03-17T17:46:40Z", "expiredTime": "2030-03-18T05:46:40Z" },
        ] })
    );
    let current: Vec<_> = sessions(&list(&world, &alice.jwt).await).iter().map(|session| session["current"].clone()).collect();
    assert_eq!(current, [false, true], "current is the session of whoever asks");
}

#[tokio::test]
async fn a_long_user_agent_is_cut_and_an_empty_one_is_none() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    login_as(&world, &alice, &"x".repeat(5000)).await;
    login_as(&world, &alice, " ").await;

    let reply = list(&world, &alice.jwt).await;

    let agents: BTreeSet<_> = sessions(&reply).iter().filter_map(|session| session["userAgent"].as_str()).collect();
    assert_eq!(agents, BTreeSet::from(["x".repeat(256).as_str()]));
}

#[tokio::test]
async fn what_is_over_or_no_login_is_not_listed() {
    let world = World::new().await;
    let alice = world.person_with("alice", latchkey::domain::Acl::everything()).await;
    let second = world.login("alice", &alice.password).await.text("Token");
    let pending = world.one_time_token(&alice.key, json!({ "customerId": alice.id })).await.text("token");
    let exchanged = world.one_time_token(&alice.key, json!({ "customerId": alice.id })).await.text("token");
    world.call::<AuthenticationTokenExchange>(Call::new().path("token", exchanged)).await;
    world.call::<UserLogout>(Call::new().bearer(&second)).await;

    assert_eq!(sessions(&list(&world, &alice.jwt).await).len(), 1);

    let expiring = login_as(&world, &alice, "curl").await;
    world.set_sessions(&alice, "SET expires_at = :v", NOW + 60).await;
    let last = login_as(&world, &alice, "curl").await;
    assert_eq!(ids(&list(&world, &last).await).len(), 3);
    world.pass(60);
    assert_eq!(ids(&list(&world, &last).await).len(), 1);
    assert_eq!(list(&world, &expiring).await.status, 401);
    assert!(!pending.is_empty());
}

#[tokio::test]
async fn sessions_of_before_a_changed_password_are_not_listed() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let new = "maroon kettle on the third shelf";
    let change = json!({ "username": "alice", "old": alice.password, "new": new, "confirm": new });
    world.call::<UserPassword>(Call::new().json(change)).await;

    let fresh = world.login("alice", new).await.text("Token");

    assert_eq!(list(&world, &alice.jwt).await.status, 401);
    assert_eq!(sessions(&list(&world, &fresh).await).len(), 1);
}

#[tokio::test]
async fn a_listed_session_can_be_ended_by_its_id() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let lost = login_as(&world, &alice, "a lost phone").await;
    let listed = list(&world, &alice.jwt).await;
    let id = sessions(&listed).iter().find(|session| session["userAgent"] == "a lost phone").unwrap()["id"].as_str().unwrap();

    assert_eq!(world.call::<SessionDelete>(Call::new().bearer(&alice.jwt).path("id", id)).await.status, 204);

    assert_eq!(world.call::<UserRenew>(Call::new().bearer(&lost)).await.status, 401);
    assert_eq!(sessions(&list(&world, &alice.jwt).await).len(), 1);
}

#[tokio::test]
async fn many_sessions_come_in_pages_and_each_once() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    add_sessions(&world, &alice, 249).await;
    let all: BTreeSet<_> = world.session_ids().await.iter().map(SessionId::to_string).collect();
    let service = world.start::<UserSessionsList>().await;

    let (mut seen, mut pages, mut cursor) = (Vec::new(), 0, None);
    loop {
        let call = cursor.iter().fold(Call::new().bearer(&alice.jwt), |call, cursor: &String| call.parameter("cursor", cursor));
        world.spy.take();
        let reply = service.reply(call).await;
        assert_eq!(world.spy.take().rounds, [["BatchGetItem", "Query"]]);
        assert!(sessions(&reply).len() <= 100);
        seen.extend(ids(&reply));
        pages += 1;
        match reply.body["cursor"].as_str() {
            Some(next) => cursor = Some(next.to_owned()),
            None => break,
        }
    }

    assert_eq!((pages, seen.len()), (3, 250));
    assert_eq!(BTreeSet::from_iter(seen), all);
}

#[tokio::test]
async fn a_cursor_of_another_user_or_of_nobody_is_refused_without_a_request() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let bob = world.person("bob").await;
    add_sessions(&world, &alice, 120).await;
    let cursor = list(&world, &alice.jwt).await.text("cursor");
    let mut flipped = cursor.clone().into_bytes();
    flipped[20] = if flipped[20] == b'A' { b'B' } else { b'A' };
    let flipped = String::from_utf8(flipped).unwrap();

    for (jwt, sent) in [(&bob.jwt, cursor.as_str()), (&alice.jwt, &flipped), (&alice.jwt, "lkcur_AAAA"), (&alice.jwt, "lkcur_")] {
        let call = Call::new().bearer(jwt).parameter("cursor", sent).perhaps_undocumented();
        let reply = world.call::<UserSessionsList>(call).await;

        assert_eq!((reply.status, reply.code(), reply.invalid_fields()), (422, "invalid-fields", vec!["cursor"]), "{sent}");
        assert_eq!(world.spy.take().actions, [""; 0]);
    }
    let long = Call::new().bearer(&alice.jwt).parameter("cursor", &format!("lkcur_{}", "A".repeat(5000))).perhaps_undocumented();
    assert_eq!(world.call::<UserSessionsList>(long).await.status, 422);
}

#[tokio::test]
async fn a_random_cursor_is_never_taken() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let (service, subject) = (world.start::<UserSessionsList>().await, Subject::User(alice.id.parse().unwrap()));
    world.spy.take();

    for _ in 0..200 {
        let random = SessionId::random(subject);
        let call = Call::new().bearer(&alice.jwt).parameter("cursor", &format!("lkcur_{random}")).perhaps_undocumented();
        let reply = service.reply(call).await;
        assert_eq!(reply.status, 422);
    }

    assert_eq!(world.spy.take().actions, [""; 0]);
}

#[tokio::test]
async fn only_a_login_lists_sessions() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    world.call::<UserLogout>(Call::new().bearer(&alice.jwt)).await;

    let over = list(&world, &alice.jwt).await;
    let by_key = world.call::<UserSessionsList>(Call::new().header("apikey", &alice.key)).await;
    let nobody = world.call::<UserSessionsList>(Call::new()).await;

    assert_eq!((over.status, over.code()), (401, "invalid-credentials"));
    assert_eq!((by_key.status, by_key.code()), (401, "invalid-credentials"));
    assert_eq!((nobody.status, nobody.code(), nobody.body["message"].is_string()), (401, "missing-credentials", true));
    assert_eq!(world.call::<AuthheaderList>(Call::new().bearer(&alice.jwt)).await.status, 401);
}

#[tokio::test]
async fn it_costs_what_docs_costs_says() {
    let world = World::new().await;
    let alice = world.person("alice").await;

    world.measure::<UserSessionsList>("", Call::new().bearer(&alice.jwt), 200, 1).await;
}

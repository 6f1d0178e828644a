//! `DELETE /user/sessions`

use futures_util::future::{join, join_all};
use latchkey::domain::Acl;
use serde_json::json;

use super::list::list;
use crate::house::{Call, Door, Reply, World, canceled};
use crate::operations::{
    AuthenticationTokenExchange, AuthheaderDelete, AuthheaderList, Introspect, SessionGet, UserLogout, UserRenew, UserSessionsEnd,
};

async fn end(world: &World, jwt: &str) -> Reply {
    world.call::<UserSessionsEnd>(Call::new().bearer(jwt)).await
}

async fn is_good(world: &World, jwt: &str) -> bool {
    world.call::<AuthheaderList>(Call::new().bearer(jwt)).await.status == 200
}

#[tokio::test]
async fn every_other_session_ends_and_the_callers_jwts_go_on_working_everywhere() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let renewed = world.call::<UserRenew>(Call::new().bearer(&alice.jwt)).await.text("Token");
    let other = world.login("alice", &alice.password).await.text("Token");

    let reply = end(&world, &alice.jwt).await;

    assert_eq!((reply.status, reply.header("cache-control")), (204, "no-store"));
    assert!(!is_good(&world, &other).await, "the very next call");
    assert_eq!(world.add_key(&other, json!({ "name": "x" })).await.status, 401);
    for jwt in [&alice.jwt, &renewed] {
        assert!(is_good(&world, jwt).await);
        let key = world.add_key(jwt, json!({ "name": "x" })).await;
        let restricted = world.add_key(jwt, json!({ "name": "x", "acl": [] })).await;
        let delete = Call::new().bearer(jwt).json(json!({ "text": key.text("token") }));
        let statuses = [key.status, restricted.status, world.call::<AuthheaderDelete>(delete).await.status];
        assert_eq!(statuses, [200, 200, 200]);
        let again = world.call::<UserRenew>(Call::new().bearer(jwt)).await.text("Token");
        assert!(is_good(&world, &again).await);
        let introspected = world.call::<Introspect>(Call::new().header("apikey", &alice.key).body(format!("token={jwt}"))).await;
        assert_eq!(introspected.body["active"], true);
    }
    assert_eq!(list(&world, &alice.jwt).await.body["sessions"].as_array().unwrap().len(), 1);
    assert_eq!(world.call::<UserLogout>(Call::new().bearer(&renewed)).await.status, 200);
    assert!(!is_good(&world, &alice.jwt).await, "a session that stayed can end");
}

#[tokio::test]
async fn a_login_that_comes_later_is_not_touched() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    end(&world, &alice.jwt).await;

    let later = world.login("alice", &alice.password).await.text("Token");

    assert!(is_good(&world, &later).await);
    assert_eq!(list(&world, &later).await.body["sessions"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn exchanged_sessions_and_tokens_of_the_user_end_and_those_of_others_and_keys_stay() {
    let world = World::new().await;
    let alice = world.person_with("alice", Acl::everything()).await;
    let token = async |customer: &str| world.one_time_token(&alice.key, json!({ "customerId": customer })).await.text("token");
    let exchange = async |token: String| world.call::<AuthenticationTokenExchange>(Call::new().path("token", token)).await;
    let own = exchange(token(&alice.id).await).await;
    let carols = exchange(token("carol").await).await;
    let (pending, carols_pending) = (token(&alice.id).await, token("carol").await);

    assert_eq!(end(&world, &alice.jwt).await.status, 204);

    let get = async |session: &Reply| {
        world.call::<SessionGet>(Call::new().bearer(&session.text("token")).path("id", session.text("id"))).await.status
    };
    assert_eq!((get(&own).await, get(&carols).await), (401, 200));
    assert_eq!((exchange(pending).await.status, exchange(carols_pending).await.status), (404, 201));
}

#[tokio::test]
async fn of_two_sessions_that_end_each_other_one_stays() {
    let world = World::new().await;
    let alice = world.person("alice").await;

    for _ in 0..5 {
        let one = world.login("alice", &alice.password).await.text("Token");
        let other = world.login("alice", &alice.password).await.text("Token");

        let (first, second) = join(end(&world, &one), end(&world, &other)).await;

        let mut statuses = [first.status, second.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [204, 401]);
        assert_eq!([is_good(&world, &one).await, is_good(&world, &other).await], [first.status == 204, second.status == 204]);
    }
}

#[tokio::test]
async fn one_session_that_asks_several_times_at_once_stays() {
    let world = World::new().await;
    let alice = world.person("alice").await;

    let replies = join_all((0..4).map(|_| end(&world, &alice.jwt))).await;

    assert!(replies.iter().all(|reply| reply.status == 204), "{replies:?}");
    assert!(is_good(&world, &alice.jwt).await);
}

#[tokio::test]
async fn a_lost_answer_is_told_as_ended() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    for lost in 0..2 {
        let service = world.start::<UserSessionsEnd>().await;
        world.spy.take();
        world.spy.lose_after(lost);

        assert_eq!(service.reply(Call::new().bearer(&alice.jwt)).await.status, 204);

        assert_eq!(world.spy.take().actions.len(), 3, "a request was retried");
        assert!(is_good(&world, &alice.jwt).await);
    }
}

#[tokio::test]
async fn a_user_whom_others_keep_changing_is_told() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let changed = canceled(["ConditionalCheckFailed", "None", "None"]);
    world.spy.refuse_all("TransactWriteItems", 400, &changed);

    let reply = end(&world, &alice.jwt).await;

    assert_eq!((reply.status, reply.code()), (409, "conflict"));
    assert!(is_good(&world, &alice.jwt).await);
}

#[tokio::test]
async fn only_a_live_login_ends_sessions() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let other = world.login("alice", &alice.password).await.text("Token");
    world.call::<UserLogout>(Call::new().bearer(&alice.jwt)).await;

    let over = end(&world, &alice.jwt).await;
    let by_key = world.call::<UserSessionsEnd>(Call::new().header("apikey", &alice.key)).await;
    let nobody = world.call::<UserSessionsEnd>(Call::new()).await;

    assert_eq!((over.status, over.code()), (401, "invalid-credentials"));
    assert_eq!((by_key.status, by_key.code()), (401, "invalid-credentials"));
    assert_eq!((nobody.status, nobody.code()), (401, "missing-credentials"));
    assert!(is_good(&world, &other).await, "nothing has ended");
}

#[tokio::test]
async fn it_is_told() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    world.told();

    end(&world, &alice.jwt).await;

    let told = world.told();
    assert_eq!(told.len(), 1);
    assert_eq!((&told[0]["event"], &told[0]["subject"]), (&json!("session.others-ended"), &json!(alice.id)));
}

#[tokio::test]
async fn it_costs_what_docs_costs_says() {
    let world = World::new().await;
    let alice = world.person("alice").await;

    world.measure::<UserSessionsEnd>("", Call::new().bearer(&alice.jwt), 204, 2).await;
}

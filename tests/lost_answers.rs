//! Writes that were applied and whose answers were lost: the SDK's retry meets its own write, and the caller is told what is true.

use futures_util::future::join;
use latchkey::caller::{CallerError, PasswordGateError};
use latchkey::domain::Acl;
use latchkey::http::ApiError;
use latchkey::runtime::Service;
use latchkey::store::{DeleteApiKeyError, ExchangeError, NewApiKeyError, OtpAttemptError, StoreError};
use serde_json::json;

use crate::house::{Call, Door, Reply, World, canceled};
use crate::operations::{
    AuthenticationTokenExchange, AuthheaderDelete, EntityTokenCreate, EntityTokenDelete, EntityTokenGet, EntityTokenRefresh, UserLogin,
};

/// Calls `O` once for each request that it makes, losing the answer of that one.
async fn losing_each<O: latchkey::runtime::Start>(world: &World, requests: usize, call: impl AsyncFn() -> Call) -> Vec<Reply> {
    let mut replies = Vec::new();
    for lost in 0..requests {
        let call = call().await;
        let service = world.start::<O>().await;
        world.spy.take();
        world.spy.lose_after(lost);
        replies.push(service.reply(call).await);
        assert!(world.spy.take().actions.len() > requests, "a request was retried");
    }
    replies
}

#[tokio::test]
async fn an_exchange_is_neither_burnt_nor_doubled() {
    let world = World::new().await;
    let alice = world.person_with("alice", Acl::everything()).await;

    let replies = losing_each::<AuthenticationTokenExchange>(&world, 2, async || {
        Call::new().path("token", world.one_time_token(&alice.key, json!({ "customerId": "carol" })).await.text("token"))
    });
    let replies = replies.await;

    assert!(replies.iter().all(|reply| reply.status == 201), "{replies:?}");
    assert_eq!(world.sessions_of("carol").await, replies.len());
}

#[tokio::test]
async fn a_login_counts_one_attempt_and_begins_one_session() {
    let world = World::with([("LOGIN_ATTEMPTS", "1")]).await;
    let row = world.user_row("alice", Acl::default());
    world.insert(&row).await;

    let replies =
        losing_each::<UserLogin>(&world, 5, async || Call::new().json(json!({ "username": "alice", "password": "alice's password" })))
            .await;

    assert!(replies.iter().all(|reply| reply.status == 200), "{replies:?}");
    assert_eq!(world.sessions_of(&row.user_id.to_string()).await, replies.len());
}

#[tokio::test]
async fn a_wrong_password_is_one_attempt_from_its_address_and_one_in_a_row() {
    // It is counted in a row after the hash, and before it.
    for attempts in ["10", "100"] {
        let world = World::with([("LOGIN_ATTEMPTS", attempts)]).await;
        world.insert(&world.user_row("alice", Acl::default())).await;

        let wrong = async || Call::new().json(json!({ "username": "alice", "password": "wrong" }));
        let replies = losing_each::<UserLogin>(&world, 4, wrong).await;

        assert!(replies.iter().all(|reply| reply.status == 401), "{replies:?}");
        let rows = world.rows("users").await;
        let counts: Vec<_> =
            rows.iter().filter_map(|row| Some(row.get("attempt_ids").or(row.get("failed_attempt_ids"))?.as_ss().unwrap().len())).collect();
        assert_eq!(counts, [replies.len(); 3], "under the name, from the address, in a row");
    }
}

#[tokio::test]
async fn an_entity_token_is_made_refreshed_and_deleted_once() {
    let world = World::new().await;
    let alice = world.member("alice").await;
    let call = async || alice.entity_call("acme", &alice.id);
    let fresh = async || {
        world.call::<EntityTokenDelete>(alice.entity_call("acme", &alice.id)).await;
        alice.entity_call("acme", &alice.id)
    };

    for reply in losing_each::<EntityTokenCreate>(&world, 2, fresh).await {
        assert_eq!(reply.status, 201, "the caller who made it is told so");
    }
    let refreshed = losing_each::<EntityTokenRefresh>(&world, 2, call).await;
    assert!(refreshed.iter().all(|reply| reply.status == 200));
    assert_eq!(world.call::<EntityTokenGet>(call().await).await.body, refreshed[1].body, "the answer is the live successor");
    let made = async || {
        world.call::<EntityTokenCreate>(alice.entity_call("acme", &alice.id)).await;
        alice.entity_call("acme", &alice.id)
    };
    for reply in losing_each::<EntityTokenDelete>(&world, 2, made).await {
        assert_eq!(reply.status, 200, "a retry does not tell who deleted that there was nothing");
    }
}

#[tokio::test]
async fn a_deleted_key_is_told_as_deleted() {
    let world = World::new().await;
    let alice = world.person("alice").await;

    let replies = losing_each::<AuthheaderDelete>(&world, 1, async || {
        let key = world.add_key(&alice.jwt, json!({ "name": "x" })).await.text("token");
        Call::new().bearer(&alice.jwt).json(json!({ "text": key }))
    });

    assert_eq!(replies.await[0].status, 200);
}

#[tokio::test]
async fn a_transaction_that_met_another_is_tried_again() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let conflict = canceled(["None", "None", "TransactionConflict"]);

    world.spy.refuse_next(2, 400, &conflict);

    assert_eq!(world.add_key(&alice.jwt, json!({ "name": "x" })).await.status, 200);
}

#[tokio::test]
async fn a_store_that_does_not_answer_is_a_503_and_authorises_nothing() {
    let world = World::new().await;
    let alice = world.person_with("alice", Acl::everything()).await;
    let token = world.one_time_token(&alice.key, json!({ "customerId": "carol" })).await.text("token");
    let down = json!({ "__type": "com.amazonaws.dynamodb.v20120810#InternalServerError" });

    world.spy.refuse_next(100, 500, &down);
    let replies = [
        world.login("alice", &alice.password).await,
        world.add_key(&alice.jwt, json!({ "name": "x" })).await,
        world.call::<EntityTokenGet>(alice.entity_call("acme", &alice.id)).await,
        world.call::<AuthenticationTokenExchange>(Call::new().path("token", &token)).await,
    ];
    for reply in replies {
        assert_eq!((reply.status, reply.code()), (503, "unavailable"));
        assert!(!reply.body.to_string().contains("InternalServerError"));
    }

    world.spy.refuse_next(0, 0, &down);
    assert_eq!(world.call::<AuthenticationTokenExchange>(Call::new().path("token", &token)).await.status, 201);
}

#[test]
fn what_the_store_can_not_tell_is_never_the_callers_fault() {
    let down = || StoreError::unavailable(std::io::Error::other("down"));
    let corrupt = || StoreError::corrupt("corrupt");

    for (store, status) in [(&down as &dyn Fn() -> StoreError, 503), (&corrupt, 500)] {
        let errors: [ApiError; 7] = [
            store().into(),
            CallerError::from(store()).into(),
            PasswordGateError::from(store()).into(),
            NewApiKeyError::from(store()).into(),
            DeleteApiKeyError::from(store()).into(),
            OtpAttemptError::from(store()).into(),
            ExchangeError::from(store()).into(),
        ];
        for error in errors {
            assert_eq!(error.problem_type().status, status, "{error:?}");
        }
    }
}

#[tokio::test]
async fn a_session_that_could_not_be_stored_is_handed_to_nobody() {
    let world = World::new().await;
    let alice = world.person_with("alice", Acl::everything()).await;
    let token = world.one_time_token(&alice.key, json!({ "customerId": "carol" })).await.text("token");
    let mut setup = world.setup.clone();
    setup.environment.extend([("SESSIONS_TABLE".to_owned(), "latchkey-absent".to_owned())]);
    let login = Service::<UserLogin>::start(&setup).await.unwrap();
    let exchange = Service::<AuthenticationTokenExchange>::start(&setup).await.unwrap();
    let password = json!({ "username": "alice", "password": alice.password });

    for reply in [login.reply(Call::new().json(password)).await, exchange.reply(Call::new().path("token", &token)).await] {
        assert_eq!((reply.status, reply.code()), (503, "unavailable"));
    }
    assert_eq!(world.call::<AuthenticationTokenExchange>(Call::new().path("token", &token)).await.status, 201, "nothing was consumed");
}

#[tokio::test]
async fn a_refresh_that_another_overtook_gives_its_own_successor_or_nothing() {
    let world = World::new().await;
    let alice = world.member("alice").await;
    let call = || alice.entity_call("acme", &alice.id);
    let first = world.call::<EntityTokenCreate>(call()).await.text("authenticationToken");
    let (slow, fast) = (world.start::<EntityTokenRefresh>().await, world.start::<EntityTokenRefresh>().await);
    let generation = async || {
        let rows = world.rows("tokens").await;
        rows.iter().find_map(|row| row.get("generation")?.as_n().ok()?.parse::<u32>().ok()).unwrap()
    };

    // The answer of the slow one's write is lost, and before its retry another refresh goes through.
    world.spy.lose_after(1);
    let overtaken = slow.reply(call().json(json!({ "authenticationToken": first })));
    let overtaking = async {
        while generation().await == 0 {
            tokio::task::yield_now().await;
        }
        fast.reply(call()).await
    };
    let (overtaken, overtaking) = join(overtaken, overtaking).await;

    assert_eq!(overtaking.status, 200);
    assert!(overtaken.body["authenticationToken"] != overtaking.body["authenticationToken"], "{overtaken:?}");
}

#[tokio::test]
async fn a_single_write_that_met_a_transaction_is_tried_again() {
    let world = World::new().await;
    let alice = world.member("alice").await;
    let conflict = json!({ "__type": "com.amazonaws.dynamodb.v20120810#TransactionConflictException" });
    let service = world.start::<EntityTokenCreate>().await;

    world.spy.refuse_after(1, 2, 400, &conflict);

    let reply = service.reply(alice.entity_call("acme", &alice.id)).await;
    assert_eq!(reply.status, 201);
}

#[tokio::test]
async fn keys_that_can_not_be_read_again_stay_in_use() {
    let world = World::with([("KEYS_REFRESH_SECONDS", "1")]).await;
    let alice = world.member("alice").await;
    let service = world.start::<EntityTokenGet>().await;
    for name in ["verification.json", "token.json"] {
        std::fs::write(world.folder.join(name), "{}").unwrap();
    }

    world.pass(2);
    let reply = service.reply(alice.entity_call("acme", &alice.id)).await;

    assert_eq!((reply.status, reply.code()), (404, "token-not-found"));
}

#[tokio::test]
async fn a_transaction_that_only_ever_meets_others_is_a_503_and_no_refusal() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let conflict = canceled(["TransactionConflict", "None", "None"]);

    world.spy.refuse_next(100, 400, &conflict);

    let reply = world.add_key(&alice.jwt, json!({ "name": "x" })).await;
    assert_eq!((reply.status, reply.code()), (503, "unavailable"));
}

#[tokio::test]
async fn a_transaction_whose_condition_failed_is_not_tried_again_whatever_else_it_met() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let refused = canceled(["ConditionalCheckFailed", "TransactionConflict", "None"]);

    world.spy.refuse_next(1, 400, &refused);

    let reply = world.add_key(&alice.jwt, json!({ "name": "x" })).await;
    assert_eq!((reply.status, world.spy.take().actions.len()), (401, 1));
}

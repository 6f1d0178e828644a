//! The budget of requests of each operation, counted at the wire, with the capacity they consume.
//!
//! `cargo test -p latchkey-tests budget -- --nocapture` prints the table of docs/costs.md.

use latchkey::domain::Acl;
use latchkey::runtime::AuthorizerService;
use latchkey::runtime::Start;
use serde_json::json;

use crate::house::{Call, World, root};
use crate::operations::{
    AuthenticationTokenCreate, AuthenticationTokenDelete, AuthenticationTokenExchange, AuthenticationTokenVerify, AuthheaderAdd,
    AuthheaderDelete, AuthheaderList, Authorizer, EntityTokenCreate, EntityTokenDelete, EntityTokenGet, EntityTokenRefresh,
    EntityTokenUpdate, Introspect, Jwks, SessionDelete, SessionGet, UserLogin, UserLogout, UserPassword, UserRenew,
};

struct Line {
    operation: String,
    rounds: usize,
    actions: String,
    capacity: f64,
}

async fn measure<O: Start>(world: &World, lines: &mut Vec<Line>, variant: &str, call: Call, status: i64, budget: usize) {
    let reply = world.call::<O>(call).await;
    let traffic = world.spy.take();
    assert_eq!(reply.status, status, "{} {variant}: {reply:?}", O::NAME);
    assert_eq!(traffic.rounds, budget, "{} {variant}: {traffic:?}", O::NAME);
    let operation = if variant.is_empty() { O::NAME.to_owned() } else { format!("{} ({variant})", O::NAME) };
    lines.push(Line { operation, rounds: traffic.rounds, actions: traffic.actions.join(", "), capacity: traffic.capacity });
}

#[tokio::test]
async fn every_operation_keeps_to_its_budget_and_docs_costs_says_so() {
    let world = World::new().await;
    let alice = world.person_with("alice", Acl::everything()).await;
    let entity = || alice.entity_call("acme", &alice.id);
    let passwordless = json!({ "mode": "passwordless", "customerId": alice.id });
    let mut lines = Vec::new();
    let l = &mut lines;

    measure::<UserLogin>(&world, l, "", Call::new().json(json!({ "username": "alice", "password": alice.password })), 200, 2).await;
    measure::<UserRenew>(&world, l, "", Call::new().bearer(&alice.jwt), 200, 1).await;
    let other = world.login("alice", &alice.password).await.text("Token");
    measure::<UserLogout>(&world, l, "", Call::new().bearer(&other), 200, 1).await;
    measure::<AuthheaderAdd>(&world, l, "", Call::new().bearer(&alice.jwt).json(json!({ "name": "x" })), 200, 1).await;
    let restricted = json!({ "name": "x", "acl": [{ "scope": {}, "permissions": ["x"] }] });
    measure::<AuthheaderAdd>(&world, l, "with an ACL", Call::new().bearer(&alice.jwt).json(restricted), 200, 2).await;
    measure::<AuthheaderList>(&world, l, "", Call::new().bearer(&alice.jwt), 200, 1).await;
    let key = world.add_key(&alice.jwt, json!({ "name": "x" })).await.text("token");
    measure::<AuthheaderDelete>(&world, l, "", Call::new().bearer(&alice.jwt).json(json!({ "text": key })), 200, 1).await;
    measure::<EntityTokenCreate>(&world, l, "", entity(), 201, 2).await;
    measure::<EntityTokenCreate>(&world, l, "again", entity(), 200, 1).await;
    measure::<EntityTokenGet>(&world, l, "", entity(), 200, 1).await;
    measure::<EntityTokenUpdate>(&world, l, "", entity().json(json!({ "flags": ["x"] })), 200, 2).await;
    measure::<EntityTokenRefresh>(&world, l, "", entity(), 200, 2).await;
    measure::<EntityTokenDelete>(&world, l, "", entity(), 200, 2).await;
    let password = json!({ "mode": "password", "username": "alice", "password": alice.password });
    measure::<AuthenticationTokenCreate>(&world, l, "password", Call::new().json(password), 201, 2).await;
    measure::<AuthenticationTokenCreate>(&world, l, "passwordless", Call::new().bearer(&alice.jwt).json(passwordless.clone()), 201, 2)
        .await;
    let call = Call::new().header("reb-apikey", &alice.key).json(passwordless.clone());
    measure::<AuthenticationTokenCreate>(&world, l, "with an API key", call, 201, 2).await;
    let token = world.one_time_token(&alice.key, passwordless.clone()).await.text("token");
    measure::<AuthenticationTokenVerify>(&world, l, "", Call::new().path("token", &token), 200, 1).await;
    measure::<AuthenticationTokenDelete>(&world, l, "", Call::new().path("token", &token), 204, 1).await;
    measure::<Jwks>(&world, l, "", Call::new(), 200, 0).await;
    let token = world.one_time_token(&alice.key, passwordless.clone()).await.text("token");
    measure::<AuthenticationTokenExchange>(&world, l, "", Call::new().path("token", token), 201, 2).await;
    let token = world.one_time_token(&alice.key, passwordless.clone()).await.text("token");
    measure::<AuthenticationTokenExchange>(
        &world,
        l,
        "with an API key",
        Call::new().path("token", token).header("reb-apikey", &alice.key),
        201,
        2,
    )
    .await;
    let token = world.one_time_token(&alice.key, passwordless.clone()).await.text("token");
    measure::<AuthenticationTokenExchange>(&world, l, "with a login", Call::new().path("token", token).bearer(&alice.jwt), 201, 2).await;
    let token = world.one_time_token(&alice.key, json!({ "customerId": alice.id, "otpRequired": true })).await.text("token");
    let digits: String = world.mails()[0].split_once("password is ").unwrap().1.chars().take(6).collect();
    let call = Call::new().path("token", token).json(json!({ "oneTimePassword": digits }));
    measure::<AuthenticationTokenExchange>(&world, l, "with a one-time password", call, 201, 2).await;

    let bob = world.person("bob").await;
    let token = world.one_time_token(&alice.key, json!({ "customerId": bob.id })).await.text("token");
    measure::<AuthenticationTokenExchange>(&world, l, "for another user", Call::new().path("token", token), 201, 2).await;
    let token = world.one_time_token(&alice.key, passwordless.clone()).await.text("token");
    let call = Call::new().path("token", token).json(json!({ "invalidate": false }));
    measure::<AuthenticationTokenExchange>(&world, l, "not invalidating", call, 201, 2).await;
    let stale = world.call::<EntityTokenCreate>(entity()).await.text("authenticationToken");
    world.call::<EntityTokenRefresh>(entity()).await;
    world.pass(31);
    measure::<EntityTokenRefresh>(&world, l, "reuse", entity().json(json!({ "authenticationToken": stale })), 404, 2).await;

    let once = |call: Call| call.header("idempotency-key", "0f4b6d1c");
    let add = || once(Call::new().bearer(&alice.jwt).json(json!({ "name": "x" })));
    measure::<AuthheaderAdd>(&world, l, "with an Idempotency-Key", add(), 200, 1).await;
    measure::<AuthheaderAdd>(&world, l, "repeated", add(), 200, 2).await;
    let create = || once(Call::new().header("reb-apikey", &alice.key).json(passwordless.clone()));
    measure::<AuthenticationTokenCreate>(&world, l, "with an Idempotency-Key", create(), 201, 2).await;
    measure::<AuthenticationTokenCreate>(&world, l, "repeated", create(), 201, 3).await;
    let token = world.one_time_token(&alice.key, json!({ "customerId": "carol" })).await.text("token");
    let exchange = || once(Call::new().path("token", &token));
    measure::<AuthenticationTokenExchange>(&world, l, "with an Idempotency-Key", exchange(), 201, 2).await;
    measure::<AuthenticationTokenExchange>(&world, l, "repeated", exchange(), 201, 2).await;
    let session = world.call::<AuthenticationTokenExchange>(exchange()).await;
    let (id, jwt) = (session.text("id"), session.text("token"));
    world.spy.take();
    let of = |id: &str| Call::new().path("id", id);
    measure::<SessionGet>(&world, l, "its own", of(&id).bearer(&jwt), 200, 1).await;
    measure::<SessionGet>(&world, l, "by its issuer", of(&id).header("x-api-key", &alice.key), 200, 2).await;
    let ask =
        |text: &str| Call::new().header("x-api-key", &alice.key).json(json!({ "token": text })).header("content-type", "application/json");
    let entity_token = world.call::<EntityTokenCreate>(entity()).await.text("authenticationToken");
    let once_token = world.one_time_token(&alice.key, json!({ "customerId": "carol" })).await.text("token");
    world.spy.take();
    measure::<Introspect>(&world, l, "a login", ask(&alice.jwt), 200, 1).await;
    measure::<Introspect>(&world, l, "a session", ask(&jwt), 200, 1).await;
    measure::<Introspect>(&world, l, "an API key", ask(&alice.key), 200, 1).await;
    measure::<Introspect>(&world, l, "an entity token", ask(&entity_token), 200, 1).await;
    measure::<Introspect>(&world, l, "a one-time token", ask(&once_token), 200, 1).await;
    measure::<Introspect>(&world, l, "a forged one", ask("lkapi_x"), 200, 1).await;
    let service = AuthorizerService::<Authorizer>::start(&world.setup_of("authorizer")).await.unwrap();
    for (kind, text) in [("a login", &alice.jwt), ("a session", &jwt), ("an API key", &alice.key), ("an entity token", &entity_token)] {
        let answer = service.call(json!({ "identitySource": [text] })).await.unwrap();
        let traffic = world.spy.take();
        assert_eq!(serde_json::to_value(&answer).unwrap()["isAuthorized"], true);
        assert_eq!(traffic.rounds, 1, "{kind}");
        l.push(Line {
            operation: format!("authorizer ({kind})"),
            rounds: 1,
            actions: traffic.actions.join(", "),
            capacity: traffic.capacity,
        });
    }
    measure::<SessionDelete>(&world, l, "its own", of(&id).bearer(&jwt), 204, 2).await;
    let token = world.one_time_token(&alice.key, json!({ "customerId": "carol" })).await.text("token");
    let id = world.call::<AuthenticationTokenExchange>(Call::new().path("token", token)).await.text("id");
    world.spy.take();
    measure::<SessionDelete>(&world, l, "by its issuer", of(&id).header("x-api-key", &alice.key), 204, 3).await;
    let words = "maroon kettle on the third shelf";
    let call = Call::new().json(json!({ "username": "bob", "old": bob.password, "new": words, "confirm": words }));
    measure::<UserPassword>(&world, l, "", call, 200, 2).await;
    let mut table = String::from("| operation | requests in sequence | requests | capacity units |\n|---|---|---|---|\n");
    for line in &lines {
        table += &format!("| {} | {} | {} | {} |\n", line.operation, line.rounds, line.actions, line.capacity);
    }
    println!("{table}");
    let docs = std::fs::read_to_string(root().join("docs/costs.md")).unwrap();
    for row in table.lines() {
        // Of requests side by side either may come first, so the row is compared without their order.
        let sorted = |row: &str| {
            let mut words: Vec<_> = row.split([' ', ',', '|']).map(str::to_owned).collect();
            words.sort();
            words
        };
        assert!(docs.lines().any(|line| sorted(line) == sorted(row)), "docs/costs.md lacks {row}");
    }
}

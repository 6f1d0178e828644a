//! The budget of requests of each operation, counted at the wire, with the capacity they consume; and its rights: what it uses
//! is what its role in the template allows, nothing missing and nothing to spare.
//!
//! `cargo test -p latchkey-tests budget -- --nocapture` prints the table of docs/costs.md.

use std::collections::{BTreeMap, BTreeSet};

use authentication_token_create::AuthenticationTokenCreate;
use authentication_token_delete::AuthenticationTokenDelete;
use authentication_token_exchange::AuthenticationTokenExchange;
use authentication_token_verify::AuthenticationTokenVerify;
use authheader_add::AuthheaderAdd;
use authheader_delete::AuthheaderDelete;
use authheader_list::AuthheaderList;
use entity_token_create::EntityTokenCreate;
use entity_token_delete::EntityTokenDelete;
use entity_token_get::EntityTokenGet;
use entity_token_refresh::EntityTokenRefresh;
use entity_token_update::EntityTokenUpdate;
use jwks::Jwks;
use latchkey::domain::Acl;
use latchkey::runtime::Start;
use serde_json::json;
use user_login::UserLogin;
use user_logout::UserLogout;
use user_renew::UserRenew;

use crate::house::{Call, World, root, template};

struct Line {
    operation: String,
    rounds: usize,
    actions: String,
    capacity: f64,
    rights: BTreeSet<(String, String)>,
}

async fn measure<O: Start>(world: &World, lines: &mut Vec<Line>, variant: &str, call: Call, status: i64, budget: usize) {
    let reply = world.call::<O>(call).await;
    let traffic = world.spy.take();
    assert_eq!(reply.status, status, "{} {variant}: {reply:?}", O::NAME);
    assert_eq!(traffic.rounds, budget, "{} {variant}: {traffic:?}", O::NAME);
    let operation = if variant.is_empty() { O::NAME.to_owned() } else { format!("{} ({variant})", O::NAME) };
    let (actions, rights) = (traffic.actions.join(", "), traffic.rights);
    lines.push(Line { operation, rounds: traffic.rounds, actions, capacity: traffic.capacity, rights });
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
    // What the usual calls do not do, and the roles allow all the same.
    let token = world.one_time_token(&alice.key, passwordless.clone()).await.text("token");
    let call = Call::new().path("token", token).json(json!({ "invalidate": false }));
    measure::<AuthenticationTokenExchange>(&world, l, "not invalidating", call, 201, 2).await;
    let stale = world.call::<EntityTokenCreate>(entity()).await.text("authenticationToken");
    world.call::<EntityTokenRefresh>(entity()).await;
    world.pass(31);
    measure::<EntityTokenRefresh>(&world, l, "reuse", entity().json(json!({ "authenticationToken": stale })), 404, 2).await;

    assert_rights(&lines);
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

fn assert_rights(lines: &[Line]) {
    let mut used: BTreeMap<String, BTreeSet<(String, String)>> = BTreeMap::new();
    for line in lines {
        let operation = line.operation.split(' ').next().unwrap();
        used.entry(operation.to_owned()).or_default().extend(line.rights.clone());
    }
    let allowed = latchkey_local::template::rights(template());
    for (operation, used) in used {
        let allowed = allowed.get(&operation).unwrap().iter().filter(|(action, _)| action.starts_with("dynamodb:"));
        assert_eq!(used, allowed.cloned().collect(), "{operation}");
    }
}

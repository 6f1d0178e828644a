//! A closed origin: every operation refuses what did not come through the distribution in front, before it reads anything; and only of
//! what came through it is the client's address believed.

use std::collections::BTreeSet;

use latchkey::domain::Acl;
use latchkey::http::Operation;
use latchkey::runtime::{AuthorizerService, Service, Setup, Start};
use latchkey_local::template::routes;
use serde_json::{Value, json};

use crate::house::secrets_manager::Secrets;
use crate::house::{Call, Door, Reply, World, template};
use crate::least_privilege::{as_deployed, world_in_aws};
use crate::operations::{Authorizer, Jwks, UserLogin, UserPassword, each_operation};

const FIRST: &str = "the-first-secret-of-the-distribution";
const SECOND: &str = "the-second-secret-of-the-distribution";
/// The default of `KEYS_REFRESH_SECONDS`.
const REFRESH_SECONDS: i64 = 60;

/// A world whose origin is closed.
async fn closed_world() -> World {
    let mut world = World::new().await;
    let path = world.folder.join("origin.json");
    std::fs::write(&path, json!({ "first": FIRST, "second": SECOND }).to_string()).unwrap();
    world.setup.environment.extend([("ORIGIN_SECRETS".to_owned(), format!("file:{}", path.display()))]);
    world
}

/// The same behind CloudFront, which gives the client's address in a header of its own.
async fn world_behind_cloudfront() -> World {
    let mut world = closed_world().await;
    world.setup.environment.extend([("CLIENT_ADDRESS_HEADER".to_owned(), "CloudFront-Viewer-Address".to_owned())]);
    world
}

fn wrong_password() -> Call {
    Call::new().json(json!({ "username": "alice", "password": "wrong" }))
}

fn events(world: &World) -> Vec<Value> {
    world.setup.events.take().iter().map(|line| serde_json::from_str(line).unwrap()).collect()
}

async fn started<O: Start>(setup: &Setup) -> Service<O> {
    Box::pin(Service::start(setup)).await.unwrap()
}

fn is_refused(reply: &Reply) -> bool {
    reply.status == 403 && reply.code() == "closed-origin"
}

#[tokio::test]
async fn every_operation_refuses_what_shows_no_secret_without_a_read() {
    let world = closed_world().await;
    let mut closed = BTreeSet::new();

    macro_rules! refuse {
        ($operation:ty) => {
            let name = <$operation as Operation>::NAME;
            let service = started::<$operation>(&as_deployed(&world, name)).await;
            // The sample stands for another team's API, which no distribution of ours is in front of.
            if name != "authorizer-sample" {
                world.spy.take();
                let twice = format!("{FIRST},{FIRST}");
                for secret in [None, Some(""), Some(&FIRST[1..]), Some("the-other-secret-of-the-distribution"), Some(&twice)] {
                    let call = Call::new().perhaps_undocumented();
                    let call = secret.into_iter().fold(call, |call, secret| call.header("x-latchkey-origin", secret));
                    let reply = service.reply(call).await;
                    assert!(is_refused(&reply), "{name}: {secret:?}: {reply:?}");
                }
                assert!(world.spy.take().actions.is_empty(), "{name} asks AWS for what it refuses");
                for secret in [FIRST, SECOND] {
                    let reply = service.reply(Call::new().perhaps_undocumented().header("X-Latchkey-Origin", secret)).await;
                    assert!(!is_refused(&reply), "{name}: {reply:?}");
                }
                closed.insert(name.to_owned());
            }
        };
    }
    each_operation!(refuse);

    let behind = routes(template()).unwrap().into_iter().filter(|route| route.authorizer.is_none());
    assert_eq!(closed, behind.map(|route| route.operation).collect());
}

#[tokio::test]
async fn a_refusal_is_told_with_the_address_that_came_and_never_with_the_secret() {
    let world = world_behind_cloudfront().await;
    let forged = wrong_password().header("x-latchkey-origin", "a-guess-at-the-secret").header("cloudfront-viewer-address", "192.0.2.9:1");

    assert!(is_refused(&world.call::<UserLogin>(forged).await));

    let [event] = events(&world).try_into().unwrap();
    assert_eq!((&event["event"], &event["source_ip"]), (&json!("origin.refused"), &json!("127.0.0.1")));
    assert_eq!(event["reason"], "no secret of the distribution");
    assert!(!event.to_string().contains("guess"));
}

#[tokio::test]
async fn the_client_s_address_is_the_one_that_the_distribution_gives() {
    let world = world_behind_cloudfront().await;
    let from = |address: &str| wrong_password().header("x-latchkey-origin", FIRST).header("cloudfront-viewer-address", address);

    for (header, address) in [("198.51.100.7:46532", "198.51.100.7"), ("2001:db8::7:46532", "2001:db8::7")] {
        assert_eq!(world.call::<UserLogin>(from(header)).await.status, 401);
        let [event] = events(&world).try_into().unwrap();
        assert_eq!((&event["event"], &event["source_ip"]), (&json!("login.refused"), &json!(address)));
    }
}

#[tokio::test]
async fn a_distribution_that_gives_no_address_of_the_client_is_refused() {
    let world = world_behind_cloudfront().await;
    let shown = || wrong_password().header("x-latchkey-origin", FIRST);

    for call in [shown(), shown().header("cloudfront-viewer-address", "198.51.100.7:1,198.51.100.8:1")] {
        assert!(is_refused(&world.call::<UserLogin>(call).await));
        assert!(world.spy.take().actions.is_empty());
        assert_eq!(events(&world)[0]["reason"], "no address of the client");
    }
}

#[tokio::test]
async fn without_a_header_for_it_the_address_stays_the_gateway_s() {
    let world = closed_world().await;
    let call = wrong_password().header("x-latchkey-origin", FIRST).header("cloudfront-viewer-address", "198.51.100.7:46532");

    assert_eq!(world.call::<UserLogin>(call).await.status, 401);

    assert_eq!(events(&world)[0]["source_ip"], "127.0.0.1");
}

#[tokio::test]
async fn an_open_origin_believes_no_header() {
    let world = World::new().await;
    let mut call = wrong_password();
    for header in ["cloudfront-viewer-address", "x-latchkey-client-address", "x-forwarded-for", "forwarded", "true-client-ip"] {
        call = call.header(header, "198.51.100.7");
    }

    assert_eq!(world.call::<UserLogin>(call).await.status, 401);

    assert_eq!(events(&world)[0]["source_ip"], "127.0.0.1");
}

#[tokio::test]
async fn the_authorizer_is_asked_by_gateways_and_shows_nothing() {
    let mut world = closed_world().await;
    let origin = world.setup.environment.required("ORIGIN_SECRETS").unwrap();
    world.setup.environment.extend([("ORIGIN_SECRETS".to_owned(), String::new())]);
    let alice = world.person_with("alice", Acl::everything()).await;
    world.setup.environment.extend([("ORIGIN_SECRETS".to_owned(), origin)]);

    let authorizer = AuthorizerService::<Authorizer>::start(&world.setup_of("authorizer")).await.unwrap();
    let answer = authorizer.call(json!({ "version": "2.0", "type": "REQUEST", "identitySource": [alice.key] })).await.unwrap();

    assert_eq!(serde_json::to_value(answer).unwrap()["isAuthorized"], true);
}

#[tokio::test]
async fn settings_that_would_leave_the_origin_open_keep_a_function_from_starting() {
    let refusal = async |variables: &[(&str, &str)]| {
        let mut world = closed_world().await;
        world.setup.environment.extend(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        Service::<Jwks>::start(&world.setup_of("jwks")).await.err().map(|error| error.to_string()).unwrap_or_default()
    };

    let alone = refusal(&[("ORIGIN_SECRETS", ""), ("CLIENT_ADDRESS_HEADER", "x-client")]).await;
    assert_eq!(alone, "CLIENT_ADDRESS_HEADER needs ORIGIN_SECRETS: without them anybody can send that header");
    for list in ["X-Forwarded-For", "Forwarded"] {
        let list = refusal(&[("CLIENT_ADDRESS_HEADER", list)]).await;
        assert_eq!(list, "CLIENT_ADDRESS_HEADER must hold one address: this one is a list that the client begins");
    }
    assert_eq!(refusal(&[("CLIENT_ADDRESS_HEADER", "a b")]).await, "CLIENT_ADDRESS_HEADER must be the name of a header");
    assert!(refusal(&[("ORIGIN_SECRETS", "file:/nowhere")]).await.starts_with("ORIGIN_SECRETS could not be read"));
    assert!(refusal(&[("ORIGIN_SECRETS", FIRST)]).await.starts_with("ORIGIN_SECRETS must be secretsmanager:<arn> or file:<path>"));
}

/// A stack in AWS, closed by a secret in Secrets Manager.
struct Stack {
    world: World,
    secrets: Secrets,
}

impl Stack {
    async fn new() -> Self {
        let (mut world, secrets) = world_in_aws().await;
        world.setup.environment.extend([("ORIGIN_SECRETS".to_owned(), "secretsmanager:Origin".to_owned())]);
        let stack = Self { world, secrets };
        stack.put(json!({ "first": FIRST }));
        stack
    }

    fn put(&self, value: Value) {
        let mut secrets = self.secrets.lock().unwrap();
        let versions = secrets.entry("Origin".to_owned()).or_default();
        let version = (versions.len() + 1).to_string();
        versions.push((version, value.to_string()));
    }

    fn setup(&self, name: &'static str) -> Setup {
        as_deployed(&self.world, name)
    }

    /// What AWS was asked for since the last time.
    fn asked(&self) -> Vec<String> {
        self.world.spy.take().actions
    }
}

async fn admits(jwks: &Service<Jwks>, secret: &str) -> bool {
    let call = Call::new().route("GET /.well-known/jwks.json").header("x-latchkey-origin", secret);
    jwks.reply(call).await.status == 200
}

#[tokio::test]
async fn a_start_reads_the_secret_with_the_key_sets() {
    let stack = Stack::new().await;

    Service::<Jwks>::start(&stack.setup("jwks")).await.unwrap();
    assert_eq!(stack.world.spy.take().rounds, [["BatchGetSecretValue", "GetItem"]]);

    // It has no key sets, and may not read the row of their versions.
    Service::<UserPassword>::start(&stack.setup("user-password")).await.unwrap();
    assert_eq!(stack.asked(), ["GetSecretValue"]);
}

#[tokio::test]
async fn a_new_secret_is_known_when_the_distribution_begins_to_show_it() {
    let stack = Stack::new().await;
    let jwks = started::<Jwks>(&stack.setup("jwks")).await;
    stack.put(json!({ "first": FIRST, "second": SECOND }));
    stack.world.pass(REFRESH_SECONDS);
    stack.asked();

    assert!(admits(&jwks, SECOND).await);
    assert!(admits(&jwks, FIRST).await);

    stack.put(json!({ "second": SECOND }));
    stack.world.pass(REFRESH_SECONDS);
    assert!(!admits(&jwks, "anything else that nobody has shown").await, "looks");
    assert!(!admits(&jwks, FIRST).await);
    assert!(admits(&jwks, SECOND).await);
}

#[tokio::test]
async fn guesses_cost_one_look_at_the_secret_in_each_interval_and_no_read_of_the_database() {
    let stack = Stack::new().await;
    let jwks = started::<Jwks>(&stack.setup("jwks")).await;
    stack.asked();

    for _ in 0..3 {
        stack.world.pass(REFRESH_SECONDS);
        for guess in 0..20 {
            assert!(!admits(&jwks, &format!("guess {guess} at the secret of the distribution")).await);
        }
        assert_eq!(stack.asked(), ["GetSecretValue"]);
    }
}

#[tokio::test]
async fn a_secret_that_can_not_be_read_again_stays_in_use() {
    let stack = Stack::new().await;
    let jwks = started::<Jwks>(&stack.setup("jwks")).await;

    stack.put(json!({ "first": "too short" }));
    stack.world.pass(REFRESH_SECONDS);
    assert!(!admits(&jwks, SECOND).await, "looks, and cannot use what is there");

    assert!(admits(&jwks, FIRST).await);
}

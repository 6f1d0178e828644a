//! The Lambda authorizer, with the events that API Gateway sends.

use latchkey::domain::Acl;
use latchkey::runtime::AuthorizerService;
use serde_json::{Value, json};

use super::get::carols;
use crate::house::{Call, World, measured_costs};
use crate::operations::{Authorizer, AuthorizerSample, EntityTokenCreate, UserLogout};

struct Door(AuthorizerService<Authorizer>);

impl Door {
    async fn of(world: &World) -> Self {
        Self(AuthorizerService::start(&world.setup_of("authorizer")).await.unwrap())
    }

    async fn answer(&self, event: Value) -> Value {
        serde_json::to_value(self.0.call(event).await.unwrap()).unwrap()
    }

    async fn ask(&self, credential: &str) -> Value {
        self.answer(json!({ "version": "2.0", "type": "REQUEST", "identitySource": [credential] })).await
    }
}

/// A world whose authorizer lets logins through, too.
async fn world_with_logins() -> World {
    World::with([("AUTHORIZER_KINDS", "login,session,api-key,entity-token")]).await
}

fn refused() -> Value {
    json!({ "isAuthorized": false, "context": {} })
}

#[tokio::test]
async fn each_kind_passes_with_its_context() {
    let world = world_with_logins().await;
    let door = Door::of(&world).await;
    let (backend, session) = carols(&world).await;
    let entity = world.call::<EntityTokenCreate>(backend.entity_call("acme", "dave")).await.text("authenticationToken");
    let everything = r#"[{"scope":{},"permissions":["*"]}]"#;

    let login = door.ask(&format!("Bearer {}", backend.jwt)).await["context"].take();
    let session_id = login["sessionId"].clone();
    assert!(session_id.is_string());
    assert_eq!(
        login,
        json!({
            "kind": "login", "subject": backend.id, "username": "backend", "issuedBy": backend.id, "acl": everything, "customClaims": "{}",
            "sessionId": session_id, "expiresAt": login["expiresAt"],
        })
    );
    assert_eq!(
        door.ask(&backend.key).await,
        json!({
            "isAuthorized": true,
            "context": {
                "kind": "api-key", "subject": backend.id, "username": "backend", "issuedBy": backend.id, "acl": everything,
                "customClaims": "{}",
            },
        })
    );
    let context = door.ask(&session.text("token")).await["context"].take();
    assert_eq!((&context["kind"], &context["subject"], &context["sessionId"]), (&json!("session"), &json!("carol"), &session.body["id"]));
    assert_eq!((&context["issuedBy"], context.get("username")), (&json!(backend.id), None));
    assert_eq!(
        (&context["acl"], &context["customClaims"]),
        (&json!(r#"[{"scope":{},"permissions":["read"]}]"#), &json!(r#"{"tier":"gold"}"#))
    );
    let context = door.ask(&entity).await["context"].take();
    assert_eq!(
        (&context["kind"], &context["subject"], &context["entity"], &context["acl"]),
        (&json!("entity-token"), &json!("dave"), &json!("acme"), &json!("[]"))
    );
    assert_eq!((&context["issuedBy"], context.get("username")), (&json!(backend.id), None));
}

#[tokio::test]
async fn nothing_but_the_first_identity_source_decides() {
    let world = world_with_logins().await;
    let door = Door::of(&world).await;
    let alice = world.person("alice").await;
    let headers = json!({ "x-api-key": alice.key, "Authorization": alice.jwt });

    assert_eq!(door.answer(json!({ "identitySource": ["x"], "headers": headers })).await, refused());
    assert_eq!(door.answer(json!({ "identitySource": [], "headers": headers })).await, refused());
    assert_eq!(door.answer(json!({ "identitySource": ["x", alice.key], "headers": headers })).await, refused());
    assert_eq!(door.answer(json!({ "identitySource": null, "headers": headers })).await["isAuthorized"], true, "no source, no cache");
}

#[tokio::test]
async fn without_an_identity_source_the_first_header_that_carries_anything_decides() {
    let world = world_with_logins().await;
    let door = Door::of(&world).await;
    let alice = world.person("alice").await;
    let bob = world.person("bob").await;
    let ask = async |headers: Value| door.answer(json!({ "headers": headers })).await;

    let both = ask(json!({ "X-Api-Key": alice.key, "Authorization": format!("Bearer {}", bob.jwt) })).await;
    assert_eq!(both["context"]["subject"], json!(bob.id));
    for wrong in ["x", "B\u{e9}arer", "a\u{1}b", &alice.key.replace("lkapi_", "lkapi_1")] {
        assert_eq!(ask(json!({ "x-api-key": alice.key, "authorization": wrong })).await, refused(), "{wrong:?}");
    }
    assert_eq!(ask(json!({ "x-api-key": alice.key, "authorization": " " })).await["isAuthorized"], true, "it carries nothing");
}

#[tokio::test]
async fn whatever_an_event_holds_it_is_refused_and_never_an_error() {
    let world = World::new().await;
    let door = Door::of(&world).await;
    let backend = world.person_with("backend", Acl::everything()).await;
    let once = world.one_time_token(&backend.key, json!({ "customerId": "carol" })).await.text("token");
    world.spy.take();

    for event in [
        Value::Null,
        json!([]),
        json!("x"),
        json!({}),
        json!({ "headers": 1 }),
        json!({ "identitySource": 7 }),
        json!({ "identitySource": [null] }),
        json!({ "identitySource": ["Bearer"] }),
        json!({ "identitySource": ["\u{0}\u{fffd}"] }),
        json!({ "identitySource": ["lkent_".repeat(9000)] }),
        json!({ "headers": { "Authorization": ["x"] } }),
    ] {
        assert_eq!(door.answer(event.clone()).await, refused(), "{event}");
    }
    assert_eq!(world.spy.take().actions, [""; 0], "nothing is read for what is forged");
    assert_eq!(door.ask(&once).await, refused(), "a one-time token is there to be exchanged");
}

#[tokio::test]
async fn a_login_is_let_through_only_where_a_setting_says_so() {
    let (world, permissive) = (World::new().await, world_with_logins().await);
    let (alice, bob) = (world.person("alice").await, permissive.person("bob").await);
    let (door, permissive) = (Door::of(&world).await, Door::of(&permissive).await);
    world.spy.take();

    assert_eq!(door.ask(&alice.jwt).await, refused(), "an API that receives a login could use it here");
    assert_eq!(world.spy.take().actions, [""; 0]);
    assert_eq!(door.ask(&alice.key).await["isAuthorized"], true);
    assert_eq!(permissive.ask(&bob.jwt).await["context"]["kind"], "login");
}

#[tokio::test]
async fn the_setting_names_every_kind_that_passes() {
    let world = World::with([("AUTHORIZER_KINDS", "entity-token")]).await;
    let (backend, session) = carols(&world).await;
    let entity = world.call::<EntityTokenCreate>(backend.entity_call("acme", &backend.id)).await.text("authenticationToken");
    let door = Door::of(&world).await;

    for credential in [&backend.key, &backend.jwt, &session.text("token")] {
        assert_eq!(door.ask(credential).await, refused());
    }
    assert_eq!(door.ask(&entity).await["isAuthorized"], true);
    for wrong in ["logins", "Login", "login;session", "login, session", "login,", ",", "one-time-token", "session,one-time-token"] {
        let world = World::with([("AUTHORIZER_KINDS", wrong)]).await;
        let refusal = AuthorizerService::<Authorizer>::start(&world.setup_of("authorizer")).await.err().map(|error| error.to_string());
        assert!(refusal.as_ref().is_some_and(|text| text.starts_with("AUTHORIZER_KINDS must be ")), "{wrong}: {refusal:?}");
    }
}

#[tokio::test]
async fn a_revoked_credential_is_refused_when_asked() {
    let world = world_with_logins().await;
    let door = Door::of(&world).await;
    let alice = world.person("alice").await;
    assert_eq!(door.ask(&alice.jwt).await["isAuthorized"], true);
    world.call::<UserLogout>(Call::new().bearer(&alice.jwt)).await;
    assert_eq!(door.ask(&alice.jwt).await, refused());
    assert_eq!(door.ask(&alice.key).await["isAuthorized"], true);

    world.set_user(&alice, "SET disabled_at = :v", 1).await;

    assert_eq!(door.ask(&alice.key).await, refused());
}

#[tokio::test]
async fn tables_that_do_not_answer_are_an_error_and_no_refusal_that_is_cached() {
    let world = World::new().await;
    let door = Door::of(&world).await;
    let alice = world.person("alice").await;
    world.spy.refuse_next(100, 400, &json!({ "__type": "com.amazonaws.dynamodb.v20120810#ThrottlingException" }));

    assert_eq!(door.0.call(json!({ "identitySource": [alice.key] })).await, Err("the authorizer cannot tell now"));
}

#[tokio::test]
async fn the_sample_answers_what_the_authorizer_said_and_401_without_one() {
    let world = World::new().await;

    let reply = world.call::<AuthorizerSample>(Call::new()).await;

    assert_eq!((reply.status, reply.code()), (401, "missing-credentials"));
}

#[tokio::test]
async fn it_costs_what_docs_costs_says() {
    let world = world_with_logins().await;
    let door = Door::of(&world).await;
    let (backend, session) = carols(&world).await;
    let entity = world.call::<EntityTokenCreate>(backend.entity_call("acme", &backend.id)).await.text("authenticationToken");

    for (case, credential) in
        [("a login", &backend.jwt), ("a session", &session.text("token")), ("an API key", &backend.key), ("an entity token", &entity)]
    {
        world.spy.take();
        assert_eq!(door.ask(credential).await["isAuthorized"], true, "{case}");
        let traffic = world.spy.take();
        assert_eq!(traffic.rounds.len(), 1, "{case}: {traffic:?}");
        measured_costs::write_down("authorizer", case, &traffic);
    }
    world.measure::<AuthorizerSample>("", Call::new(), 401, 0).await;
}

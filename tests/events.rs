//! Audit events: what is told, about whom, and that no secret is.

use latchkey::audit::Act;
use latchkey::domain::Acl;
use latchkey::runtime::Events;
use serde_json::{Value, json};

use crate::house::{Call, World, root};
use crate::operations::{
    AuthenticationTokenExchange, AuthheaderDelete, AuthheaderList, EntityTokenCreate, EntityTokenRefresh, UserLogin, UserLogout,
};

fn names(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["event"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn logins_that_succeed_are_refused_and_are_throttled_are_told() {
    let world = World::with([("LOGIN_ATTEMPTS", "4"), ("METRICS_NAMESPACE", "Latchkey"), ("STAGE", "test")]).await;
    let alice = world.person("alice").await;
    let first = world.told().remove(0);
    assert_eq!((&first["event"], &first["subject"]), (&json!("login.succeeded"), &json!(alice.id)));
    assert_eq!((&first["request_id"], &first["source_ip"]), (&json!("request-1"), &json!("127.0.0.1")));
    assert_eq!((&first["LoginSucceeded"], &first["Stage"]), (&json!(1), &json!("test")));

    for _ in 0..4 {
        world.login("alice", "secret guess").await;
    }
    world.login("a password in the wrong field", "x").await;

    let events = world.told();
    assert_eq!(names(&events), ["login.refused", "login.refused", "login.refused", "login.throttled", "login.refused"]);
    assert_eq!((&events[0]["subject"], &events[0]["reason"]), (&json!(alice.id), &json!("wrong password")));
    assert_eq!((events[4].get("subject"), &events[4]["reason"]), (None, &json!("unknown name")));
    let text = format!("{events:?}");
    assert!(!text.contains("guess") && !text.contains("wrong field") && !text.contains("alice"), "{text}");
}

#[tokio::test]
async fn the_life_of_each_credential_is_told_without_the_credential() {
    let world = World::new().await;
    let alice = world.person_with("alice", Acl::everything()).await;
    world.told();

    let token = world.one_time_token(&alice.key, json!({ "customerId": "carol" })).await.text("token");
    let session = world.call::<AuthenticationTokenExchange>(Call::new().path("token", &token)).await;
    let entity = world.call::<EntityTokenCreate>(alice.entity_call("acme", &alice.id)).await.text("authenticationToken");
    world.call::<EntityTokenRefresh>(alice.entity_call("acme", &alice.id)).await;
    world.pass(31);
    world.call::<EntityTokenRefresh>(alice.entity_call("acme", &alice.id).json(json!({ "authenticationToken": entity }))).await;
    world.call::<AuthheaderDelete>(Call::new().bearer(&alice.jwt).json(json!({ "text": alice.key }))).await;
    world.call::<UserLogout>(Call::new().bearer(&alice.jwt)).await;
    world.call::<AuthheaderList>(Call::new().bearer(&alice.jwt)).await;

    let events = world.told();
    assert_eq!(
        names(&events),
        [
            "one-time-token.created",
            "one-time-token.exchanged",
            "entity-token.created",
            "entity-token.refreshed",
            "entity-token.reused",
            "api-key.deleted",
            "session.ended",
            "credentials.refused",
        ]
    );
    assert_eq!((&events[0]["subject"], &events[0]["actor"]), (&json!("carol"), &json!(alice.id)));
    assert_eq!((&events[4]["entity"], &events[4]["actor"]), (&json!("acme"), &json!(alice.id)));
    let text = format!("{events:?}");
    for secret in [&token, &session.text("token"), &session.text("id"), &entity, &alice.jwt, &alice.key] {
        assert!(!text.contains(secret.as_str()), "{secret}");
    }
}

#[tokio::test]
async fn failures_are_counted_under_the_release_that_is_being_rolled_out() {
    let failures = async |variables: &[(&str, &str)]| {
        let mut world = World::new().await;
        world.setup.environment.extend(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        world.setup.events = Events::new(&world.setup.environment).keep();
        world.spy.refuse_next(1, 400, &json!({ "__type": "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException" }));
        let login = Call::new().json(json!({ "username": "alice", "password": "x" }));
        assert_eq!(world.call::<UserLogin>(login).await.status, 503);
        world.told()
    };

    let counted = failures(&[("METRICS_NAMESPACE", "Latchkey"), ("STAGE", "test"), ("RELEASE", "20300115T103042Z")]).await;
    let [line] = counted.try_into().unwrap();
    assert_eq!((&line["Failures"], &line["Stage"], &line["Release"]), (&json!(1), &json!("test"), &json!("20300115T103042Z")));
    assert_eq!(line["_aws"]["CloudWatchMetrics"][0]["Dimensions"], json!([["Stage", "Release"]]));

    assert_eq!(failures(&[("METRICS_NAMESPACE", "Latchkey")]).await, Vec::<Value>::new());
    assert_eq!(failures(&[("RELEASE", "20300115T103042Z")]).await, Vec::<Value>::new());
}

#[test]
fn every_act_is_documented() {
    let docs = std::fs::read_to_string(root().join("docs/events.md")).unwrap();

    for act in Act::ALL {
        assert!(docs.contains(&format!("`{}`", act.name())), "{}", act.name());
    }
}

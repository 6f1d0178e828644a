//! New passwords are looked up among those known from breaches, where a service is named that knows them.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::response::Response;
use axum::routing::any;
use futures_util::stream;
use latchkey::domain::Acl;
use latchkey::runtime::ConfigError;
use serde_json::{Value, json};

use crate::house::{Call, Person, Reply, World, serve};
use crate::operations::{UserForgotPassword, UserPassword, UserResetPassword, UserSignUpConfirm, UsersCreate};

/// Its SHA-1 is `C351F115B9DABBB5ED1AE04C0BBEAFE512EDC97A`.
const NEW: &str = "maroon kettle on the third shelf";
const PREFIX: &str = "C351F";
const SUFFIX: &str = "115B9DABBB5ED1AE04C0BBEAFE512EDC97A";
const OTHER: &str = "0018A45C4D1DEF81644B54AB7F969B88D65";

/// A range API that answers everything with `status` and `body`, and what it was asked: the paths, and whether for padding.
struct Range {
    url: String,
    asked: Arc<Mutex<Vec<(String, bool)>>>,
}

impl Range {
    async fn answering(status: u16, body: String) -> Self {
        Self::made_of(move || Response::builder().status(status).body(Body::from(body.clone())).unwrap()).await
    }

    async fn made_of(answer: impl Fn() -> Response + Clone + Send + Sync + 'static) -> Self {
        let asked: Arc<Mutex<Vec<_>>> = Arc::default();
        let seen = asked.clone();
        let handler = any(move |request: Request| async move {
            let is_padded = request.headers().get("add-padding").is_some_and(|value| value == "true");
            seen.lock().unwrap().push((request.uri().to_string(), is_padded));
            answer()
        });
        Self { url: format!("{}/range", serve(handler).await), asked }
    }

    fn asked(&self) -> Vec<(String, bool)> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }
}

/// What a range API answers that has seen `suffix` so often.
fn listing(suffix: &str, count: u32) -> String {
    format!("{OTHER}:2\r\n{suffix}:{count}\r\n{}:0\r\n", "F".repeat(35))
}

async fn world_at(url: &str) -> World {
    World::with([("BREACHED_PASSWORDS_URL", url)]).await
}

async fn change(world: &World, person: &Person, old: &str) -> Reply {
    let body = json!({ "username": person.name, "old": old, "new": NEW, "confirm": NEW });
    world.call::<UserPassword>(Call::new().json(body)).await
}

/// The reasons for which passwords were not looked up.
fn failures(world: &World) -> Vec<String> {
    let events = world.told().into_iter().filter(|event| event["event"] == "password.breach-check-failed");
    events.map(|event| event["reason"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_breached_password_is_refused_wherever_one_is_set() {
    let range = Range::answering(200, listing(SUFFIX, 3)).await;
    let world = world_at(&range.url).await;
    let (root, alice) = (world.person_with("root", Acl::everything()).await, world.person("alice").await);
    world.call::<UserForgotPassword>(Call::new().json(json!({ "username": "alice" }))).await;
    let reset = world.mailed_token("reset").await;
    let sign_up = world.sign_up_token("carol@example.com").await;

    let replies = [
        ("new", change(&world, &alice, &alice.password).await),
        ("new", world.call::<UserResetPassword>(Call::new().json(json!({ "token": reset, "new": NEW, "confirm": NEW }))).await),
        ("password", world.call::<UserSignUpConfirm>(Call::new().json(json!({ "token": sign_up, "password": NEW }))).await),
        ("password", world.call::<UsersCreate>(Call::new().bearer(&root.jwt).json(json!({ "username": "bob", "password": NEW }))).await),
    ];

    for (field, reply) in replies {
        let message = "must not be a password that is known from a breach";
        assert_eq!((reply.status, reply.code()), (422, "invalid-fields"), "{:?}", reply.body);
        assert_eq!(reply.body["invalidFields"], json!([{ "field": field, "message": message }]));
    }
    assert_eq!(range.asked(), vec![(format!("/range/{PREFIX}"), true); 4], "five digits and nothing else");
    assert_eq!(world.login("alice", &alice.password).await.status, 200, "nothing has changed");
    assert_eq!(failures(&world), Vec::<String>::new());
}

#[tokio::test]
async fn any_other_password_and_one_that_pads_the_answer_is_set() {
    for body in [listing(OTHER, 5), listing(SUFFIX, 0), String::new()] {
        let range = Range::answering(200, body.clone()).await;
        let world = world_at(&format!("{}/", range.url)).await;
        let alice = world.person("alice").await;

        assert_eq!(change(&world, &alice, &alice.password).await.status, 200, "{body}");

        assert_eq!((range.asked().len(), failures(&world)), (1, vec![]), "{body}");
        assert_eq!(world.login("alice", NEW).await.status, 200);
    }
}

#[tokio::test]
async fn a_service_that_does_not_answer_as_it_should_is_told_and_stops_nobody() {
    let long = format!("{OTHER}:1\n").repeat(8000);
    for (status, body, reason) in [
        (500, listing(SUFFIX, 3), "another status than 200"),
        (204, String::new(), "another status than 200"),
        (302, String::new(), "another status than 200"),
        (429, String::new(), "another status than 200"),
        (200, "<html>".to_owned(), "an answer of another form"),
        (200, format!("{}{{}}", listing(SUFFIX, 3)), "an answer of another form"),
        (200, long, "an answer too long"),
    ] {
        let range = Range::answering(status, body).await;
        let world = world_at(&range.url).await;
        let alice = world.person("alice").await;

        assert_eq!(change(&world, &alice, &alice.password).await.status, 200, "{status} {reason}");

        assert_eq!(failures(&world), [reason], "{status}");
    }
}

#[tokio::test]
async fn a_service_that_is_slow_costs_a_second() {
    let never = || Response::new(Body::from_stream(stream::pending::<Result<Bytes, std::io::Error>>()));
    let range = Range::made_of(never).await;
    let world = world_at(&range.url).await;
    let alice = world.person("alice").await;

    let begun = std::time::Instant::now();
    assert_eq!(change(&world, &alice, &alice.password).await.status, 200);

    assert!(begun.elapsed() >= Duration::from_secs(1));
    assert_eq!(failures(&world), ["no answer in time"]);
}

#[tokio::test]
async fn a_service_that_is_not_there_stops_nobody_and_no_event_has_its_url() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/secret-path", listener.local_addr().unwrap());
    drop(listener);
    let world = world_at(&url).await;
    let alice = world.person("alice").await;

    assert_eq!(change(&world, &alice, &alice.password).await.status, 200);

    let events = world.told();
    let failed: Vec<&Value> = events.iter().filter(|event| event["event"] == "password.breach-check-failed").collect();
    assert_eq!((failed.len(), &failed[0]["reason"]), (1, &json!("unreachable")));
    assert!(!format!("{events:?}").contains("secret-path"));
}

#[tokio::test]
async fn nothing_is_looked_up_for_a_caller_who_is_not_proven_or_a_password_that_is_weak() {
    let range = Range::answering(200, listing(SUFFIX, 3)).await;
    let world = world_at(&range.url).await;
    let alice = world.person("alice").await;

    assert_eq!(change(&world, &alice, "wrong").await.status, 401);
    let reset = json!({ "token": "lkrst_forged", "new": NEW, "confirm": NEW });
    assert_eq!(world.call::<UserResetPassword>(Call::new().json(reset)).await.status, 404);
    let sign_up = json!({ "token": "lksgn_forged", "password": NEW });
    assert_eq!(world.call::<UserSignUpConfirm>(Call::new().json(sign_up)).await.status, 404);
    let by_alice = Call::new().bearer(&alice.jwt).json(json!({ "username": "bob", "password": NEW }));
    assert_eq!(world.call::<UsersCreate>(by_alice).await.status, 403);
    let weak = json!({ "username": "alice", "old": alice.password, "new": "password1", "confirm": "password1" });
    assert_eq!(world.call::<UserPassword>(Call::new().json(weak)).await.status, 422);

    assert_eq!(range.asked(), []);
}

#[tokio::test]
async fn the_form_of_a_password_is_that_in_which_it_is_hashed() {
    let range = Range::answering(200, listing("C93CEAC8FACD39B32E4E716C36250CF7404", 1)).await;
    let world = world_at(&range.url).await;
    let alice = world.person("alice").await;
    // In NFD. The SHA-1 of its NFC begins with 175B6.
    let new = "cre\u{300}me bru\u{302}le\u{301}e on the third shelf";
    let body = json!({ "username": "alice", "old": alice.password, "new": new, "confirm": new });

    assert_eq!(world.call::<UserPassword>(Call::new().json(body)).await.status, 422);

    assert_eq!(range.asked(), [("/range/175B6".to_owned(), true)]);
}

#[tokio::test]
async fn without_a_service_nothing_is_looked_up_and_a_wrong_url_starts_nothing() {
    let world = world_at("").await;
    assert!(world.setup.breached_passwords().is_ok());

    for url in [
        "http://api.pwnedpasswords.com/range",
        "api.pwnedpasswords.com",
        "ftp://127.0.0.1/",
        "https://api.pwnedpasswords.com/range?x",
        "https://api.pwnedpasswords.com/range#x",
    ] {
        let world = world_at(url).await;
        let error = world.setup.breached_passwords().unwrap_err();
        assert!(matches!(error, ConfigError::Invalid { name: "BREACHED_PASSWORDS_URL", .. }), "{url}");
        assert!(!error.to_string().contains("pwned"), "{error}");
    }
}

//! What a route behind the layer lets through, with a stand-in of Latchkey. The workspace's tests try the same with a running one.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::routing::{any, get};
use http::StatusCode;
use latchkey_client::axum::requires;
use latchkey_client::{Caller, InvalidRule, Kind, Latchkey, Rule};
use serde_json::{Value, json};
use tower_service::Service;

use super::stand_in::{StandIn, now, serve, tampered};

const PERMISSION: &str = "read-invoices";

/// The route `/{organization}`, which answers with the subject.
fn route(latchkey: &Latchkey, rule: Rule) -> Router {
    let handler = get(async |caller: Caller| caller.subject).route_layer(requires(latchkey, rule).unwrap());
    Router::new().route("/{organization}", handler)
}

fn reader() -> Rule {
    Rule::new().permission(PERMISSION).in_path("organization")
}

/// An answer's status, challenge and text.
async fn ask(router: &Router, organization: &str, credential: Option<&str>) -> (u16, Option<String>, String) {
    let mut request = Request::get(format!("/{organization}"));
    if let Some(credential) = credential {
        request = request.header("authorization", credential);
    }
    let response = router.clone().call(request.body(Body::empty()).unwrap()).await.unwrap();
    let challenge = response.headers().get("www-authenticate").map(|challenge| challenge.to_str().unwrap().to_owned());
    let status = response.status().as_u16();
    let text = to_bytes(response.into_body(), 10_000).await.unwrap();
    (status, challenge, String::from_utf8(text.to_vec()).unwrap())
}

async fn status(router: &Router, organization: &str, token: &str) -> u16 {
    ask(router, organization, Some(&format!("Bearer {token}"))).await.0
}

#[tokio::test]
async fn a_good_session_passes_with_and_without_bearer_and_its_caller_is_there() {
    let issuer = StandIn::start().await;
    let latchkey = Latchkey::new(&issuer.url).unwrap();
    let token = issuer.session();

    for router in [route(&latchkey, reader()), route(&latchkey, Rule::new())] {
        for credential in [token.clone(), format!("Bearer {token}"), format!("bearer {token}")] {
            let (status, _, text) = ask(&router, "acme", Some(&credential)).await;
            assert_eq!((status, text.as_str()), (200, "carol"));
        }
    }
}

#[tokio::test]
async fn no_token_is_401_and_so_is_a_bad_one() {
    let issuer = StandIn::start().await;
    let router = route(&Latchkey::new(&issuer.url).unwrap(), reader());
    let good = issuer.session();
    let claims = |claims| issuer.session_with("k1", json!({}), claims);
    let login = json!({ "token_use": "login", "aud": format!("{}#login", issuer.url) });

    for none in [None, Some(""), Some("Basic Y2Fyb2w6eA==")] {
        let (status, challenge, text) = ask(&router, "acme", none).await;
        assert_eq!((status, challenge.as_deref()), (401, Some("Bearer")), "{none:?}");
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), json!({ "title": "Unauthorized", "status": 401 }));
    }
    for (what, token) in [
        ("a forged one", tampered(&good)),
        ("a login", issuer.session_with("k1", json!({ "typ": "at+jwt" }), login)),
        ("an expired one", claims(json!({ "exp": now() - 1 }))),
        ("one for another audience", claims(json!({ "aud": "https://elsewhere.example" }))),
        ("one of an unknown key", issuer.session_with("k1", json!({ "kid": "other" }), json!({}))),
        ("none at all", "eyJ".to_owned()),
    ] {
        let (status, challenge, _) = ask(&router, "acme", Some(&format!("Bearer {token}"))).await;
        assert_eq!((status, challenge.as_deref()), (401, Some("Bearer error=\"invalid_token\"")), "{what}");
    }
}

#[tokio::test]
async fn another_organization_and_another_permission_are_403() {
    let issuer = StandIn::start().await;
    let latchkey = Latchkey::new(&issuer.url).unwrap();
    let token = issuer.session();
    let misnamed = Rule::new().permission(PERMISSION).in_path("organisation");

    assert_eq!(status(&route(&latchkey, reader()), "globex", &token).await, 403);
    assert_eq!(status(&route(&latchkey, Rule::new().permission("write-invoices").in_path("organization")), "acme", &token).await, 403);
    assert_eq!(status(&route(&latchkey, Rule::new().permission(PERMISSION)), "acme", &token).await, 403, "only somewhere");
    assert_eq!(status(&route(&latchkey, misnamed), "acme", &token).await, 403, "no such parameter");
    let (_, challenge, _) = ask(&route(&latchkey, reader()), "globex", Some(&token)).await;
    assert_eq!(challenge.as_deref(), Some("Bearer error=\"insufficient_scope\""));
}

/// A client of a Latchkey that says `said` of every credential.
async fn saying(said: Value) -> Latchkey {
    let url = serve(any(async move || said.to_string())).await;
    Latchkey::builder(&url).audience("here").api_key("lkapi_x").build().unwrap()
}

fn active(kind: &str, more: Value) -> Value {
    let acl = json!([{ "scope": {}, "permissions": [PERMISSION] }]);
    let mut said = json!({ "active": true, "kind": kind, "sub": "s", "iss": "i", "iat": 1, "acl": acl, "customClaims": {} });
    said.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    said
}

#[tokio::test]
async fn with_introspection_a_route_takes_the_kinds_that_it_names_for_its_audience() {
    let rule = || reader().kinds([Kind::Session, Kind::ApiKey]).introspect();

    for (said, wanted) in [
        (active("session", json!({ "aud": "here" })), 200),
        (active("api-key", json!({})), 200),
        (active("session", json!({ "aud": "elsewhere" })), 401),
        (active("session", json!({})), 401),
        (active("login", json!({ "aud": "here" })), 401),
        (active("one-time-token", json!({})), 401),
        (active("entity-token", json!({ "entity": "acme" })), 401),
        (active("a-later-kind", json!({})), 401),
        (json!({ "active": false }), 401),
    ] {
        assert_eq!(status(&route(&saying(said.clone()).await, rule()), "acme", "token").await, wanted, "{said}");
    }
}

#[tokio::test]
async fn an_entity_token_passes_for_its_own_entity_alone() {
    let rule = || Rule::new().kinds([Kind::EntityToken]).in_path("organization").introspect();
    let latchkey = saying(active("entity-token", json!({ "entity": "acme" }))).await;
    let nameless = saying(active("entity-token", json!({}))).await;

    assert_eq!(status(&route(&latchkey, rule()), "acme", "token").await, 200);
    assert_eq!(status(&route(&latchkey, rule()), "globex", "token").await, 403);
    let lost = Rule::new().kinds([Kind::EntityToken]).in_organization(|_| None).introspect();
    assert_eq!(status(&route(&latchkey, lost.clone()), "acme", "token").await, 403);
    assert_eq!(status(&route(&nameless, lost), "acme", "token").await, 403);
}

#[tokio::test]
async fn it_is_503_where_latchkey_does_not_answer_or_refuses_the_key_of_this_service() {
    let silent = Latchkey::builder("http://127.0.0.1:1").api_key("lkapi_x").retries(0).build().unwrap();
    let refusing = serve(any(async || StatusCode::UNAUTHORIZED)).await;
    let refusing = Latchkey::builder(&refusing).api_key("lkapi_x").build().unwrap();
    let issuer = StandIn::start().await;

    for router in [route(&silent, reader()), route(&silent, reader().introspect()), route(&refusing, reader().introspect())] {
        let (status, challenge, text) = ask(&router, "acme", Some(&issuer.session())).await;
        assert_eq!((status, challenge), (503, None));
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), json!({ "title": "Service Unavailable", "status": 503 }));
    }
}

#[tokio::test]
async fn a_handler_that_takes_a_caller_without_a_rule_is_never_called() {
    let router = Router::new().route("/{organization}", get(async |caller: Caller| caller.subject));

    assert_eq!(ask(&router, "acme", Some("Bearer eyJ")).await.0, 500);
}

#[test]
fn a_rule_that_would_let_through_more_than_it_says_is_refused() {
    let latchkey = Latchkey::builder("http://127.0.0.1:1").api_key("lkapi_x").build().unwrap();
    let keyless = Latchkey::new("http://127.0.0.1:1").unwrap();
    let entity = || Rule::new().kinds([Kind::EntityToken]).introspect();

    for (rule, why) in [
        (reader().kinds([Kind::ApiKey]), InvalidRule::NeedsIntrospection),
        (reader().kinds([]), InvalidRule::Kinds),
        (reader().kinds([Kind::Login]).introspect(), InvalidRule::Kinds),
        (reader().kinds([Kind::OneTimeToken]).introspect(), InvalidRule::Kinds),
        (reader().kinds([Kind::Other]).introspect(), InvalidRule::Kinds),
        (Rule::new().in_path("organization"), InvalidRule::NeedsPermission),
        (Rule::new().permission(""), InvalidRule::EmptyPermission),
        (entity(), InvalidRule::EntityTokens),
        (entity().kinds([Kind::Session, Kind::EntityToken]), InvalidRule::EntityTokens),
        (entity().permission(PERMISSION).in_path("organization"), InvalidRule::EntityTokens),
    ] {
        assert_eq!(requires(&latchkey, rule).unwrap_err(), why);
    }
    assert_eq!(requires(&keyless, reader().introspect()).unwrap_err(), InvalidRule::NeedsApiKey);
}

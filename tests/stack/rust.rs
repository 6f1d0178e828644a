//! The Rust client against a running Latchkey: what it says of each credential, and what a route behind its layer lets through.
//!
//! What a running one cannot make is tried in `clients/rust`: sessions that have expired, for example.

use std::time::Duration;

use axum::Router;
use axum::routing::get;
use latchkey_client::axum::requires;
use latchkey_client::{Algorithm, Caller, InvalidSession, Kind, Latchkey, Rule, VerifyError};
use serde_json::json;

use super::clients::Jwts;
use super::http::Client;
use super::site::Site;

const PERMISSION: &str = "read-invoices";

/// Credentials of a member, and sessions that it has made.
struct Credentials {
    login: String,
    key: String,
    reader: Session,
    writer: Session,
    entity: String,
    entity_token: String,
}

struct Session {
    id: String,
    jwt: String,
}

impl Session {
    async fn of_carol(site: &Site, key: &str, permission: &str) -> Self {
        let acl = json!([{ "scope": { "organizationId": ["acme"] }, "permissions": [permission] }]);
        let wish = json!({ "mode": "passwordless", "customerId": "carol", "acl": acl, "customClaims": { "plan": "gold" } });
        let token = site.http.post("/authentication-tokens", &[("apikey", key)], wish).await.text("token");
        let session = site.http.post(&format!("/authentication-tokens/{token}/exchange"), &[], json!({})).await;
        Self { id: session.text("id"), jwt: session.text("token") }
    }
}

/// The routes `/<rule>/{organization}`, which answer with the subject.
struct Routes(Client);

impl Routes {
    async fn of(latchkey: &Latchkey) -> Self {
        let reader = || Rule::new().permission(PERMISSION).in_path("organization");
        let asked = || reader().kinds([Kind::Session, Kind::ApiKey]);
        let rules = [
            ("keys", reader()),
            ("asked", asked().introspect()),
            ("cached", asked().introspect_cached(Duration::from_secs(60))),
            ("entity", Rule::new().in_path("organization").kinds([Kind::EntityToken]).introspect()),
            ("anyone", Rule::new()),
        ];
        let mut router = Router::new();
        for (name, rule) in rules {
            let handler = get(async |caller: Caller| caller.subject).route_layer(requires(latchkey, rule).unwrap());
            router = router.route(&format!("/{name}/{{organization}}"), handler);
        }
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self(Client::of_a_former_release(&url))
    }

    /// The status for `credential`, and the text or the challenge.
    async fn ask(&self, path: &str, credential: &str) -> (u16, String) {
        let response = self.0.send("GET", path, &[("authorization", credential)], "").await.unwrap();
        let challenge = response.headers.get("www-authenticate").map(|challenge| challenge.to_str().unwrap().to_owned());
        (response.status, challenge.unwrap_or_else(|| response.body.as_str().unwrap_or_default().to_owned()))
    }

    async fn status(&self, path: &str, credential: &str) -> u16 {
        self.ask(path, credential).await.0
    }
}

/// The tour of the client, and the table of what its layer refuses. Requests go to `url`, where somebody may watch them.
pub async fn the_client_passes(site: &Site, url: &str) {
    let member = site.member().await;
    let login = site.login(&member).await;
    let key = site.key(&login).await;
    let entity = format!("acme-{}", uuid::Uuid::new_v4());
    let credentials = Credentials {
        reader: Session::of_carol(site, &key, PERMISSION).await,
        writer: Session::of_carol(site, &key, "write-invoices").await,
        entity_token: site.entity_token(&member, &login, &key, &entity, json!({})).await,
        entity,
        login,
        key,
    };
    let latchkey = Latchkey::builder(url).issuer(&site.issuer).api_key(&credentials.key).build().unwrap();

    it_says_who_calls(&latchkey, &member.id, &credentials).await;
    what_is_good_passes(&latchkey, &member.id, &credentials).await;
    what_is_not_is_refused(&latchkey, &credentials).await;
    it_holds_to_its_audience_and_fails_closed(site, url, &credentials).await;
    a_revocation_is_seen_by_introspection(site, &latchkey, &credentials).await;
}

async fn it_says_who_calls(latchkey: &Latchkey, member: &str, credentials: &Credentials) {
    let Credentials { login, key, reader, entity, entity_token, .. } = credentials;
    let verified = latchkey.verify_session(&reader.jwt).await.unwrap();
    let mut asked = latchkey.introspect(&reader.jwt).await.unwrap().unwrap();

    assert_eq!((verified.kind, verified.subject.as_str(), verified.session_id.as_deref()), (Kind::Session, "carol", Some(&*reader.id)));
    assert_eq!(verified.claims["plan"], "gold");
    assert!(verified.can(PERMISSION, "acme") && !verified.can(PERMISSION, "globex") && !verified.can_everywhere(PERMISSION));
    assert_eq!(asked.issued_by.take().as_deref(), Some(member));
    assert_eq!(asked, verified, "both ways say the same");

    let asked = async |token: &str| latchkey.introspect(token).await.unwrap();
    let of_login = asked(login).await.unwrap();
    assert_eq!((of_login.kind, of_login.subject.as_str()), (Kind::Login, member));
    let of_key = asked(key).await.unwrap();
    assert_eq!((of_key.kind, of_key.subject.as_str(), of_key.key_id.map(|id| id.len())), (Kind::ApiKey, member, Some(22)));
    let of_entity = asked(entity_token).await.unwrap();
    assert_eq!((of_entity.kind, of_entity.entity.as_deref()), (Kind::EntityToken, Some(&**entity)));
    assert_eq!(asked(&tampered(&reader.jwt)).await, None);

    for (token, why) in [(login.as_str(), InvalidSession::NotASession), (key, InvalidSession::Malformed)] {
        let error = latchkey.verify_session(token).await.unwrap_err();
        assert!(matches!(error, VerifyError::InvalidSession(found) if found == why), "{error}");
    }
}

async fn what_is_good_passes(latchkey: &Latchkey, member: &str, credentials: &Credentials) {
    let routes = Routes::of(latchkey).await;
    let Credentials { key, reader: Session { jwt, .. }, entity, entity_token, .. } = credentials;

    for (path, credential, subject) in [
        ("/keys/acme", format!("Bearer {jwt}"), "carol"),
        ("/keys/acme", jwt.clone(), "carol"),
        ("/asked/acme", format!("bearer {jwt}"), "carol"),
        ("/asked/acme", format!("Bearer {key}"), member),
        ("/anyone/acme", format!("Bearer {jwt}"), "carol"),
        (&format!("/entity/{entity}"), format!("Bearer {entity_token}"), member),
    ] {
        assert_eq!(routes.ask(path, &credential).await, (200, subject.to_owned()), "{path}");
    }
}

async fn what_is_not_is_refused(latchkey: &Latchkey, credentials: &Credentials) {
    let routes = Routes::of(latchkey).await;
    let Credentials { login, key, reader: Session { jwt, .. }, writer, entity, entity_token, .. } = credentials;
    let invalid = (401, "Bearer error=\"invalid_token\"".to_owned());

    for path in ["/keys/acme", "/asked/acme", "/anyone/acme"] {
        for none in ["", "Bearer a b", "Basic Y2Fyb2w6eA=="] {
            assert_eq!(routes.ask(path, none).await, (401, "Bearer".to_owned()), "{path}: {none}");
        }
        for refused in [&tampered(jwt), login, &format!("{jwt}."), "eyJ", entity_token] {
            assert_eq!(routes.ask(path, &format!("Bearer {refused}")).await, invalid, "{path}: {refused}");
        }
    }
    assert_eq!(routes.ask("/keys/acme", key).await, invalid, "a kind that the route does not take");
    assert_eq!(routes.ask("/asked/acme", &tampered(key)).await, invalid);
    assert_eq!(routes.ask(&format!("/entity/{entity}"), jwt).await, invalid);
    for (path, credential) in [
        ("/keys/globex", jwt),
        ("/asked/globex", jwt),
        ("/keys/acme", &writer.jwt),
        ("/asked/acme", &writer.jwt),
        ("/entity/globex", entity_token),
    ] {
        assert_eq!(routes.ask(path, credential).await, (403, "Bearer error=\"insufficient_scope\"".to_owned()), "{path}");
    }
}

async fn it_holds_to_its_audience_and_fails_closed(site: &Site, url: &str, credentials: &Credentials) {
    let Credentials { key, reader: Session { jwt, .. }, .. } = credentials;
    let client = || Latchkey::builder(url).issuer(&site.issuer).api_key(key);
    let elsewhere = Routes::of(&client().audience("https://elsewhere.example").build().unwrap()).await;
    let refused = Routes::of(&client().api_key(tampered(key)).build().unwrap()).await;
    let silent = Latchkey::builder("http://127.0.0.1:1").issuer(&site.issuer).api_key(key).retries(0);
    let silent = Routes::of(&silent.build().unwrap()).await;

    assert_eq!(elsewhere.status("/keys/acme", jwt).await, 401);
    assert_eq!(elsewhere.status("/asked/acme", jwt).await, 401);
    assert_eq!(elsewhere.status("/asked/acme", key).await, 200);
    assert_eq!(refused.status("/asked/acme", jwt).await, 503);
    assert_eq!(silent.status("/keys/acme", jwt).await, 503);
    assert_eq!(silent.status("/asked/acme", jwt).await, 503);
}

/// Ends the reader's session.
async fn a_revocation_is_seen_by_introspection(site: &Site, latchkey: &Latchkey, credentials: &Credentials) {
    let routes = Routes::of(latchkey).await;
    let Credentials { key, reader: Session { id, jwt }, .. } = credentials;
    assert_eq!(routes.status("/cached/acme", jwt).await, 200);

    let ended = site.http.send("DELETE", &format!("/sessions/{id}"), &[("apikey", key)], "").await.unwrap();

    assert!(ended.status < 300, "{ended:?}");
    assert_eq!(routes.status("/keys/acme", jwt).await, 200, "until it expires");
    assert_eq!(routes.status("/cached/acme", jwt).await, 200, "until the answer is too old");
    assert_eq!(routes.status("/asked/acme", jwt).await, 401);
    assert_eq!(routes.status("/cached/acme", jwt).await, 401, "a bad answer replaces the good one");
}

/// Verifies sessions of one key after the other, as they were rotated.
pub async fn it_verifies_under_every_key(site: &Site, jwts: &[Jwts]) {
    let accepted = [Algorithm::Es256, Algorithm::Rs256, Algorithm::EdDsa];
    let latchkey = Latchkey::builder(&site.url).issuer(&site.issuer).algorithms(accepted).build().unwrap();

    for Jwts { algorithm, login, session } in jwts {
        latchkey.verify_session(session).await.unwrap_or_else(|error| panic!("{algorithm}: {error}"));
        let refused = latchkey.verify_session(login).await;
        assert!(matches!(refused, Err(VerifyError::InvalidSession(InvalidSession::NotASession))), "{algorithm}");
    }
}

/// The same text with one character changed.
fn tampered(text: &str) -> String {
    let at = text.len() - 10;
    let other = if text.as_bytes()[at] == b'A' { "B" } else { "A" };
    format!("{}{other}{}", &text[..at], &text[at + 1..])
}

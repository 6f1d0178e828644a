//! A second stack's route behind `authorizer`: right, wrong, expired and revoked credentials of each kind, through the gateway.

use futures_util::future::join;
use latchkey::credentials::{Algorithm, Issuer, LoginClaims, SessionClaims, SigningKeys, generate};
use latchkey::domain::{Clock, SystemClock, Timestamp};
use serde_json::{Value, json};

use super::http::Response;
use super::people::{Member, moment, tampered};
use super::revocation::revoked_ones_are_refused_at_once;
use super::running::Stack;

const ROUTE: &str = "/authorizer-sample";

/// The kind that the authorizer does not let through unless it is told to.
pub const NOT_LET_THROUGH: &str = "login";

/// One credential of each kind.
pub struct Credentials {
    pub member: Member,
    pub entity: String,
    pub login: String,
    pub session: Response,
    pub key: String,
    pub entity_token: String,
}

impl Credentials {
    pub async fn new(stack: &Stack) -> Self {
        let (member, entity) = (stack.member().await, format!("entity-{}", uuid::Uuid::new_v4()));
        let login = stack.login(&member).await;
        let key = stack.key(&login).await;
        let wish = json!({ "acl": read_invoices(), "customClaims": { "plan": "gold" } });
        let session = stack.session(&key, &format!("customer-{}", uuid::Uuid::new_v4()), wish).await;
        let entity_token = stack.entity_token(&member, &login, &key, &entity, json!({})).await;
        Self { member, entity, login, session, key, entity_token }
    }

    pub fn all(&self) -> [(&'static str, String); 4] {
        let texts = [self.login.clone(), self.session.text("token"), self.key.clone(), self.entity_token.clone()];
        let mut kinds = ["login", "session", "api-key", "entity-token"].into_iter();
        texts.map(|text| (kinds.next().unwrap(), text))
    }

    /// What a backend sends to act in the member's name.
    pub fn headers(&self) -> [(&'static str, &str); 3] {
        [("apikey", &self.key), ("userid", &self.member.id), ("token", &self.login)]
    }
}

fn read_invoices() -> Value {
    json!([{ "scope": { "organizationId": ["acme"] }, "permissions": ["read-invoices"] }])
}

pub async fn another_api_trusts_it(stack: &Stack) {
    let judge = stack.demo().await.key;
    let credentials = Credentials::new(stack).await;

    right_credentials_pass_with_their_context(stack, &credentials).await;
    wrong_ones_do_not(stack, &credentials).await;
    join(expired_ones_do_not(stack, &credentials, &judge), revoked_ones_are_refused_at_once(stack, &credentials, &judge)).await;
}

pub async fn present(stack: &Stack, credential: &str) -> Response {
    stack.http.send("GET", ROUTE, &[("authorization", credential)], "").await.unwrap()
}

pub async fn refused(stack: &Stack, what: &str, credential: &str) {
    let reply = present(stack, credential).await;
    assert_eq!((reply.status, &reply.body), (403, &json!({ "message": "Forbidden" })), "{what}");
}

async fn right_credentials_pass_with_their_context(stack: &Stack, right: &Credentials) {
    let everything = json!([{ "scope": {}, "permissions": ["*"] }]);
    let (id, name) = (&right.member.id, &right.member.name);
    let session = claims(&right.session.text("token"));
    let expiry = stack.http.send("GET", &right.member.entity_path(&right.entity), &right.headers(), "").await.unwrap().text("expiry");
    let expiry: Timestamp = expiry.parse().unwrap();
    let contexts = [
        json!({
            "kind": "session", "subject": right.session.body["customerId"], "issuedBy": id, "acl": read_invoices(),
            "customClaims": { "plan": "gold" }, "sessionId": right.session.body["id"], "expiresAt": session["exp"],
        }),
        json!({ "kind": "api-key", "subject": id, "username": name, "issuedBy": id, "acl": everything, "customClaims": {} }),
        json!({
            "kind": "entity-token", "subject": id, "username": name, "issuedBy": id, "entity": right.entity, "acl": [],
            "customClaims": {}, "expiresAt": expiry.unix(),
        }),
    ];
    let let_through = right.all().into_iter().filter(|(kind, _)| *kind != NOT_LET_THROUGH);
    for ((kind, credential), context) in let_through.zip(contexts) {
        for spelling in [credential.clone(), format!("Bearer {credential}")] {
            let mut reply = present(stack, &spelling).await;
            assert_eq!(reply.status, 200, "{kind}: {reply:?}");
            for member in ["acl", "customClaims"] {
                reply.body[member] = serde_json::from_str(reply.body[member].as_str().unwrap()).unwrap();
            }
            assert_eq!(reply.body, context, "{kind}");
        }
    }
}

async fn wrong_ones_do_not(stack: &Stack, right: &Credentials) {
    for headers in [&[][..], &[("authorization", "")], &[("x-api-key", right.key.as_str())]] {
        let reply = stack.http.send("GET", ROUTE, headers, "").await.unwrap();
        assert_eq!((reply.status, reply.body), (401, json!({ "message": "Unauthorized" })));
    }
    for (kind, credential) in right.all() {
        refused(stack, kind, &tampered(&credential)).await;
        refused(stack, kind, &format!("Basic {credential}")).await;
    }
    let foreign = SigningKeys::parse(&generate::signing_keys(Algorithm::ES256).unwrap()).unwrap();
    let later = SystemClock.now().plus(3600);
    let wrong = [
        ("garbage", "garbage".to_owned()),
        ("no text", "B\u{e9}arer \u{1f511}".to_owned()),
        ("a scheme alone", "Bearer".to_owned()),
        ("a login, which this API could use in its user's name", right.login.clone()),
        ("a one-time token", stack.one_time_token(&right.key, "carol").await.text("token")),
        ("a login of another stack", minted_login(stack, &foreign, &right.login, later)),
        ("a session of another stack", minted_session(stack, &foreign, &right.session.text("token"), later)),
    ];
    for (what, credential) in wrong {
        refused(stack, what, &credential).await;
    }

    // What API Gateway would keep under a credential must depend on that credential alone.
    let garbage = format!("garbage-{}", uuid::Uuid::new_v4());
    for header in ["x-api-key", "apikey", "reb-apikey", "x-authorization"] {
        let beside = [("authorization", garbage.as_str()), (header, right.key.as_str())];
        assert_eq!(stack.http.send("GET", ROUTE, &beside, "").await.unwrap().status, 403, "{header}");
        let beside = [("authorization", right.key.as_str()), (header, garbage.as_str())];
        assert_eq!(stack.http.send("GET", ROUTE, &beside, "").await.unwrap().status, 200, "{header}");
    }
}

async fn expired_ones_do_not(stack: &Stack, right: &Credentials, judge: &str) {
    let (ends, before) = (SystemClock.now().plus(2), SystemClock.now().plus(0));
    let entity = format!("entity-{}", uuid::Uuid::new_v4());
    let session = stack.session(&right.key, "carol", json!({ "expiredTime": ends.to_string() })).await.text("token");
    let token = stack.entity_token(&right.member, &right.login, &right.key, &entity, json!({ "expiry": ends.to_string() })).await;
    let keys = own_keys(stack);
    let expired = [
        ("a session", session),
        ("an entity token", token),
        ("a login's JWT", minted_login(stack, &keys, &right.login, before)),
        ("a session's JWT", minted_session(stack, &keys, &right.session.text("token"), before)),
    ];
    while SystemClock.now() < ends {
        moment().await;
    }
    for (what, credential) in expired {
        refused(stack, what, &credential).await;
        assert_eq!(stack.introspect(judge, &credential).await, json!({ "active": false }), "{what}");
    }
}

/// What a JWT says, unverified.
pub fn claims(jwt: &str) -> Value {
    use base64::Engine;
    let payload = jwt.split('.').nth(1).unwrap();
    serde_json::from_slice(&base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

fn own_keys(stack: &Stack) -> SigningKeys {
    SigningKeys::parse(&std::fs::read_to_string(stack.folder.join(".local/keys/signing.json")).unwrap()).unwrap()
}

fn issuer(stack: &Stack) -> Issuer {
    Issuer { url: stack.url.clone(), audience: stack.url.clone() }
}

/// The same login, signed by `keys` until `expires_at`.
fn minted_login(stack: &Stack, keys: &SigningKeys, jwt: &str, expires_at: Timestamp) -> String {
    let claims = LoginClaims::verify(jwt, &issuer(stack), own_keys(stack).verification(), SystemClock.now()).unwrap();
    LoginClaims { expires_at, ..claims }.mint(&issuer(stack), keys).unwrap().expose().to_owned()
}

/// The same session, signed by `keys` until `expires_at`.
fn minted_session(stack: &Stack, keys: &SigningKeys, jwt: &str, expires_at: Timestamp) -> String {
    let claims = SessionClaims::verify(jwt, &issuer(stack), own_keys(stack).verification(), SystemClock.now()).unwrap();
    SessionClaims { expires_at, ..claims }.mint(&issuer(stack), keys).unwrap().expose().to_owned()
}

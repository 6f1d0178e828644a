//! A credential that an operation does not take, or does not look for in that header: the 401 says what it takes and
//! where, by the form of what was sent alone, and nothing is read.

use latchkey::domain::Acl;
use latchkey::runtime::Start;
use serde_json::json;

use crate::house::{Call, Person, Reply, World};
use crate::operations::{
    AuthenticationTokenCreate, AuthenticationTokenExchange, AuthheaderAdd, AuthheaderDelete, AuthheaderList, EntityTokenCreate,
    EntityTokenDelete, EntityTokenGet, EntityTokenRefresh, EntityTokenUpdate, Introspect, SessionDelete, SessionGet, UserEmail, UserLogout,
    UserRenew, UserSessionsEnd, UserSessionsList, UsersCreate, UsersDelete, UsersGet, UsersInvite, UsersList, UsersUpdate,
};

const LOGIN: &str = "This operation takes a login JWT in the header Authorization.";
const CALLER: &str = "This operation takes an API key in the header apikey, or a login JWT in the header Authorization.";
const SESSION: &str = "This operation takes a session JWT or a login JWT in the header Authorization, or an API key in the header apikey.";
const ENTITY_API_KEY: &str = "This operation takes an API key in the header apikey.";
const ENTITY_LOGIN: &str = "This operation takes the login JWT of the acting user in the header token.";
const ENTITY_USER_ID: &str = "This operation takes the id of the acting user in the header userid.";

/// A text and the header that it is sent in.
type Sent<'a> = (&'static str, &'a str);

/// Good credentials of every kind.
struct Credentials {
    backend: Person,
    session: Reply,
    entity_token: String,
    one_time_token: String,
}

impl Credentials {
    async fn new(world: &World) -> Self {
        let backend = world.person_with("backend", Acl::everything()).await;
        let token = || world.one_time_token(&backend.key, json!({ "customerId": "carol" }));
        let exchange = Call::new().path("token", token().await.text("token"));
        let session = world.call::<AuthenticationTokenExchange>(exchange).await;
        let entity_token = world.call::<EntityTokenCreate>(backend.entity_call("acme", "dave")).await.text("authenticationToken");
        let one_time_token = token().await.text("token");
        Self { backend, session, entity_token, one_time_token }
    }

    /// Everything that no operation takes in `Authorization`, and JWTs where API keys stand.
    fn misplaced(&self) -> Vec<Sent<'_>> {
        vec![
            ("authorization", &self.backend.key),
            ("token", &self.backend.key),
            ("authorization", "lkapi_forged"),
            ("authorization", &self.entity_token),
            ("authorization", &self.one_time_token),
            ("apikey", &self.backend.jwt),
            ("x-api-key", &self.entity_token),
        ]
    }
}

async fn refused<O: Start>(world: &World, call: &Call, sent: &[Sent<'_>], code: &str, detail: &str) {
    world.spy.take();
    for (header, text) in sent {
        for text in [(*text).to_owned(), format!("Bearer {text}")] {
            // An API key header knows no schemes.
            if text.starts_with("Bearer") && !["authorization", "token"].contains(header) {
                continue;
            }
            let reply = world.call::<O>(call.clone().header(header, &text).perhaps_undocumented()).await;
            assert_eq!((reply.status, reply.code()), (401, code), "{} {header}: {text}", O::NAME);
            assert_eq!(reply.body["detail"], detail, "{} {header}: {text}", O::NAME);
        }
    }
    assert_eq!(world.spy.take().actions, [""; 0], "{}", O::NAME);
}

async fn unsuitable<O: Start>(world: &World, call: &Call, sent: &[Sent<'_>], detail: &str) {
    refused::<O>(world, call, sent, "invalid-credentials", detail).await;
}

async fn missing<O: Start>(world: &World, call: &Call, detail: &str) {
    refused::<O>(world, call, &[("x-unknown", "x"), ("authorization", ""), ("apikey", " ")], "missing-credentials", detail).await;
}

#[tokio::test]
async fn an_operation_that_takes_a_login_says_so() {
    let world = World::new().await;
    let credentials = Credentials::new(&world).await;
    let session = credentials.session.text("token");
    let mut sent = credentials.misplaced();
    sent.extend([("authorization", session.as_str()), ("apikey", &credentials.backend.key), ("x-authorization", "anything")]);
    let named = Call::new().json(json!({ "name": "x" }));
    let restricted = Call::new().json(json!({ "name": "x", "acl": [] }));
    let text = Call::new().json(json!({ "text": credentials.backend.key }));

    unsuitable::<UserRenew>(&world, &Call::new(), &sent, LOGIN).await;
    unsuitable::<UserLogout>(&world, &Call::new(), &sent, LOGIN).await;
    unsuitable::<AuthheaderList>(&world, &Call::new(), &sent, LOGIN).await;
    unsuitable::<UserSessionsList>(&world, &Call::new(), &sent, LOGIN).await;
    unsuitable::<UserSessionsEnd>(&world, &Call::new(), &sent, LOGIN).await;
    let email = Call::new().json(json!({ "email": "new@example.com", "password": "x" }));
    unsuitable::<UserEmail>(&world, &email, &sent, LOGIN).await;
    unsuitable::<AuthheaderAdd>(&world, &named, &sent, LOGIN).await;
    unsuitable::<AuthheaderAdd>(&world, &restricted, &sent, LOGIN).await;
    unsuitable::<AuthheaderDelete>(&world, &text, &sent, LOGIN).await;
    missing::<UserRenew>(&world, &Call::new(), LOGIN).await;
    missing::<UserLogout>(&world, &Call::new(), LOGIN).await;
    missing::<AuthheaderList>(&world, &Call::new(), LOGIN).await;
    missing::<UserSessionsList>(&world, &Call::new(), LOGIN).await;
    missing::<UserSessionsEnd>(&world, &Call::new(), LOGIN).await;
    missing::<UserEmail>(&world, &email, LOGIN).await;
    missing::<AuthheaderAdd>(&world, &named, LOGIN).await;
    missing::<AuthheaderDelete>(&world, &text, LOGIN).await;
}

#[tokio::test]
async fn an_operation_that_takes_an_api_key_or_a_login_says_so() {
    let world = World::new().await;
    let credentials = Credentials::new(&world).await;
    let session = credentials.session.text("token");
    let mut sent = credentials.misplaced();
    sent.extend([("authorization", session.as_str()), ("apikey", &session)]);
    let introspect = Call::new().body("token=x");
    let create = Call::new().json(json!({ "mode": "passwordless", "customerId": "carol" }));

    unsuitable::<Introspect>(&world, &introspect, &sent, CALLER).await;
    unsuitable::<AuthenticationTokenCreate>(&world, &create, &sent, CALLER).await;
    let user = Call::new().path("userId", &credentials.backend.id);
    let new = Call::new().json(json!({ "username": "carol" }));
    unsuitable::<UsersList>(&world, &Call::new(), &sent, CALLER).await;
    unsuitable::<UsersCreate>(&world, &new, &sent, CALLER).await;
    unsuitable::<UsersGet>(&world, &user, &sent, CALLER).await;
    unsuitable::<UsersUpdate>(&world, &user, &sent, CALLER).await;
    unsuitable::<UsersDelete>(&world, &user, &sent, CALLER).await;
    unsuitable::<UsersInvite>(&world, &user, &sent, CALLER).await;
    missing::<UsersList>(&world, &Call::new(), CALLER).await;
    missing::<UsersCreate>(&world, &new, CALLER).await;
    missing::<UsersGet>(&world, &user, CALLER).await;
    missing::<UsersUpdate>(&world, &user, CALLER).await;
    missing::<UsersDelete>(&world, &user, CALLER).await;
    missing::<UsersInvite>(&world, &user, CALLER).await;
    missing::<Introspect>(&world, &introspect, CALLER).await;
    missing::<AuthenticationTokenCreate>(&world, &create, CALLER).await;
}

#[tokio::test]
async fn an_operation_on_a_session_says_what_opens_one() {
    let world = World::new().await;
    let credentials = Credentials::new(&world).await;
    let call = Call::new().path("id", credentials.session.text("id"));

    unsuitable::<SessionGet>(&world, &call, &credentials.misplaced(), SESSION).await;
    unsuitable::<SessionDelete>(&world, &call, &credentials.misplaced(), SESSION).await;
    missing::<SessionGet>(&world, &call, SESSION).await;
    missing::<SessionDelete>(&world, &call, SESSION).await;
}

#[tokio::test]
async fn an_exchange_takes_a_misplaced_credential_for_no_missing_one() {
    let world = World::new().await;
    let credentials = Credentials::new(&world).await;
    let call = Call::new().path("token", &credentials.one_time_token);

    unsuitable::<AuthenticationTokenExchange>(&world, &call, &credentials.misplaced(), CALLER).await;

    assert_eq!(world.call::<AuthenticationTokenExchange>(call).await.status, 201, "it needs none");
}

async fn entity_operation<O: Start>(world: &World, credentials: &Credentials) {
    let Credentials { backend, entity_token, one_time_token, .. } = credentials;
    let session = credentials.session.text("token");
    let path = || Call::new().path("entityId", "acme").path("userId", &backend.id);
    let without_key = path().header("userid", &backend.id).header("token", &backend.jwt);
    let without_login = path().header("apikey", &backend.key).header("userid", &backend.id);
    let without_id = path().header("apikey", &backend.key).header("token", &backend.jwt);

    missing::<O>(world, &without_key, ENTITY_API_KEY).await;
    unsuitable::<O>(
        world,
        &without_key,
        &[
            ("authorization", &backend.key),
            ("token", &backend.key),
            ("authorization", "lkapi_forged"),
            ("apikey", &backend.jwt),
            ("apikey", entity_token),
            ("x-api-key", one_time_token),
        ],
        ENTITY_API_KEY,
    )
    .await;
    refused::<O>(world, &without_login, &[("x-unknown", "x"), ("token", " ")], "missing-credentials", ENTITY_LOGIN).await;
    unsuitable::<O>(
        world,
        &without_login,
        &[
            ("x-authorization", &backend.jwt),
            ("token", &backend.key),
            ("authorization", &backend.key),
            ("token", entity_token),
            ("token", &session),
        ],
        ENTITY_LOGIN,
    )
    .await;
    refused::<O>(world, &without_id, &[("x-unknown", "x"), ("userid", " ")], "missing-credentials", ENTITY_USER_ID).await;
}

#[tokio::test]
async fn an_operation_on_entity_tokens_names_the_header() {
    let world = World::new().await;
    let credentials = Credentials::new(&world).await;

    entity_operation::<EntityTokenGet>(&world, &credentials).await;
    entity_operation::<EntityTokenCreate>(&world, &credentials).await;
    entity_operation::<EntityTokenUpdate>(&world, &credentials).await;
    entity_operation::<EntityTokenRefresh>(&world, &credentials).await;
    entity_operation::<EntityTokenDelete>(&world, &credentials).await;
}

#[tokio::test]
async fn a_good_a_forged_and_a_revoked_credential_in_the_wrong_header_get_equal_answers() {
    let world = World::new().await;
    let credentials = Credentials::new(&world).await;
    let bob = world.person("bob").await;
    world.set_user(&bob, "SET disabled_at = :v", 1).await;
    let ask = async |header: &str, text: &str| {
        let introspect = world.call::<Introspect>(Call::new().header(header, text).body("token=x")).await;
        let renew = world.call::<UserRenew>(Call::new().header(header, text)).await;
        [introspect, renew]
    };

    let good = ask("authorization", &credentials.backend.key).await;
    assert_eq!(ask("authorization", &bob.key).await, good);
    assert_eq!(ask("authorization", &format!("{}x", bob.key)).await, good);
    let good = ask("apikey", &credentials.backend.jwt).await;
    assert_eq!(ask("apikey", &bob.jwt).await, good);
    assert_eq!(ask("apikey", &format!("{}x", bob.jwt)).await, good);
}

#[tokio::test]
async fn whatever_clients_leave_in_authorization_a_good_api_key_beside_it_counts() {
    let world = World::new().await;
    let credentials = Credentials::new(&world).await;
    let (backend, session) = (&credentials.backend, credentials.session.text("token"));

    for left in [session.as_str(), "publishable-key", "Basic dXNlcjpwdw==", "lkapi_forged", &credentials.one_time_token] {
        let beside = || Call::new().header("reb-apikey", &backend.key).bearer(left);
        let create = beside().json(json!({ "mode": "passwordless", "customerId": "carol" }));
        let entity = backend.entity_call("acme", "dave").bearer(left);

        let created = world.call::<AuthenticationTokenCreate>(create).await;
        let exchanged = world.call::<AuthenticationTokenExchange>(beside().path("token", created.text("token"))).await;
        let got = world.call::<SessionGet>(beside().path("id", exchanged.text("id"))).await;
        let asked = world.call::<Introspect>(beside().body("token=x")).await;
        let token = world.call::<EntityTokenGet>(entity).await;

        let statuses = [created, exchanged, got, asked, token].map(|reply| reply.status);
        assert_eq!(statuses, [201, 201, 200, 200, 200], "{left}");
    }
}

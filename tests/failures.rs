//! What every operation answers where the database fails it: 503 if that does not answer, 500 if a row makes no sense. Both have a fixed
//! text, and nothing of the cause.

use aws_sdk_dynamodb::types::AttributeValue;
use latchkey::credentials::{EmailToken, ResetToken, SignUpToken, TokenKeys};
use latchkey::domain::{Acl, Timestamp};
use latchkey::runtime::{Environment, Service, Setup, Start};
use serde_json::json;

use crate::house::{Call, Door, NOW, Person, World};
use crate::operations::{
    AuthenticationTokenCreate, AuthenticationTokenDelete, AuthenticationTokenExchange, AuthenticationTokenVerify, AuthheaderAdd,
    AuthheaderDelete, AuthheaderList, EntityTokenCreate, EntityTokenDelete, EntityTokenGet, EntityTokenRefresh, EntityTokenUpdate,
    Introspect, SessionDelete, SessionGet, UserEmail, UserEmailConfirm, UserForgotPassword, UserLogin, UserLogout, UserPassword, UserRenew,
    UserResetPassword, UserSessionsEnd, UserSessionsList, UserSignUp, UserSignUpConfirm, UsersCreate, UsersDelete, UsersGet, UsersInvite,
    UsersList, UsersUpdate,
};

/// More requests than any operation sends, with all repetitions.
const ALL: usize = 1_000_000;

#[tokio::test]
async fn the_type_of_a_problem_is_a_place_on_the_page_that_the_setting_names() {
    let page = "https://example.com/errors";
    let world = World::with([("PROBLEM_TYPES_URL", page)]).await;

    let refused = world.call::<UserRenew>(Call::new()).await;
    let at_a_place = Setup::new(with_problem_types("https://example.com/#errors", &world), world.setup.clock.clone(), None).unwrap();
    let elsewhere = Setup::new(with_problem_types("http://example.com/errors", &world), world.setup.clock.clone(), None).unwrap();

    assert_eq!((refused.status, refused.text("type")), (401, format!("{page}#missing-credentials")));
    for (setup, said) in [(at_a_place, "must have no fragment"), (elsewhere, "must be an https URL")] {
        let error = Service::<UserRenew>::start(&setup).await.err().unwrap();
        assert_eq!(error.to_string(), format!("PROBLEM_TYPES_URL {said}"));
    }
}

fn with_problem_types(url: &str, world: &World) -> Environment {
    let mut environment = world.setup.environment.clone();
    environment.extend([("PROBLEM_TYPES_URL".to_owned(), url.to_owned())]);
    environment
}

struct Failure<'w> {
    world: &'w World,
    status: i64,
    code: &'static str,
}

impl Failure<'_> {
    async fn of<O: Start>(&self, call: Call) {
        let reply = self.world.call::<O>(call).await;
        assert_eq!((reply.status, reply.code()), (self.status, self.code), "{}", O::NAME);
    }

    /// The operations that read a row.
    async fn of_readers(&self, alice: &Person, token: &str, session: &str) {
        let new = "maroon kettle on the third shelf";
        let by_login = || Call::new().bearer(&alice.jwt);
        let entity = || alice.entity_call("acme", &alice.id);
        let user = || by_login().path("userId", &alice.id);
        self.of::<UsersList>(by_login()).await;
        self.of::<UsersCreate>(by_login().json(json!({ "username": "carol" }))).await;
        self.of::<UsersGet>(user()).await;
        self.of::<UsersUpdate>(user().json(json!({ "lastName": "x" }))).await;
        self.of::<UsersDelete>(user()).await;
        self.of::<UsersInvite>(user()).await;
        self.of::<UserLogin>(Call::new().json(json!({ "username": "alice", "password": alice.password }))).await;
        self.of::<UserRenew>(by_login()).await;
        self.of::<UserSessionsList>(by_login()).await;
        self.of::<UserSessionsEnd>(by_login()).await;
        self.of::<UserEmail>(by_login().json(json!({ "email": "new@example.com", "password": alice.password }))).await;
        let keys = TokenKeys::parse(&std::fs::read_to_string(self.world.folder.join("token.json")).unwrap()).unwrap();
        let (user, address, expires_at) = (alice.id.parse().unwrap(), "alice@example.com".parse().unwrap(), Timestamp::from_unix(NOW + 60));
        let email = EmailToken { user, epoch: 0, address, expires_at };
        let reset = ResetToken { user, epoch: 0, address: email.address.place(), expires_at };
        let sign_up = SignUpToken { address: email.address.clone(), expires_at };
        let token_of_email = email.seal(&keys, keys.current()).unwrap();
        self.of::<UserEmailConfirm>(Call::new().json(json!({ "token": token_of_email.expose() }))).await;
        let token_of_reset = reset.seal(&keys, keys.current()).unwrap();
        let body = json!({ "token": token_of_reset.expose(), "new": new, "confirm": new });
        self.of::<UserResetPassword>(Call::new().json(body)).await;
        let token_of_sign_up = sign_up.seal(&keys, keys.current()).unwrap();
        self.of::<UserSignUpConfirm>(Call::new().json(json!({ "token": token_of_sign_up.expose(), "password": new }))).await;
        let change = json!({ "username": "alice", "old": alice.password, "new": new, "confirm": new });
        self.of::<UserPassword>(Call::new().json(change)).await;
        let restricted = json!({ "name": "x", "acl": [{ "scope": {}, "permissions": ["x"] }] });
        self.of::<AuthheaderAdd>(by_login().json(restricted)).await;
        self.of::<AuthheaderList>(by_login()).await;
        self.of::<EntityTokenGet>(entity()).await;
        self.of::<EntityTokenCreate>(entity()).await;
        self.of::<EntityTokenUpdate>(entity().json(json!({ "flags": ["x"] }))).await;
        self.of::<EntityTokenRefresh>(entity()).await;
        self.of::<EntityTokenDelete>(entity()).await;
        let passwordless = json!({ "mode": "passwordless", "customerId": "carol" });
        self.of::<AuthenticationTokenCreate>(Call::new().header("apikey", &alice.key).json(passwordless)).await;
        self.of::<AuthenticationTokenVerify>(Call::new().path("token", token)).await;
        self.of::<AuthenticationTokenExchange>(Call::new().path("token", token)).await;
        self.of::<SessionGet>(Call::new().header("apikey", &alice.key).path("id", session)).await;
        self.of::<SessionDelete>(Call::new().header("apikey", &alice.key).path("id", session)).await;
        self.of::<Introspect>(Call::new().header("apikey", &alice.key).body("token=lkapi_x")).await;
    }

    /// The operations that write on a condition and read nothing.
    async fn of_writers(&self, alice: &Person, token: &str) {
        for route in ["GET /user/logout", "POST /user/logout"] {
            self.of::<UserLogout>(Call::new().bearer(&alice.jwt).route(route)).await;
        }
        self.of::<UserForgotPassword>(Call::new().json(json!({ "username": "alice" }))).await;
        self.of::<UserSignUp>(Call::new().json(json!({ "email": "carol@example.com" }))).await;
        self.of::<AuthheaderDelete>(Call::new().bearer(&alice.jwt).json(json!({ "text": alice.key }))).await;
        self.of::<AuthenticationTokenDelete>(Call::new().path("token", token)).await;
    }
}

/// A world with Alice, a one-time token of hers, and the id of a session that was begun with another.
async fn inhabited() -> (World, Person, String, String) {
    let world = World::new().await;
    let alice = world.person_with("alice", Acl::everything()).await;
    world.call::<EntityTokenCreate>(alice.entity_call("acme", &alice.id)).await;
    let token = async || world.one_time_token(&alice.key, json!({ "customerId": "carol" })).await.text("token");
    let (token, spent) = (token().await, token().await);
    let session = world.call::<AuthenticationTokenExchange>(Call::new().path("token", spent)).await.text("id");
    (world, alice, token, session)
}

/// Leaves of every row its key and when it expires.
async fn corrupt_all_rows(world: &World) {
    for table in ["users", "tokens", "sessions"] {
        for mut row in world.rows(table).await {
            row.retain(|name, _| ["pk", "sk", "subject", "session_id", "expires_at"].contains(&name.as_str()));
            row.insert("odd".to_owned(), AttributeValue::Bool(true));
            world.dynamodb.put_item().table_name(format!("latchkey-{table}")).set_item(Some(row)).send().await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_database_that_does_not_answer_is_503() {
    let (world, alice, token, session) = inhabited().await;
    world.spy.refuse_next(ALL, 400, &json!({ "__type": "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException" }));
    let unavailable = Failure { world: &world, status: 503, code: "unavailable" };

    unavailable.of_readers(&alice, &token, &session).await;
    unavailable.of_writers(&alice, &token).await;
}

#[tokio::test]
async fn a_row_that_makes_no_sense_is_500() {
    let (world, alice, token, session) = inhabited().await;
    corrupt_all_rows(&world).await;

    Failure { world: &world, status: 500, code: "internal" }.of_readers(&alice, &token, &session).await;
}

#[tokio::test]
async fn keys_that_a_throttled_batch_left_unread_are_read_again_and_only_those() {
    let world = World::new().await;
    let alice = world.member("alice").await;
    world.call::<EntityTokenCreate>(alice.entity_call("acme", &alice.id)).await;
    let at_once = world.call::<EntityTokenGet>(alice.entity_call("acme", &alice.id)).await;
    let usual = world.spy.take();

    for times in 1..=5 {
        world.spy.leave_unread(times);
        let reply = world.call::<EntityTokenGet>(alice.entity_call("acme", &alice.id)).await;

        assert_eq!((reply.status, &reply.body), (200, &at_once.body), "{times}");
        let traffic = world.spy.take();
        assert_eq!(traffic.actions, vec!["BatchGetItem"; times + 1]);
        assert_eq!(traffic.units, usual.units, "a key was read twice");
    }
}

#[tokio::test]
async fn a_row_that_is_missing_stays_missing_when_others_were_left_unread() {
    let world = World::new().await;
    let alice = world.member("alice").await;

    world.spy.leave_unread(2);

    let reply = world.call::<EntityTokenGet>(alice.entity_call("acme", &alice.id)).await;
    assert_eq!((reply.status, reply.code()), (404, "token-not-found"));
}

#[tokio::test]
async fn keys_that_stay_unread_are_503_within_the_time_of_one_call() {
    let world = World::with([("AWS_CALL_TIMEOUT_SECONDS", "3")]).await;
    let alice = world.member("alice").await;
    let unread = json!({ "UnprocessedKeys": { "latchkey-users": { "Keys": [{ "pk": { "S": format!("id#{}", alice.id) } }] } } });
    let service = world.start::<EntityTokenGet>().await;
    world.spy.take();
    world.spy.refuse_next(ALL, 200, &unread);

    // Nothing but the service's own timers is waited for: the answers come from the spy.
    tokio::time::pause();
    let start = tokio::time::Instant::now();
    let reply = service.reply(alice.entity_call("acme", &alice.id)).await;

    assert_eq!((reply.status, reply.code()), (503, "unavailable"));
    assert_eq!(start.elapsed().as_secs(), 3);
    let requests = world.spy.take().actions.len();
    // Four delays add up to 750 ms at most, and every further one to a second at most.
    assert!(requests >= 6, "{requests}");
}

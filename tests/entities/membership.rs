//! Who is a member of an entity, and what that decides: who gets a token, and what `introspect` and the authorizer say of it.

use std::sync::Arc;

use futures_util::future::join_all;
use latchkey::domain::Acl;
use latchkey::runtime::{AuthorizerService, Service, Setup, Start};
use serde_json::{Value, json};

use crate::cli::wire::wire;
use crate::house::{Call, Door, Person, Reply, World, acl};
use crate::operations::{
    Authorizer, EntityTokenCreate, EntityTokenDelete, EntityTokenGet, EntityTokenRefresh, EntityTokenUpdate, Introspect,
};

/// What makes somebody a member of these entities, and permits nothing that this service knows.
fn membership(entities: &[&str]) -> Acl {
    acl(json!([{ "scope": { "organizationId": entities }, "permissions": ["read-invoices"] }]))
}

/// Somebody who may do everything in acme, and nothing elsewhere.
async fn administrator(world: &World, name: &str) -> Person {
    world.person_with(name, acl(json!([{ "scope": { "organizationId": ["acme"] }, "permissions": ["*"] }]))).await
}

async fn create(world: &World, caller: &Person, user: &str) -> Reply {
    world.call::<EntityTokenCreate>(caller.entity_call("acme", user)).await
}

/// The answers of all operations but creation, deletion last.
async fn others(world: &World, call: impl Fn() -> Call) -> [Reply; 4] {
    [
        world.call::<EntityTokenGet>(call()).await,
        world.call::<EntityTokenUpdate>(call().json(json!({ "flags": ["x"] }))).await,
        world.call::<EntityTokenRefresh>(call()).await,
        world.call::<EntityTokenDelete>(call()).await,
    ]
}

async fn introspect(world: &World, caller: &Person, token: &str) -> Value {
    let call = Call::new().header("content-type", "application/x-www-form-urlencoded").header("x-api-key", &caller.key);
    world.call::<Introspect>(call.body(format!("token={token}"))).await.body
}

/// The authorizer's context, if it lets the token pass.
async fn authorize(world: &World, token: &str) -> Option<Value> {
    let authorizer = AuthorizerService::<Authorizer>::start(&world.setup_of("authorizer")).await.unwrap();
    let answer = serde_json::to_value(authorizer.call(json!({ "identitySource": [token] })).await.unwrap()).unwrap();
    (answer["isAuthorized"] == true).then(|| answer["context"].clone())
}

/// Whether `introspect` and the authorizer take the token; they always agree.
async fn is_taken(world: &World, caller: &Person, token: &str) -> bool {
    let active = introspect(world, caller, token).await["active"] == true;
    assert_eq!(authorize(world, token).await.is_some(), active);
    active
}

fn token_rows(rows: &[std::collections::HashMap<String, aws_sdk_dynamodb::types::AttributeValue>]) -> usize {
    rows.iter().filter(|row| row.contains_key("entity_id")).count()
}

#[tokio::test]
async fn a_login_makes_itself_no_token_where_it_is_no_member() {
    let world = World::new().await;
    let mallory = world.person("mallory").await;

    for acl in [
        Acl::default(),
        membership(&["other"]),
        // A part of the entity, everything without a permission.
        acl(json!([{ "scope": { "organizationId": ["acme"], "productId": ["p"] }, "permissions": ["*"] }])),
        acl(json!([{ "scope": {}, "permissions": [] }])),
    ] {
        world.grant(&mallory, &acl).await;
        let made = create(&world, &mallory, &mallory.id).await;
        assert_eq!((made.status, made.code()), (403, "forbidden"), "{acl:?}");
        for reply in others(&world, || mallory.entity_call("acme", &mallory.id)).await {
            assert_eq!((reply.status, reply.code()), (403, "forbidden"), "{acl:?}");
        }
    }
    assert_eq!(token_rows(&world.rows("tokens").await), 0);

    world.grant(&mallory, &membership(&["other", "acme"])).await;
    assert_eq!(create(&world, &mallory, &mallory.id).await.status, 201);
}

#[tokio::test]
async fn who_administers_an_entity_makes_no_token_in_the_name_of_a_user_who_is_no_member() {
    let world = World::new().await;
    let admin = administrator(&world, "admin").await;
    let [bob, dora] = [world.person("bob").await, world.member("dora").await];
    let powerless = world.member("powerless").await;
    let without_permission = create(&world, &powerless, &bob.id).await;
    assert_eq!((without_permission.status, without_permission.code()), (403, "forbidden"));

    assert_eq!(create(&world, &admin, &bob.id).await, without_permission);
    world.grant(&bob, &membership(&["other"])).await;
    assert_eq!(create(&world, &admin, &bob.id).await, without_permission);
    world.set_user(&dora, "SET disabled_at = :v", 1).await;
    assert_eq!(create(&world, &admin, &dora.id).await, without_permission, "a disabled member");
    assert_eq!(token_rows(&world.rows("tokens").await), 0);

    world.grant(&bob, &membership(&["acme"])).await;
    assert_eq!(create(&world, &admin, &bob.id).await.status, 201);
}

/// Only creation must tell a user who is no member from an id of the caller's own.
#[tokio::test]
async fn a_user_who_is_no_member_and_an_id_that_nobody_has_are_the_same_404() {
    let world = World::new().await;
    let admin = administrator(&world, "admin").await;
    let bob = world.person("bob").await;
    let nobody = "0f8fad5b-d9cb-469f-a165-70867728950e";

    let of_nobody = others(&world, || admin.entity_call("acme", nobody)).await;
    let of_bob = others(&world, || admin.entity_call("acme", &bob.id)).await;

    assert!(of_nobody.iter().all(|reply| (reply.status, reply.code()) == (404, "token-not-found")));
    assert_eq!(of_bob, of_nobody);
    for user in [nobody, &bob.id] {
        world.call::<EntityTokenGet>(admin.entity_call("acme", user)).await;
        assert_eq!(world.spy.take().actions, ["BatchGetItem"], "the same work");
    }
}

#[tokio::test]
async fn a_users_id_in_another_spelling_is_nobodys() {
    let world = World::new().await;
    let admin = administrator(&world, "admin").await;
    let [bob, stranger] = [world.member("bob").await, world.person("stranger").await];
    for id in [&bob.id, &stranger.id, &admin.id] {
        for spelt in [id.to_uppercase(), id.replace('-', ""), format!("{{{id}}}"), format!("urn:uuid:{id}")] {
            assert_eq!(create(&world, &admin, &spelt).await.status, 403, "{spelt}");
            assert_eq!(world.call::<EntityTokenGet>(admin.entity_call("acme", &spelt)).await.status, 404, "{spelt}");
        }
    }
    let spelt = "0F8FAD5B-D9CB-469F-A165-70867728950E";
    assert_eq!(create(&world, &admin, spelt).await.status, 201, "nobody here has that id");
}

#[tokio::test]
async fn a_username_is_that_of_a_member_and_the_issuer_is_always_named() {
    let world = World::new().await;
    let admin = administrator(&world, "admin").await;
    let [alice, bob] = [world.member("alice").await, world.member("bob").await];
    let nobody = "0f8fad5b-d9cb-469f-a165-70867728950e".to_owned();

    for (issuer, subject, username) in
        [(&alice, &alice.id, Some("alice")), (&admin, &bob.id, Some("bob")), (&admin, &"carol".to_owned(), None), (&admin, &nobody, None)]
    {
        let token = create(&world, issuer, subject).await.text("authenticationToken");

        let said = introspect(&world, &alice, &token).await;
        let context = authorize(&world, &token).await.unwrap();

        for (said, subject_is) in [(&said, &said["sub"]), (&context, &context["subject"])] {
            assert_eq!((subject_is, &said["entity"], &said["kind"]), (&json!(subject), &json!("acme"), &json!("entity-token")));
            assert_eq!(said.get("username"), username.map(|name| json!(name)).as_ref(), "{subject}");
            assert_eq!(said["issuedBy"], json!(issuer.id), "{subject}");
        }
    }
}

#[tokio::test]
async fn a_withdrawn_membership_ends_the_token_at_the_next_call() {
    let world = World::new().await;
    let admin = administrator(&world, "admin").await;
    let bob = world.person_with("bob", membership(&["acme"])).await;
    let token = create(&world, &bob, &bob.id).await.text("authenticationToken");
    assert!(is_taken(&world, &admin, &token).await);

    world.grant(&bob, &membership(&["other"])).await;

    assert!(!is_taken(&world, &admin, &token).await);
    let of_admin = async |call: Call| world.call::<EntityTokenGet>(call).await.status;
    assert_eq!(of_admin(admin.entity_call("acme", &bob.id)).await, 404);
    assert_eq!(of_admin(bob.entity_call("acme", &bob.id)).await, 403);
    let refresh = admin.entity_call("acme", &bob.id).json(json!({ "authenticationToken": token }));
    assert_eq!(world.call::<EntityTokenRefresh>(refresh).await.status, 404);
    assert_eq!(world.call::<EntityTokenUpdate>(admin.entity_call("acme", &bob.id).json(json!({ "flags": [] }))).await.status, 404);

    world.grant(&bob, &membership(&["acme"])).await;
    assert!(is_taken(&world, &admin, &token).await, "it was withdrawn, and not deleted");
}

#[tokio::test]
async fn the_token_of_a_former_member_can_be_deleted_and_stays_dead() {
    let world = World::new().await;
    let admin = administrator(&world, "admin").await;
    let bob = world.person_with("bob", membership(&["acme"])).await;
    let token = create(&world, &bob, &bob.id).await.text("authenticationToken");
    world.grant(&bob, &Acl::default()).await;

    let deleted = world.call::<EntityTokenDelete>(admin.entity_call("acme", &bob.id)).await;
    let again = world.call::<EntityTokenDelete>(admin.entity_call("acme", &bob.id)).await;

    assert_eq!((deleted.status, again.status), (200, 404));
    world.grant(&bob, &membership(&["acme"])).await;
    assert!(!is_taken(&world, &admin, &token).await);
}

#[tokio::test]
async fn with_a_deleted_user_the_token_is_void_and_the_next_one_is_of_an_id_of_the_callers_own() {
    let world = World::new().await;
    let admin = administrator(&world, "admin").await;
    let bob = world.person_with("bob", membership(&["acme"])).await;
    let token = create(&world, &bob, &bob.id).await.text("authenticationToken");

    world.delete_user(&bob).await;

    assert!(!is_taken(&world, &admin, &token).await);
    assert_eq!(world.call::<EntityTokenGet>(admin.entity_call("acme", &bob.id)).await.status, 404);
    let next = create(&world, &admin, &bob.id).await;
    assert_eq!(next.status, 201);
    assert_eq!(introspect(&world, &admin, &next.text("authenticationToken")).await.get("username"), None);
    assert!(!is_taken(&world, &admin, &token).await);
}

/// A started `O`, before whose first `write` the membership of `bob` is withdrawn.
async fn overtaken<O: Start>(world: &Arc<World>, bob: &Arc<Person>, write: &'static str) -> Service<O> {
    let passes = {
        let (world, bob) = (world.clone(), bob.clone());
        move |action: String| {
            let (world, bob) = (world.clone(), bob.clone());
            async move {
                if action == write {
                    world.grant(&bob, &Acl::default()).await;
                }
                true
            }
        }
    };
    let mut environment = world.setup.environment.clone();
    environment.extend([("AWS_ENDPOINT_URL_DYNAMODB".to_owned(), wire(world, passes).await)]);
    Service::start(&Setup::new(environment, world.setup.clock.clone(), None).unwrap()).await.unwrap()
}

#[tokio::test]
async fn a_membership_withdrawn_between_the_check_and_the_write_leaves_a_token_that_nobody_takes() {
    let world = Arc::new(World::new().await);
    let admin = administrator(&world, "admin").await;
    let bob = Arc::new(world.person_with("bob", membership(&["acme"])).await);

    let created = overtaken::<EntityTokenCreate>(&world, &bob, "PutItem").await.reply(bob.entity_call("acme", &bob.id)).await;
    assert_eq!(created.status, 201);
    assert!(!is_taken(&world, &admin, &created.text("authenticationToken")).await);

    world.grant(&bob, &membership(&["acme"])).await;
    let refreshed = overtaken::<EntityTokenRefresh>(&world, &bob, "UpdateItem").await.reply(admin.entity_call("acme", &bob.id)).await;
    assert_eq!(refreshed.status, 200);
    assert!(!is_taken(&world, &admin, &refreshed.text("authenticationToken")).await);
    assert_eq!(world.call::<EntityTokenGet>(bob.entity_call("acme", &bob.id)).await.status, 403);
}

#[tokio::test]
async fn of_two_issuers_at_once_the_one_who_made_the_token_is_its_issuer() {
    let world = World::new().await;
    let admins = [administrator(&world, "one").await, administrator(&world, "other").await];
    let service = Arc::new(world.start::<EntityTokenCreate>().await);

    let calls = (0..20).map(|number| {
        let (service, caller) = (service.clone(), &admins[number % 2]);
        let call = caller.entity_call("acme", "carol");
        async move { (service.reply(call).await, &caller.id) }
    });
    let replies = join_all(calls).await;

    let created: Vec<_> = replies.iter().filter(|(reply, _)| reply.status == 201).collect();
    let [(made, issuer)] = created[..] else { panic!("{replies:?}") };
    assert!(replies.iter().all(|(reply, _)| reply.body["authenticationToken"] == made.body["authenticationToken"]));
    assert_eq!(introspect(&world, &admins[0], &made.text("authenticationToken")).await["issuedBy"], json!(issuer));
}

#[tokio::test]
async fn who_lost_the_right_refreshes_nothing_and_a_refresh_by_another_leaves_the_issuer() {
    let world = World::new().await;
    let [issuer, other] = [administrator(&world, "issuer").await, administrator(&world, "other").await];
    let token = create(&world, &issuer, "carol").await.text("authenticationToken");
    world.grant(&issuer, &membership(&["acme"])).await;

    let refused = world.call::<EntityTokenRefresh>(issuer.entity_call("acme", "carol")).await;
    assert_eq!((refused.status, refused.code()), (403, "forbidden"));
    assert_eq!(introspect(&world, &other, &token).await["issuedBy"], json!(issuer.id), "what was issued stays");

    let successor = world.call::<EntityTokenRefresh>(other.entity_call("acme", "carol")).await;
    let found = create(&world, &other, "carol").await;
    assert_eq!((successor.status, found.status), (200, 200));
    assert_eq!(introspect(&world, &other, &found.text("authenticationToken")).await["issuedBy"], json!(issuer.id));
}

#[tokio::test]
async fn a_key_makes_nobody_a_member_and_a_restricted_one_acts_where_it_was_given_the_operation() {
    let world = World::new().await;
    let backend = world.person_with("backend", Acl::everything()).await;
    let [mallory, bob] = [world.person("mallory").await, world.member("bob").await];
    let body =
        |permission: &str| json!({ "name": "acme", "acl": [{ "scope": { "organizationId": ["acme"] }, "permissions": [permission] }] });
    let key = world.add_key(&backend.jwt, body("*")).await.text("token");
    let reader = world.add_key(&backend.jwt, body("read-invoices")).await.text("token");
    let own = |person: &Person, entity: &str, key: &str| person.entity_call(entity, &person.id).header("apikey", key);

    for (call, status) in [
        (own(&mallory, "acme", &key), 403),
        (own(&mallory, "acme", &backend.key), 403),
        (own(&bob, "acme", &reader), 403),
        (own(&bob, "other", &key), 403),
        (own(&bob, "acme", &key), 201),
    ] {
        assert_eq!(world.call::<EntityTokenCreate>(call).await.status, status);
    }
}

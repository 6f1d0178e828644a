//! `DELETE /users/{userId}`, and the `eraser`, which finishes it.

use futures_util::future::join;
use latchkey::domain::Acl;
use latchkey::runtime::TaskService;
use serde_json::{Value, json};

use super::{PASSWORD, acl, admin_of, create, get, member_of};
use crate::house::{Call, Door, Person, Reply, World, canceled, measured_costs};
use crate::operations::{
    AuthenticationTokenExchange, AuthheaderList, EntityTokenCreate, Eraser, Introspect, UserLogin, UsersDelete, UsersList,
};

const DAY: i64 = 86_400;

async fn delete(world: &World, by: &Person, id: &str) -> Reply {
    world.call::<UsersDelete>(Call::new().bearer(&by.jwt).path("userId", id)).await
}

/// The daily run.
async fn erase(world: &World) -> Value {
    let eraser = TaskService::<Eraser>::start(&world.setup_of("eraser")).unwrap();
    eraser.call(json!({ "detail-type": "Scheduled Event" }), "request-1").await.unwrap()
}

/// A user with something of everything, in their own partitions and in those of others. An entity token of theirs.
async fn busy_person(world: &World, name: &str) -> (Person, String) {
    let person = world.person_with(name, Acl::everything()).await;
    let made = person.entity_call("acme", &person.id);
    let entity_token = world.call::<EntityTokenCreate>(made).await.text("authenticationToken");
    for customer in ["customer-1", person.id.as_str()] {
        for exchanged in [true, false] {
            let token = world.one_time_token(&person.key, json!({ "customerId": customer })).await.text("token");
            if exchanged {
                assert_eq!(world.call::<AuthenticationTokenExchange>(Call::new().path("token", token)).await.status, 201);
            }
        }
    }
    let once = Call::new().bearer(&person.jwt).header("idempotency-key", "key-1").json(json!({ "name": "second" }));
    assert_eq!(world.call::<crate::operations::AuthheaderAdd>(once).await.status, 200);
    (person, entity_token)
}

/// The rows that hold this text in any attribute.
async fn rows_with(world: &World, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for table in ["users", "tokens", "sessions"] {
        found.extend(world.whole_table(table).await.iter().map(|row| format!("{row:?}")).filter(|row| row.contains(text)));
    }
    found
}

#[tokio::test]
async fn from_the_next_call_on_nothing_works_in_the_name_which_is_free() {
    let world = World::new().await;
    let root = world.person_with("root", Acl::everything()).await;
    let (carol, entity_token) = busy_person(&world, "carol").await;

    let reply = delete(&world, &root, &carol.id).await;

    assert_eq!((reply.status, reply.header("cache-control")), (204, "no-store"));
    assert_eq!(world.login("carol", &carol.password).await.status, 401);
    assert_eq!(world.call::<AuthheaderList>(Call::new().bearer(&carol.jwt)).await.status, 401);
    assert_eq!(world.one_time_token(&carol.key, json!({ "customerId": "x" })).await.status, 401);
    let introspect = Call::new().header("apikey", &root.key).body(format!("token={entity_token}"));
    assert_eq!(world.call::<Introspect>(introspect).await.body, json!({ "active": false }));
    assert_eq!(get(&world, &root, &carol.id).await.code(), "user-not-found");
    assert_eq!(delete(&world, &root, &carol.id).await.code(), "user-not-found");
    let listed = world.call::<UsersList>(Call::new().bearer(&root.jwt)).await;
    assert_eq!(listed.body["users"].as_array().unwrap().len(), 1);

    let next = create(&world, &root, json!({ "username": "carol", "password": PASSWORD })).await;
    assert_eq!(next.status, 201);
    assert_eq!(world.login("carol", PASSWORD).await.text("Id"), next.text("id"));
}

#[tokio::test]
async fn nothing_of_the_person_is_left_at_once_and_not_even_the_id_after_the_eraser() {
    let world = World::new().await;
    let root = world.person_with("root", Acl::everything()).await;
    let (dora, _) = busy_person(&world, "dora").await;
    let doras = rows_with(&world, &dora.id).await.len();
    let (carol, _) = busy_person(&world, "carol").await;
    assert!(rows_with(&world, &carol.id).await.len() > 10);

    assert_eq!(delete(&world, &root, &carol.id).await.status, 204);
    assert_eq!(rows_with(&world, "carol").await, [""; 0], "name, address");
    let left = rows_with(&world, &carol.id).await;
    assert!(!left.is_empty() && left.iter().all(|row| !row.contains("key#") && !row.contains("\"login\"")), "{left:?}");

    world.pass(60);
    erase(&world).await;
    assert_eq!(rows_with(&world, &carol.id).await.len(), left.len(), "a request of a minute ago may still write");
    world.pass(DAY);
    assert_eq!(erase(&world).await, json!([]));

    assert_eq!(rows_with(&world, &carol.id).await, [""; 0]);
    assert_eq!(rows_with(&world, &dora.id).await.len(), doras, "nobody else's");
    assert_eq!(rows_with(&world, "erasures").await, [""; 0], "no order is left");
}

#[tokio::test]
async fn a_call_that_was_interrupted_anywhere_leaves_nothing_usable_and_is_finished_by_the_next() {
    for requests in 0.. {
        let world = World::new().await;
        let root = world.person_with("root", Acl::everything()).await;
        let (carol, _) = busy_person(&world, "carol").await;
        let service = world.start::<UsersDelete>().await;
        let call = || Call::new().bearer(&root.jwt).path("userId", &carol.id);
        let down = json!({ "__type": "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException" });
        world.spy.refuse_after(requests, 1_000_000, 400, &down);

        let interrupted = service.reply(call()).await;

        world.spy.refuse_next(0, 0, &down);
        if interrupted.status == 204 {
            assert!(requests >= 9, "{requests}");
            break;
        }
        assert_eq!(interrupted.status, 503);
        let is_disabled = get(&world, &root, &carol.id).await.body["disabled"] == true;
        assert_eq!(world.login("carol", &carol.password).await.status == 200, !is_disabled, "after {requests}");
        assert_eq!(world.call::<AuthheaderList>(Call::new().bearer(&carol.jwt)).await.status == 200, !is_disabled);
        assert!(is_disabled || requests < 3, "the user is disabled before anything else");
        assert_eq!(service.reply(call()).await.status, 204, "after {requests}");
        assert_eq!(rows_with(&world, "carol").await, [""; 0], "after {requests}");
    }
}

#[tokio::test]
async fn a_lost_answer_is_told_as_deleted() {
    for lost in 0.. {
        let world = World::new().await;
        let root = world.person_with("root", Acl::everything()).await;
        let (carol, _) = busy_person(&world, "carol").await;
        let service = world.start::<UsersDelete>().await;
        world.spy.take();
        world.spy.lose_after(lost);

        let reply = service.reply(Call::new().bearer(&root.jwt).path("userId", &carol.id)).await;

        assert_eq!(reply.status, 204, "{lost}");
        if world.spy.take().actions.len() <= lost {
            break;
        }
    }
}

#[tokio::test]
async fn a_login_at_the_same_instant_gets_nothing_that_stays() {
    let world = World::new().await;
    let root = world.person_with("root", Acl::everything()).await;
    for round in 0..10 {
        let carol = world.person(&format!("carol-{round}")).await;
        let (login, removal) = (world.start::<UserLogin>().await, world.start::<UsersDelete>().await);
        let credentials = json!({ "username": carol.name, "password": carol.password });

        let (login, removed) =
            join(login.reply(Call::new().json(credentials)), removal.reply(Call::new().bearer(&root.jwt).path("userId", &carol.id))).await;

        assert_eq!(removed.status, 204);
        if login.status == 200 {
            let call = Call::new().bearer(&login.text("Token"));
            assert_eq!(world.call::<AuthheaderList>(call).await.status, 401);
        }
    }
    world.pass(DAY);
    erase(&world).await;
    assert_eq!(rows_with(&world, "customer_id").await.len(), 1, "the session of root");
}

#[tokio::test]
async fn two_deletions_at_the_same_instant_end_as_one() {
    let world = World::new().await;
    let root = world.person_with("root", Acl::everything()).await;
    let carol = world.person("carol").await;
    let service = world.start::<UsersDelete>().await;
    let call = || Call::new().bearer(&root.jwt).path("userId", &carol.id);

    let (one, other) = join(service.reply(call()), service.reply(call())).await;

    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert!([[204, 204], [204, 404]].contains(&statuses), "{statuses:?}");
    assert_eq!(rows_with(&world, "carol").await, [""; 0]);
}

#[tokio::test]
async fn the_eraser_that_failed_begins_again() {
    for requests in 0.. {
        let world = World::new().await;
        let root = world.person_with("root", Acl::everything()).await;
        let (carol, _) = busy_person(&world, "carol").await;
        delete(&world, &root, &carol.id).await;
        world.pass(DAY);
        let down = json!({ "__type": "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException" });
        let eraser = TaskService::<Eraser>::start(&world.setup_of("eraser")).unwrap();
        world.spy.refuse_after(requests, 1_000_000, 400, &down);

        let failed = eraser.call(json!({}), "request-1").await;

        world.spy.refuse_next(0, 0, &down);
        if failed.is_ok() {
            assert!(requests > 8, "{requests}");
            assert_eq!(rows_with(&world, &carol.id).await, [""; 0]);
            break;
        }
        erase(&world).await;
        assert_eq!(rows_with(&world, &carol.id).await, [""; 0], "after {requests}");
    }
}

#[tokio::test]
async fn a_user_who_may_more_and_a_foreign_one_stay() {
    let world = World::new().await;
    let admin = admin_of(&world, "admin", "acme").await;
    let more = world.person_with("more", acl(member_of(&["acme", "globex"]))).await;
    let foreign = world.person_with("foreign", acl(member_of(&["globex"]))).await;

    let (escalation, unknown) = (delete(&world, &admin, &more.id).await, delete(&world, &admin, &foreign.id).await);
    let nobody = world.call::<UsersDelete>(Call::new().path("userId", &more.id)).await;

    assert_eq!((escalation.status, escalation.code()), (403, "escalation"));
    assert_eq!((unknown.status, unknown.code()), (404, "user-not-found"));
    assert_eq!((nobody.status, nobody.code()), (401, "missing-credentials"));
    for person in [&more, &foreign] {
        assert_eq!(world.login(&person.name, &person.password).await.status, 200);
    }
}

#[tokio::test]
async fn a_user_whom_others_keep_changing_is_told() {
    let world = World::new().await;
    let root = world.person_with("root", Acl::everything()).await;
    let carol = world.person("carol").await;
    let changed = canceled(["None", "ConditionalCheckFailed", "None"]);
    world.spy.refuse_all("TransactWriteItems", 400, &changed);

    let reply = delete(&world, &root, &carol.id).await;

    assert_eq!((reply.status, reply.code()), (409, "conflict"));
}

#[tokio::test]
async fn a_user_of_an_earlier_release_is_deleted_too() {
    let world = World::new().await;
    let root = world.person_with("root", Acl::everything()).await;
    let carol = world.person("carol").await;
    world.unlist("carol").await;

    assert_eq!(delete(&world, &root, &carol.id).await.status, 204);
    assert_eq!(rows_with(&world, "carol").await, [""; 0]);
}

#[tokio::test]
async fn the_audit_trail_stays_with_who_deleted_whom() {
    let world = World::new().await;
    let root = world.person_with("root", Acl::everything()).await;
    let carol = world.person("carol").await;
    world.told();

    delete(&world, &root, &carol.id).await;
    world.pass(DAY);
    erase(&world).await;

    let mut told = world.told();
    assert_eq!(told.len(), 3);
    let disabled = told.remove(0);
    assert_eq!(
        (&disabled["event"], &disabled["subject"], &disabled["actor"]),
        (&json!("user.disabled"), &json!(carol.id), &json!(root.id))
    );
    assert_eq!(
        (&told[0]["event"], &told[0]["subject"], &told[0]["actor"]),
        (&json!("person.forgotten"), &json!(carol.id), &json!(root.id))
    );
    assert_eq!(
        (&told[1]["event"], &told[1]["subject"], &told[1]["operation"]),
        (&json!("person.forgotten"), &json!(carol.id), &json!("eraser"))
    );
}

#[tokio::test]
async fn it_costs_what_docs_costs_says() {
    let world = World::new().await;
    let root = world.person_with("root", Acl::everything()).await;
    let carol = world.person("carol").await;

    let call = Call::new().bearer(&root.jwt).path("userId", &carol.id);
    world.measure::<UsersDelete>("", call, 204, 7).await;
    world.pass(DAY);
    world.spy.take();
    erase(&world).await;
    measured_costs::write_down("eraser", "one user", &world.spy.take());
    erase(&world).await;
    measured_costs::write_down("eraser", "", &world.spy.take());
}

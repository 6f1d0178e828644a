//! `GET /users`

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::StreamSpecification;
use latchkey::domain::Acl;
use latchkey::runtime::Table;
use latchkey::store::bulk::BulkUsers;
use latchkey::store::{UserRow, Users};
use serde_json::{Value, json};

use super::{acl, admin_of, create, member_of};
use crate::house::{Call, Door, Person, Reply, World};
use crate::operations::{UsersDelete, UsersList};

/// Users of these names without passwords, as an import makes them.
async fn insert_many(world: &World, names: impl IntoIterator<Item = String>, acl: &Acl) -> Vec<UserRow> {
    let bulk = BulkUsers::new(&world.setup.database(&[Table::Users, Table::Tokens]).unwrap());
    let template = UserRow { password_hash: None, ..world.user_row("template", acl.clone()) };
    let user = |name: String| UserRow {
        user_id: latchkey::domain::UserId::random(),
        email: Some(format!("{name}@example.com")),
        username: name,
        ..template.clone()
    };
    let rows: Vec<_> = names.into_iter().map(user).collect();
    for chunk in rows.chunks(latchkey::store::bulk::USERS_AT_ONCE) {
        bulk.insert(chunk).await.unwrap();
    }
    rows
}

fn call(by: &Person, query: &[(&str, &str)]) -> Call {
    query.iter().fold(Call::new().bearer(&by.jwt), |call, (name, value)| call.parameter(name, value))
}

async fn list(world: &World, by: &Person, query: &[(&str, &str)]) -> Reply {
    world.call::<UsersList>(call(by, query)).await
}

fn names(reply: &Reply) -> Vec<String> {
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.body["users"].as_array().unwrap().iter().map(|user| user["username"].as_str().unwrap().to_owned()).collect()
}

/// The names of all pages; `between` happens after each.
async fn all(world: &World, by: &Person, query: &[(&str, &str)], mut between: impl AsyncFnMut(usize)) -> Vec<Vec<String>> {
    let service = world.start::<UsersList>().await;
    let (mut pages, mut cursor): (Vec<_>, Option<String>) = (Vec::new(), None);
    loop {
        let call = cursor.iter().fold(call(by, query), |call, cursor| call.parameter("cursor", cursor));
        let reply = service.reply(call).await;
        pages.push(names(&reply));
        cursor = reply.body["cursor"].as_str().map(str::to_owned);
        if cursor.is_none() {
            return pages;
        }
        between(pages.len()).await;
    }
}

async fn unchanged(_: usize) {}

#[tokio::test]
async fn users_stand_in_the_order_of_their_names_with_everything_but_the_hash() {
    let world = World::new().await;
    let root = world.person_with("root", Acl::everything()).await;
    for body in [
        json!({ "username": "Zoe", "acl": member_of(&["acme"]) }),
        json!({ "username": "\u{c5}sa" }),
        json!({ "username": "bob", "email": "bob@example.com", "firstName": "Bob" }),
    ] {
        assert_eq!(create(&world, &root, body).await.status, 201);
    }

    let reply = list(&world, &root, &[]).await;

    assert_eq!(
        (names(&reply), reply.header("cache-control")),
        (["bob", "root", "Zoe", "\u{c5}sa"].map(str::to_owned).to_vec(), "no-store")
    );
    assert_eq!(reply.body.get("cursor"), None);
    let bob = &reply.body["users"][0];
    assert_eq!(
        bob,
        &json!({
            "id": bob["id"], "username": "bob", "email": "bob@example.com", "emailVerified": false, "firstName": "Bob", "lastName": null,
            "createdTime": "2030-03-17T17:46:40Z", "disabled": false, "passwordExpiration": null, "acl": [],
        })
    );
}

#[tokio::test]
async fn a_prefix_is_compared_as_names_are() {
    let world = World::new().await;
    let root = world.person_with("root", Acl::everything()).await;
    insert_many(&world, ["Carla", "CARL", "carol", "dora", "c", "%", "_"].map(str::to_owned), &Acl::default()).await;

    for (prefix, found) in [
        ("car", vec!["CARL", "Carla", "carol"]),
        ("CARL", vec!["CARL", "Carla"]),
        ("\u{ff43}arol", vec!["carol"]),
        ("carolx", vec![]),
        ("%", vec!["%"]),
        ("x", vec![]),
    ] {
        assert_eq!(names(&list(&world, &root, &[("prefix", prefix)]).await), found, "{prefix}");
    }
    assert_eq!(names(&list(&world, &root, &[("prefix", "")]).await).len(), 8);
}

#[tokio::test]
async fn pages_have_as_many_as_are_asked_for_and_each_is_one_query() {
    let world = World::new().await;
    let root = world.person_with("root", Acl::everything()).await;
    insert_many(&world, (0..249).map(|n| format!("user-{n:03}")), &Acl::default()).await;
    let service = world.start::<UsersList>().await;
    world.spy.take();
    service.reply(call(&root, &[])).await;
    assert_eq!(world.spy.take().rounds, [vec!["BatchGetItem"], vec!["Query"]]);

    for (limit, sizes) in [("100", vec![100, 100, 50]), ("50", vec![50; 5]), ("83", vec![83, 83, 83, 1])] {
        let pages = all(&world, &root, &[("limit", limit)], unchanged).await;
        assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), sizes, "{limit}");
        let seen = pages.concat();
        assert_eq!((seen.len(), seen.iter().collect::<BTreeSet<_>>().len(), seen.is_sorted()), (250, 250, true));
    }
    let pages = all(&world, &root, &[("prefix", "user-1"), ("limit", "60")], unchanged).await;
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [60, 40]);
}

#[tokio::test]
async fn nobody_who_stays_is_missing_or_twice_while_others_come_and_go() {
    let world = World::new().await;
    let root = world.person_with("root", Acl::everything()).await;
    let staying: BTreeSet<_> = insert_many(&world, (0..400).map(|n| format!("{:02x}-stays-{n}", n * 97 % 251)), &Acl::default())
        .await
        .into_iter()
        .map(|row| row.username)
        .collect();
    let going = insert_many(&world, (0..200).map(|n| format!("{:02x}-goes-{n}", n * 89 % 251)), &Acl::default()).await;
    let delete = world.start::<UsersDelete>().await;

    let pages = all(&world, &root, &[("limit", "37")], async |page| {
        insert_many(&world, (0..13).map(|n| format!("{:02x}-comes-{page}-{n}", (n * 31 + page * 7) % 251)), &Acl::default()).await;
        for user in going.iter().skip(page * 9).take(9) {
            let call = Call::new().bearer(&root.jwt).path("userId", user.user_id.to_string());
            assert_eq!(delete.reply(call).await.status, 204);
        }
    });
    let seen = pages.await.concat();

    let distinct: BTreeSet<_> = seen.iter().cloned().collect();
    assert_eq!((seen.len(), seen.is_sorted()), (distinct.len(), true), "no name twice");
    assert_eq!(staying.difference(&distinct).collect::<Vec<_>>(), Vec::<&String>::new(), "no name missing");
}

#[tokio::test]
#[ignore = "takes minutes: cargo test --workspace --test api a_hundred_thousand -- --ignored"]
async fn a_hundred_thousand_users_come_in_pages_of_a_hundred_while_others_come_and_go() {
    let world = World::new().await;
    let root = world.person_with("root", Acl::everything()).await;
    // The embedded database looks through all records of a stream for each that it adds.
    let stream = StreamSpecification::builder().stream_enabled(false).build().unwrap();
    world.dynamodb.update_table().table_name("latchkey-tokens").stream_specification(stream).send().await.unwrap();
    let name = |kind: &str, n: usize| format!("{:05x}-{kind}-{n}", n * 7919 % 1_048_573);
    let staying: BTreeSet<_> =
        insert_many(&world, (0..99_000).map(|n| name("stays", n)), &Acl::default()).await.into_iter().map(|row| row.username).collect();
    let going = insert_many(&world, (0..1000).map(|n| name("goes", n)), &Acl::default()).await;
    let delete = world.start::<UsersDelete>().await;
    world.spy.take();

    let pages = all(&world, &root, &[], async |page| {
        insert_many(&world, [name("comes", page)], &Acl::default()).await;
        if let Some(user) = going.get(page) {
            let call = Call::new().bearer(&root.jwt).path("userId", user.user_id.to_string());
            assert_eq!(delete.reply(call).await.status, 204);
        }
    })
    .await;

    assert!(pages.iter().rev().skip(1).all(|page| page.len() == 100), "every page but the last is full");
    let seen = pages.concat();
    let distinct: BTreeSet<_> = seen.iter().cloned().collect();
    assert_eq!((seen.len(), seen.is_sorted(), staying.is_subset(&distinct)), (distinct.len(), true, true));
}

#[tokio::test]
async fn a_page_ends_before_lambdas_limit_however_large_the_rights_are() {
    let world = World::new().await;
    let root = world.person_with("root", Acl::everything()).await;
    let permissions: Vec<_> = (0..50).map(|number| format!("permission-{number}")).collect();
    let large: Vec<_> =
        (0..90).map(|number| json!({ "scope": { "organizationId": [format!("acme-{number}")] }, "permissions": permissions })).collect();
    let large = serde_json::from_value(json!(large)).unwrap();
    insert_many(&world, (0..60).map(|number| format!("user-{number:02}")), &large).await;

    let pages = all(&world, &root, &[("prefix", "user-")], unchanged).await;

    assert!(pages.len() > 1 && pages.iter().all(|page| !page.is_empty()), "{pages:?}");
    let names: Vec<_> = pages.concat();
    assert_eq!(names, (0..60).map(|number| format!("user-{number:02}")).collect::<Vec<_>>());
}

#[tokio::test]
async fn an_administrator_of_an_entity_sees_its_members_and_no_cursor_tells_of_others() {
    let world = World::new().await;
    let admin = admin_of(&world, "admin", "acme").await;
    insert_many(&world, (0..1500).map(|n| format!("other-{n:04}")), &acl(member_of(&["globex"]))).await;
    let members = insert_many(&world, (0..30).map(|n| format!("p-{n:02}")), &acl(member_of(&["globex", "acme"]))).await;
    world.insert(&world.user_row("root", Acl::everything())).await;

    let pages = all(&world, &admin, &[("limit", "20")], unchanged).await;

    let seen = pages.concat();
    let mut expected: Vec<_> = members.iter().map(|row| row.username.clone()).chain(["admin".to_owned(), "root".to_owned()]).collect();
    expected.sort();
    assert_eq!(seen, expected);
    assert!(pages.iter().all(|page| page.len() <= 20) && pages.len() <= 4, "{pages:?}");
    let first = list(&world, &admin, &[]).await;
    assert!(names(&first).len() < 32 && first.body["cursor"].is_string(), "it went on after somebody whom the caller may not see");
}

#[tokio::test]
async fn whoever_lacks_the_permission_lists_nobody() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let limited = json!([{ "scope": { "planId": ["p"] }, "permissions": ["users-list"] }]);
    let limited = world.person_with("limited", acl(limited)).await;

    let forbidden = list(&world, &alice, &[]).await;
    assert_eq!((forbidden.status, forbidden.code()), (403, "forbidden"));
    assert_eq!(world.spy.take().actions, ["BatchGetItem"], "nothing was listed");
    assert_eq!(list(&world, &limited, &[]).await.status, 403, "not for a whole entity");
    let nobody = world.call::<UsersList>(Call::new()).await;
    assert_eq!((nobody.status, nobody.code()), (401, "missing-credentials"));
    world.set_user(&alice, "SET disabled_at = :v", 1).await;
    assert_eq!(list(&world, &alice, &[]).await.status, 401);
}

#[tokio::test]
async fn wrong_parameters_are_named() {
    let world = World::new().await;
    let root = world.person_with("root", Acl::everything()).await;
    let long = "\u{fdfa}".repeat(60);

    for (name, value) in [
        ("limit", "0"),
        ("limit", "101"),
        ("limit", "-1"),
        ("limit", "ten"),
        ("limit", ""),
        ("limit", "1e1"),
        ("prefix", &"x".repeat(257)),
        ("prefix", &long),
    ] {
        let call = call(&root, &[(name, value)]).perhaps_undocumented();
        let reply = world.call::<UsersList>(call).await;
        assert_eq!((reply.status, reply.code(), reply.invalid_fields()), (422, "invalid-fields", vec![name]), "{value:.40}");
        assert_eq!(world.spy.take().actions, [""; 0]);
    }
    assert_eq!(list(&world, &root, &[("limit", "1"), ("userId", "x")]).await.status, 200, "others are ignored");
}

#[tokio::test]
async fn a_cursor_belongs_to_its_list_its_caller_and_its_prefix() {
    let world = World::new().await;
    let root = world.person_with("root", Acl::everything()).await;
    let other = world.person_with("other", Acl::everything()).await;
    insert_many(&world, (0..5).map(|n| format!("user-{n}")), &Acl::default()).await;
    let cursor = list(&world, &root, &[("limit", "2"), ("prefix", "user")]).await.text("cursor");

    for (by, prefix) in [(&other, "user"), (&root, "root")] {
        let reply = list(&world, by, &[("prefix", prefix), ("cursor", &cursor)]).await;
        assert_eq!((reply.status, reply.code(), reply.invalid_fields()), (422, "invalid-fields", vec!["cursor"]));
        assert_eq!(world.spy.take().actions, [""; 0]);
    }
    assert_eq!(names(&list(&world, &root, &[("prefix", "us"), ("cursor", &cursor)]).await), ["user-2", "user-3", "user-4"]);
    let by_key = Call::new().header("apikey", &root.key).parameter("cursor", &cursor).parameter("prefix", "user");
    assert_eq!(world.call::<UsersList>(by_key).await.status, 200, "a key is its owner");
}

/// What no cursor of this list is, derived from one that is.
fn forgeries(cursor: &str, seed: u64) -> impl Iterator<Item = String> {
    let letters: Vec<char> = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz".chars().collect();
    let cursor = cursor.to_owned();
    let mut state = seed;
    let mut next = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap()
    };
    std::iter::from_fn(move || {
        let mut text: Vec<char> = cursor.chars().collect();
        if next() % 2 == 0 {
            let at = 6 + next() % (text.len() - 6);
            text[at] = letters[(letters.iter().position(|letter| *letter == text[at]).unwrap() + 1 + next() % 57) % 58];
        } else {
            let length = next() % 120;
            text.truncate(6);
            text.extend((0..length).map(|_| letters[next() % 58]));
        }
        Some(text.into_iter().collect())
    })
}

#[tokio::test]
async fn of_100_000_random_cursors_none_is_taken_and_none_costs_a_request() {
    let world = World::new().await;
    let root = world.person_with("root", Acl::everything()).await;
    insert_many(&world, (0..3).map(|n| format!("user-{n}")), &Acl::default()).await;
    let cursor = list(&world, &root, &[("limit", "1")]).await.text("cursor");
    let service = world.start::<UsersList>().await;
    world.spy.take();

    let mut statuses = BTreeMap::new();
    for forged in forgeries(&cursor, 1).filter(|forged| *forged != cursor).take(100_000) {
        let status = service.call_unjudged(&call(&root, &[("cursor", &forged)])).await;
        *statuses.entry(status).or_insert(0) += 1;
    }

    assert_eq!(statuses, BTreeMap::from([(422, 100_000)]));
    assert_eq!(world.spy.take().actions, [""; 0]);
}

#[tokio::test]
async fn a_changed_expiry_of_the_password_is_listed() {
    let world = World::with([("PASSWORD_MAX_AGE_DAYS", "30")]).await;
    let root = world.person_with("root", Acl::everything()).await;
    let carol = world.person("carol").await;
    world.person("dora").await;
    world.unlist("dora").await;
    let new = super::PASSWORD;
    for name in ["carol", "dora"] {
        let change = json!({ "username": name, "old": format!("{name}'s password"), "new": new, "confirm": new });
        assert_eq!(world.call::<crate::operations::UserPassword>(Call::new().json(change)).await.status, 200);
    }

    let listed = list(&world, &root, &[("prefix", "carol")]).await;
    assert_eq!(listed.body["users"][0]["passwordExpiration"], "2030-04-16T17:46:40Z");
    assert_eq!(listed.body["users"][0], super::get(&world, &root, &carol.id).await.body);
    assert_eq!(list(&world, &root, &[("prefix", "dora")]).await.body["users"], json!([]));
}

#[tokio::test]
async fn two_creations_of_one_name_are_listed_once() {
    let world = World::new().await;
    let users = Users::new(&world.setup.database(&[Table::Users, Table::Tokens]).unwrap());
    let root = world.person_with("root", Acl::everything()).await;
    let (one, other) = (world.user_row("carol", Acl::default()), world.user_row("CAROL", Acl::default()));

    let (first, second) = tokio::join!(users.insert_new(&one), users.insert_new(&other));

    let winner = match (first, second) {
        (Ok(()), Err(_)) => one.user_id,
        (Err(_), Ok(())) => other.user_id,
        both => panic!("{both:?}"),
    };
    let listed = list(&world, &root, &[("prefix", "c")]).await;
    assert_eq!(
        listed.body["users"].as_array().unwrap().iter().map(|user| &user["id"]).collect::<Vec<_>>(),
        [&Value::from(winner.to_string())]
    );
}

#[tokio::test]
async fn it_costs_what_docs_costs_says() {
    let world = World::new().await;
    let root = world.person_with("root", Acl::everything()).await;
    insert_many(&world, (0..120).map(|n| format!("user-{n:03}")), &Acl::default()).await;

    world.measure::<UsersList>("ten users", call(&root, &[("limit", "10")]), 200, 2).await;
    world.measure::<UsersList>("a hundred users", call(&root, &[]), 200, 2).await;
}

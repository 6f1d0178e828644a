//! `POST /users`

use futures_util::future::join_all;
use latchkey::domain::Acl;
use serde_json::{Value, json};

use super::{PASSWORD, acl, admin_of, create, get, member_of};
use crate::house::{Call, Door, Mask, World};
use crate::operations::{UserLogin, UsersCreate, UsersDelete};

#[tokio::test]
async fn a_user_is_made_and_logs_in() {
    let world = World::new().await;
    let root = world.person_with("root", Acl::everything()).await;
    let body = json!({
        "username": " Carol ", "email": "carol@example.com", "password": PASSWORD, "firstName": "Carol", "lastName": "Smith",
        "acl": member_of(&["acme"]),
    });

    let reply = create(&world, &root, body).await;

    assert_eq!((reply.status, reply.header("cache-control")), (201, "no-store"));
    assert_eq!(reply.header("location"), format!("/users/{}", reply.text("id")));
    assert_eq!(
        reply.masked(&[("/id", Mask::Uuid)]),
        json!({
            "id": "[Uuid]", "username": "Carol", "email": "carol@example.com", "emailVerified": false, "firstName": "Carol",
            "lastName": "Smith", "createdTime": "2030-03-17T17:46:40Z", "disabled": false, "passwordExpiration": null,
            "acl": member_of(&["acme"]),
        })
    );
    assert_eq!(world.login("carol", PASSWORD).await.text("Id"), reply.text("id"));
    assert_eq!(get(&world, &root, &reply.text("id")).await.body, reply.body);
}

#[tokio::test]
async fn without_a_password_nobody_logs_in_and_the_answer_is_that_for_a_wrong_one() {
    let world = World::new().await;
    let root = world.person_with("root", Acl::everything()).await;

    let reply = create(&world, &root, json!({ "username": "robot" })).await;

    assert_eq!(
        reply.masked(&[("/id", Mask::Uuid)]),
        json!({
            "id": "[Uuid]", "username": "robot", "email": null, "emailVerified": false, "firstName": null, "lastName": null,
            "createdTime": "2030-03-17T17:46:40Z", "disabled": false, "passwordExpiration": null, "acl": [],
        })
    );
    for password in ["", "x", PASSWORD] {
        let (machine, nobody) = (world.login("robot", password).await, world.login("nobody", password).await);
        assert_eq!((machine.status, &machine.body), (401, &nobody.body));
    }
}

#[tokio::test]
async fn an_api_key_makes_users_too() {
    let world = World::new().await;
    let root = world.person_with("root", Acl::everything()).await;
    let call = |key: &str| Call::new().header("apikey", key).json(json!({ "username": "carol" }));
    let less = json!({ "name": "x", "acl": [{ "scope": {}, "permissions": ["users-get"] }] });
    let restricted = world.add_key(&root.jwt, less).await.text("token");

    let forbidden = world.call::<UsersCreate>(call(&restricted)).await;
    assert_eq!((forbidden.status, forbidden.code()), (403, "forbidden"));
    assert_eq!(world.call::<UsersCreate>(call(&root.key)).await.status, 201);
}

#[tokio::test]
async fn nobody_gives_more_than_they_have() {
    let world = World::new().await;
    let admin = admin_of(&world, "admin", "acme").await;
    let helper = world.person_with("helper", acl(json!([{ "scope": {}, "permissions": ["users-create"] }]))).await;
    let more = json!([{ "scope": { "organizationId": ["acme"] }, "permissions": ["use-it", "other"] }]);

    for (by, acl, code) in [
        (&admin, member_of(&["acme"]), ""),
        (&admin, more, "escalation"),
        (&admin, member_of(&["acme", "globex"]), "escalation"),
        (&admin, json!([{ "scope": {}, "permissions": ["*"] }]), "escalation"),
        (&admin, member_of(&["globex"]), "forbidden"),
        (&admin, json!([]), "forbidden"),
        (&admin, json!([{ "scope": { "organizationId": ["acme"] }, "permissions": [] }]), "forbidden"),
        (&helper, json!([]), ""),
        (&helper, member_of(&["acme"]), "escalation"),
    ] {
        let name = format!("user-{}", uuid::Uuid::new_v4());
        let reply = create(&world, by, json!({ "username": name, "acl": acl })).await;
        if code.is_empty() {
            assert_eq!(reply.status, 201, "{acl}");
        } else {
            assert_eq!((reply.status, reply.code()), (403, code), "{acl}");
            assert!(!world.rows("users").await.iter().any(|row| row["pk"].as_s().unwrap().contains(&name)));
        }
    }
}

#[tokio::test]
async fn whoever_lacks_the_permission_makes_nobody() {
    let world = World::new().await;
    let alice = world.person("alice").await;

    let forbidden = create(&world, &alice, json!({ "username": "carol" })).await;
    let nobody = world.call::<UsersCreate>(Call::new().json(json!({ "username": "carol" }))).await;
    world.set_user(&alice, "SET disabled_at = :v", 1).await;
    let disabled = create(&world, &alice, json!({ "username": "carol" })).await;

    assert_eq!((forbidden.status, forbidden.code()), (403, "forbidden"));
    assert_eq!((nobody.status, nobody.code()), (401, "missing-credentials"));
    assert_eq!((disabled.status, disabled.code()), (401, "invalid-credentials"));
}

#[tokio::test]
async fn a_name_is_taken_in_every_spelling() {
    let world = World::new().await;
    let root = world.person_with("root", Acl::everything()).await;
    create(&world, &root, json!({ "username": "Carol" })).await;

    for name in ["carol", "CAROL", "\u{ff43}arol", " carol\u{a0}"] {
        let reply = create(&world, &root, json!({ "username": name, "password": PASSWORD })).await;
        assert_eq!((reply.status, reply.code()), (409, "username-taken"), "{name}");
    }
    assert_eq!(world.login("carol", PASSWORD).await.status, 401, "nothing was overwritten");
}

#[tokio::test]
async fn of_many_who_want_one_name_one_gets_it_whole() {
    let world = World::new().await;
    let root = world.person_with("root", Acl::everything()).await;
    let service = world.start::<UsersCreate>().await;

    let calls =
        (0..20).map(|n| service.reply(Call::new().bearer(&root.jwt).json(json!({ "username": "carol", "firstName": n.to_string() }))));
    let replies = join_all(calls).await;

    let made: Vec<_> = replies.iter().filter(|reply| reply.status == 201).collect();
    assert_eq!((made.len(), replies.iter().filter(|reply| reply.status == 409).count()), (1, 19));
    assert_eq!(get(&world, &root, &made[0].text("id")).await.body, made[0].body);
    assert_eq!(
        world.rows("users").await.iter().filter(|row| row.get("username").is_some_and(|name| name.as_s().unwrap() == "carol")).count(),
        2
    );
}

#[tokio::test]
async fn wrong_fields_are_named_all_at_once_and_never_repeated() {
    let world = World::new().await;
    let root = world.person_with("root", Acl::everything()).await;
    let long = "x".repeat(257);

    for (body, fields) in [
        (json!({}), vec!["username"]),
        (json!({ "username": "" }), vec!["username"]),
        (json!({ "username": "  " }), vec!["username"]),
        (json!({ "username": "a\u{7}b" }), vec!["username"]),
        (
            json!({ "username": long, "email": "no address", "firstName": "", "lastName": "a\nb" }),
            vec!["username", "email", "firstName", "lastName"],
        ),
        (json!({ "username": "carol", "password": "short" }), vec!["password"]),
        (json!({ "username": "carol", "password": "password123" }), vec!["password"]),
        (json!({ "username": "carolina", "password": "carolina1" }), vec!["password"]),
        (json!({ "username": "carol", "passwort": PASSWORD }), vec!["passwort"]),
        (json!({ "username": "carol", "invite": true }), vec!["invite"]),
        (json!({ "username": "carol", "acl": [{ "scope": { "websiteId": ["x"] }, "permissions": ["*"] }] }), vec!["acl.0.scope.websiteId"]),
    ] {
        let reply = world.call::<UsersCreate>(Call::new().bearer(&root.jwt).json(body.clone()).perhaps_undocumented()).await;
        assert_eq!((reply.status, reply.code(), reply.invalid_fields()), (422, "invalid-fields", fields), "{body}");
        assert!(!reply.body.to_string().contains("short") && !reply.body.to_string().contains(PASSWORD));
    }
    let absent = json!({ "username": "carol", "email": null, "password": null, "acl": null });
    assert_eq!(world.call::<UsersCreate>(Call::new().bearer(&root.jwt).json(absent).undocumented()).await.status, 201);
}

#[tokio::test]
async fn a_request_that_is_repeated_under_its_key_makes_one_user() {
    let world = World::new().await;
    let root = world.person_with("root", Acl::everything()).await;
    let body = json!({ "username": "carol", "password": PASSWORD });
    let once = |body: &Value| Call::new().bearer(&root.jwt).header("idempotency-key", "key-1").json(body.clone());
    let service = world.start::<UsersCreate>().await;

    let first = service.reply(once(&body)).await;
    let second = service.reply(once(&body)).await;
    let other = service.reply(once(&json!({ "username": "dora" }))).await;
    let other_password = service.reply(once(&json!({ "username": "carol", "password": "another kettle, on the fourth" }))).await;

    assert_eq!((first.status, &second), (201, &first));
    assert_eq!((other.status, other.code()), (422, "idempotency-key-reused"));
    assert_eq!(other_password.body, first.body, "passwords are not compared");
    assert_eq!(world.login("carol", PASSWORD).await.status, 200);

    world.call::<UsersDelete>(Call::new().bearer(&root.jwt).path("userId", first.text("id"))).await;
    let gone = service.reply(once(&body)).await;
    assert_eq!((gone.status, gone.code()), (409, "idempotency-key-spent"));
}

#[tokio::test]
async fn a_lost_answer_makes_one_user() {
    let world = World::new().await;
    let root = world.person_with("root", Acl::everything()).await;
    world.spy.lose_after(1);

    assert_eq!(create(&world, &root, json!({ "username": "carol" })).await.status, 201);
}

#[tokio::test]
async fn it_is_told_who_made_whom() {
    let world = World::new().await;
    let root = world.person_with("root", Acl::everything()).await;
    world.told();

    let id = create(&world, &root, json!({ "username": "carol", "email": "carol@example.com" })).await.text("id");

    let told = world.told();
    assert_eq!(told.len(), 1);
    assert_eq!((&told[0]["event"], &told[0]["subject"], &told[0]["actor"]), (&json!("user.added"), &json!(id), &json!(root.id)));
    assert!(!told[0].to_string().contains("carol"));
}

#[tokio::test]
async fn it_costs_what_docs_costs_says() {
    let world = World::new().await;
    let root = world.person_with("root", Acl::everything()).await;

    let call = Call::new().bearer(&root.jwt).json(json!({ "username": "carol", "password": PASSWORD }));
    world.measure::<UsersCreate>("", call, 201, 2).await;
    assert_eq!(world.call::<UserLogin>(Call::new().json(json!({ "username": "carol", "password": PASSWORD }))).await.status, 200);
}

//! `PATCH /users/{userId}`

use futures_util::future::join_all;
use latchkey::domain::Acl;
use serde_json::{Value, json};

use super::{acl, admin_of, get, member_of};
use crate::house::{Call, Door, Person, Reply, World, canceled};
use crate::operations::{AuthheaderList, UserEmail, UserEmailConfirm, UserRenew, UsersList, UsersUpdate};

async fn update(world: &World, by: &Person, id: &str, body: Value) -> Reply {
    world.call::<UsersUpdate>(Call::new().bearer(&by.jwt).path("userId", id).json(body)).await
}

#[tokio::test]
async fn what_is_named_changes_and_nothing_else() {
    let world = World::new().await;
    let root = world.person_with("root", Acl::everything()).await;
    let carol = world.person("carol").await;
    let before = get(&world, &root, &carol.id).await.body;

    for (body, changed) in [
        (json!({ "email": "new@example.com" }), json!({ "email": "new@example.com" })),
        (json!({ "firstName": "Carol", "lastName": "Smith" }), json!({ "firstName": "Carol", "lastName": "Smith" })),
        (json!({ "acl": member_of(&["acme"]) }), json!({ "acl": member_of(&["acme"]) })),
        (json!({ "disabled": true }), json!({ "disabled": true })),
        (
            json!({ "email": "", "firstName": "", "lastName": "", "acl": [], "disabled": false }),
            json!({ "email": null, "firstName": null, "lastName": null, "acl": [], "disabled": false }),
        ),
        (json!({ "email": "carol@example.com", "firstName": "First" }), json!({ "email": "carol@example.com", "firstName": "First" })),
    ] {
        let mut wanted = get(&world, &root, &carol.id).await.body;
        wanted.as_object_mut().unwrap().extend(changed.as_object().unwrap().clone());

        let reply = update(&world, &root, &carol.id, body.clone()).await;

        assert_eq!((reply.status, &reply.body), (200, &wanted), "{body}");
        assert_eq!(get(&world, &root, &carol.id).await.body, wanted, "{body}");
        let listed = world.call::<UsersList>(Call::new().bearer(&root.jwt).parameter("prefix", "carol")).await;
        assert_eq!(listed.body["users"], json!([wanted]), "the list says the same");
    }
    assert_eq!(get(&world, &root, &carol.id).await.body, before);
}

#[tokio::test]
async fn whoever_is_disabled_is_refused_at_once_and_logs_in_again_when_enabled() {
    let world = World::new().await;
    let root = world.person_with("root", Acl::everything()).await;
    let carol = world.person("carol").await;
    let is_good = async || world.call::<AuthheaderList>(Call::new().bearer(&carol.jwt)).await.status;

    update(&world, &root, &carol.id, json!({ "disabled": true })).await;
    assert_eq!((is_good().await, world.login("carol", &carol.password).await.status), (401, 401));

    update(&world, &root, &carol.id, json!({ "disabled": false })).await;
    assert_eq!((is_good().await, world.login("carol", &carol.password).await.status), (401, 200));
}

#[tokio::test]
async fn what_is_so_already_writes_nothing_and_tells_nobody() {
    let world = World::new().await;
    let root = world.person_with("root", Acl::everything()).await;
    let carol = world.person("carol").await;
    let service = world.start::<UsersUpdate>().await;
    world.told();
    world.spy.take();

    for body in [json!({}), json!({ "disabled": false, "email": "carol@example.com", "acl": [], "lastName": "" })] {
        let reply = service.reply(Call::new().bearer(&root.jwt).path("userId", &carol.id).json(body)).await;
        assert_eq!(reply.status, 200);
        assert_eq!(world.spy.take().actions, ["BatchGetItem"]);
    }
    assert!(world.told().is_empty());
}

#[tokio::test]
async fn nobody_gives_more_than_they_have_and_a_user_can_be_let_go() {
    let world = World::new().await;
    let admin = admin_of(&world, "admin", "acme").await;
    let carol = world.person_with("carol", acl(member_of(&["acme"]))).await;

    for more in [member_of(&["acme", "globex"]), json!([{ "scope": {}, "permissions": ["*"] }])] {
        let reply = update(&world, &admin, &carol.id, json!({ "acl": more })).await;
        assert_eq!((reply.status, reply.code()), (403, "escalation"));
    }
    assert_eq!(get(&world, &admin, &carol.id).await.body["acl"], member_of(&["acme"]));

    assert_eq!(update(&world, &admin, &carol.id, json!({ "acl": [] })).await.status, 200);
    assert_eq!(update(&world, &admin, &carol.id, json!({ "acl": member_of(&["acme"]) })).await.status, 404, "no member any more");
}

#[tokio::test]
async fn changes_at_the_same_instant_all_stay() {
    let world = World::new().await;
    let root = world.person_with("root", Acl::everything()).await;
    let carol = world.person("carol").await;
    let service = world.start::<UsersUpdate>().await;
    let bodies = [
        json!({ "email": "new@example.com" }),
        json!({ "firstName": "Carol" }),
        json!({ "lastName": "Smith" }),
        json!({ "acl": member_of(&["acme"]) }),
    ];

    let replies = join_all(bodies.map(|body| service.reply(Call::new().bearer(&root.jwt).path("userId", &carol.id).json(body)))).await;

    assert!(replies.iter().all(|reply| reply.status == 200), "{replies:?}");
    let after = get(&world, &root, &carol.id).await.body;
    assert_eq!(
        (&after["email"], &after["firstName"], &after["lastName"], &after["acl"]),
        (&json!("new@example.com"), &json!("Carol"), &json!("Smith"), &member_of(&["acme"]))
    );
    let listed = world.call::<UsersList>(Call::new().bearer(&root.jwt).parameter("prefix", "carol")).await;
    assert_eq!(listed.body["users"], json!([after]));
}

#[tokio::test]
async fn a_new_address_ends_the_logins_and_the_links_that_were_mailed_before() {
    let world = World::new().await;
    let root = world.person_with("root", Acl::everything()).await;
    let carol = world.person("carol").await;
    let body = json!({ "email": "thief@example.net", "password": carol.password });
    assert_eq!(world.call::<UserEmail>(Call::new().bearer(&carol.jwt).json(body)).await.status, 202);
    let link = world.mailed_token("email").await;

    assert_eq!(update(&world, &root, &carol.id, json!({ "email": "right@example.com" })).await.status, 200);

    assert_eq!(world.call::<UserRenew>(Call::new().bearer(&carol.jwt)).await.status, 401);
    assert_eq!(world.call::<UserEmailConfirm>(Call::new().json(json!({ "token": link }))).await.code(), "link-not-found");
    assert_eq!(get(&world, &root, &carol.id).await.body["email"], "right@example.com");
    let login = world.login("right@example.com", &carol.password).await;
    assert_eq!(update(&world, &root, &carol.id, json!({ "email": "RIGHT@example.com" })).await.status, 200);
    let same_mailbox = world.call::<UserRenew>(Call::new().bearer(&login.text("Token"))).await;
    assert_eq!((login.status, same_mailbox.status), (200, 200));
}

#[tokio::test]
async fn a_user_whom_others_keep_changing_is_told() {
    let world = World::new().await;
    let root = world.person_with("root", Acl::everything()).await;
    let carol = world.person("carol").await;
    let changed = canceled(["None", "ConditionalCheckFailed", "None"]);
    world.spy.refuse_all("TransactWriteItems", 400, &changed);

    let reply = update(&world, &root, &carol.id, json!({ "lastName": "x" })).await;

    assert_eq!((reply.status, reply.code()), (409, "conflict"));
}

#[tokio::test]
async fn a_user_of_an_earlier_release_is_changed_too_and_stays_unlisted() {
    let world = World::new().await;
    let root = world.person_with("root", Acl::everything()).await;
    let carol = world.person("carol").await;
    world.unlist("carol").await;

    let reply = update(&world, &root, &carol.id, json!({ "lastName": "Smith", "disabled": true })).await;

    assert_eq!((reply.status, &reply.body["lastName"]), (200, &json!("Smith")));
    assert_eq!(world.login("carol", &carol.password).await.status, 401);
    let listed = world.call::<UsersList>(Call::new().bearer(&root.jwt).parameter("prefix", "carol")).await;
    assert_eq!(listed.body["users"], json!([]), "a part of a row would be worse than none");
}

#[tokio::test]
async fn an_acl_that_somebody_wrote_by_hand_is_changed_too() {
    let world = World::new().await;
    let root = world.person_with("root", Acl::everything()).await;
    let carol = world.person("carol").await;
    for key in [format!("id#{}", carol.id), "name#carol".to_owned()] {
        let key = aws_sdk_dynamodb::types::AttributeValue::S(key);
        let spaced = aws_sdk_dynamodb::types::AttributeValue::S(" [ ] ".to_owned());
        let update = world.dynamodb.update_item().table_name("latchkey-users").key("pk", key).update_expression("SET acl = :v");
        update.expression_attribute_values(":v", spaced).send().await.unwrap();
    }

    assert_eq!(update(&world, &root, &carol.id, json!({ "acl": member_of(&["acme"]) })).await.status, 200);
    assert_eq!(get(&world, &root, &carol.id).await.body["acl"], member_of(&["acme"]));
}

#[tokio::test]
async fn wrong_fields_are_named_and_misspelt_ones_refused() {
    let world = World::new().await;
    let root = world.person_with("root", Acl::everything()).await;
    let carol = world.person("carol").await;

    for (body, fields) in [
        (
            json!({ "email": "x", "firstName": "a\nb", "lastName": 1, "disabled": "yes", "acl": {} }),
            vec!["email", "firstName", "lastName", "acl", "disabled"],
        ),
        (json!({ "disable": true }), vec!["disable"]),
        (json!({ "username": "other" }), vec!["username"]),
        (json!({ "password": "x" }), vec!["password"]),
        (json!({ "emailVerified": true }), vec!["emailVerified"]),
    ] {
        let call = Call::new().bearer(&root.jwt).path("userId", &carol.id).json(body.clone()).perhaps_undocumented();
        let reply = world.call::<UsersUpdate>(call).await;
        let (mut named, mut fields) = (reply.invalid_fields(), fields);
        named.sort_unstable();
        fields.sort_unstable();
        assert_eq!((reply.status, reply.code(), named), (422, "invalid-fields", fields), "{body}");
    }
}

#[tokio::test]
async fn every_change_is_told_with_who_made_it() {
    let world = World::new().await;
    let root = world.person_with("root", Acl::everything()).await;
    let carol = world.person("carol").await;
    world.told();

    update(&world, &root, &carol.id, json!({ "email": "new@example.com", "disabled": true, "acl": member_of(&["acme"]) })).await;
    update(&world, &root, &carol.id, json!({ "disabled": false })).await;

    let told = world.told();
    let names: Vec<_> = told.iter().map(|event| event["event"].as_str().unwrap()).collect();
    assert_eq!(names, ["user.changed", "user.disabled", "user.granted", "user.enabled"]);
    assert!(told.iter().all(|event| event["subject"] == carol.id && event["actor"] == root.id));
}

#[tokio::test]
async fn a_lost_answer_is_told_as_changed() {
    let world = World::new().await;
    let root = world.person_with("root", Acl::everything()).await;
    let carol = world.person("carol").await;
    for (lost, name) in ["a", "b", "c"].into_iter().enumerate() {
        let service = world.start::<UsersUpdate>().await;
        world.spy.take();
        world.spy.lose_after(lost);

        let reply = service.reply(Call::new().bearer(&root.jwt).path("userId", &carol.id).json(json!({ "lastName": name }))).await;

        assert_eq!((reply.status, &reply.body["lastName"]), (200, &json!(name)));
        assert_eq!(world.spy.take().actions.len(), 4, "a request was retried");
    }
}

#[tokio::test]
async fn it_costs_what_docs_costs_says() {
    let world = World::new().await;
    let root = world.person_with("root", Acl::everything()).await;
    let carol = world.person("carol").await;

    let call = Call::new().bearer(&root.jwt).path("userId", &carol.id).json(json!({ "lastName": "Smith" }));
    world.measure::<UsersUpdate>("", call, 200, 3).await;
}

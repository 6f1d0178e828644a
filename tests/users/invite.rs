//! `POST /users/{userId}/invitation`, and `invite` in `POST /users`.

use latchkey::domain::Acl;
use latchkey::store::UserRow;
use serde_json::json;

use super::{PASSWORD, acl, admin_of, create, get, member_of};
use crate::house::{Call, Door, NOW, Person, Reply, World};
use crate::operations::{UserResetPassword, UsersCreate, UsersInvite};
use crate::user::forgot_password::{newest_link, token_in};

async fn invite(world: &World, by: &Person, id: &str) -> Reply {
    // By the key: a login would not live as long as an invitation.
    world.call::<UsersInvite>(Call::new().header("apikey", &by.key).path("userId", id)).await
}

async fn set_password(world: &World, token: &str) -> i64 {
    let body = json!({ "token": token, "new": PASSWORD, "confirm": PASSWORD });
    world.call::<UserResetPassword>(Call::new().json(body)).await.status
}

#[tokio::test]
async fn an_invited_user_sets_the_first_password_and_proves_the_address() {
    let world = World::new().await;
    let root = world.person_with("root", Acl::everything()).await;
    let id = create(&world, &root, json!({ "username": "carol", "email": "carol@example.com" })).await.text("id");

    let reply = invite(&world, &root, &id).await;

    assert_eq!((reply.status, &reply.body), (202, &json!({ "message": "The invitation is on its way." })));
    let mails = world.mails().await;
    assert!(mails.len() == 1 && mails[0].contains("#invitation=lkrst_"), "{mails:?}");
    assert_eq!(world.login("carol", PASSWORD).await.status, 401);
    assert_eq!(set_password(&world, &token_in(&mails[0])).await, 200);
    assert_eq!(world.login("carol", PASSWORD).await.text("Id"), id);
    assert_eq!(get(&world, &root, &id).await.body["emailVerified"], true);
    assert_eq!(set_password(&world, &token_in(&mails[0])).await, 404, "it worked once");
}

#[tokio::test]
async fn an_invitation_lives_for_days_and_a_second_one_ends_none() {
    let world = World::new().await;
    let root = world.person_with("root", Acl::everything()).await;
    let id = create(&world, &root, json!({ "username": "carol", "email": "carol@example.com" })).await.text("id");
    invite(&world, &root, &id).await;
    let first = newest_link(&world).await;
    world.pass(604_799);
    invite(&world, &root, &id).await;
    let second = newest_link(&world).await;

    world.pass(1);

    assert_ne!(first, second);
    assert_eq!(set_password(&world, &first).await, 404, "seven days");
    assert_eq!(set_password(&world, &second).await, 200);
}

#[tokio::test]
async fn a_user_is_made_and_invited_in_one_call() {
    let world = World::new().await;
    let root = world.person_with("root", Acl::everything()).await;
    let body = json!({ "username": "carol", "email": "carol@example.com", "invite": true });
    let call = || Call::new().bearer(&root.jwt).header("idempotency-key", "one-and-the-same").json(body.clone());

    let reply = world.call::<UsersCreate>(call()).await;
    let again = world.call::<UsersCreate>(call()).await;

    assert_eq!((reply.status, &again), (201, &reply));
    let mails = world.mails().await;
    assert_eq!(mails.len(), 1, "whoever repeats the call has one mail sent");
    assert_eq!(set_password(&world, &token_in(&mails[0])).await, 200);
    assert_eq!(world.login("carol", PASSWORD).await.text("Id"), reply.text("id"));
}

#[tokio::test]
async fn whoever_is_not_made_is_not_invited() {
    let world = World::new().await;
    let root = world.person_with("root", Acl::everything()).await;
    world.person("carol").await;

    let taken = create(&world, &root, json!({ "username": "carol", "email": "other@example.com", "invite": true })).await;
    let nowhere = create(&world, &root, json!({ "username": "dora", "invite": true })).await;
    let uninvited = create(&world, &root, json!({ "username": "emma", "email": "emma@example.com", "invite": false })).await;

    assert_eq!((taken.status, taken.code()), (409, "username-taken"));
    assert_eq!((nowhere.status, nowhere.invalid_fields()), (422, vec!["invite"]));
    assert_eq!(uninvited.status, 201);
    assert!(world.mails().await.is_empty());
}

#[tokio::test]
async fn who_cannot_be_invited_is_told_why() {
    let world = World::new().await;
    let root = world.person_with("root", Acl::everything()).await;
    let dora = world.person("dora").await;
    world.set_user(&dora, "SET disabled_at = :v", NOW).await;
    let mute = UserRow { email: None, ..world.user_row("mute", Acl::default()) };
    let broken = UserRow { email: Some("no address".into()), ..world.user_row("broken", Acl::default()) };
    world.insert(&mute).await;
    world.insert(&broken).await;

    for (id, detail) in [
        (dora.id, "The user is disabled. Enable the user first."),
        (mute.user_id.to_string(), "The user has no e-mail address that an invitation could be sent to. Set one first."),
        (broken.user_id.to_string(), "The user has no e-mail address that an invitation could be sent to. Set one first."),
    ] {
        let reply = invite(&world, &root, &id).await;
        assert_eq!((reply.status, reply.code(), reply.text("detail").as_str()), (409, "not-invitable", detail));
    }
    assert!(world.mails().await.is_empty());
}

#[tokio::test]
async fn only_members_are_invited_by_an_entity_and_nobody_who_may_more() {
    let world = World::new().await;
    let admin = admin_of(&world, "admin", "acme").await;
    let member = world.person_with("carol", acl(member_of(&["acme"]))).await;
    let other = world.person_with("dora", acl(member_of(&["globex"]))).await;
    let both = world.person_with("emma", acl(member_of(&["acme", "globex"]))).await;

    assert_eq!(invite(&world, &admin, &member.id).await.status, 202);
    for unknown in [&other.id, "0f8fad5b-d9cb-469f-a165-70867728950e"] {
        let reply = invite(&world, &admin, unknown).await;
        assert_eq!((reply.status, reply.code()), (404, "user-not-found"));
    }
    let malformed = world.call::<UsersInvite>(Call::new().bearer(&admin.jwt).path("userId", "x").undocumented()).await;
    assert_eq!((malformed.status, malformed.code()), (404, "user-not-found"));
    let more = invite(&world, &admin, &both.id).await;
    assert_eq!((more.status, more.code()), (403, "escalation"));
    assert_eq!(world.mails().await.len(), 1);
}

#[tokio::test]
async fn an_invitation_is_told_with_who_made_it() {
    let world = World::new().await;
    let root = world.person_with("root", Acl::everything()).await;
    world.told();

    let id = create(&world, &root, json!({ "username": "carol", "email": "carol@example.com", "invite": true })).await.text("id");
    invite(&world, &root, &id).await;

    let told = world.told();
    let names: Vec<_> = told.iter().map(|event| event["event"].as_str().unwrap()).collect();
    assert_eq!(names, ["user.added", "user.invited", "user.invited"]);
    assert!(told.iter().all(|event| event["subject"] == id && event["actor"] == root.id && event["credential"].is_string()));
}

#[tokio::test]
async fn a_lost_answer_is_one_invitation() {
    let world = World::new().await;
    let root = world.person_with("root", Acl::everything()).await;
    let carol = world.person("carol").await;
    let service = world.start::<UsersInvite>().await;
    world.spy.lose_after(1);

    let reply = service.reply(Call::new().bearer(&root.jwt).path("userId", &carol.id)).await;

    assert_eq!(reply.status, 202);
    let mails = world.mails().await;
    // DynamoDB has no record of a write that changes nothing; this engine has, and both were handed over at once.
    assert!(!mails.is_empty() && mails.iter().all(|mail| *mail == mails[0]), "{mails:?}");
}

#[tokio::test]
async fn it_costs_what_docs_costs_says() {
    let world = World::new().await;
    let root = world.person_with("root", Acl::everything()).await;
    let carol = world.person("carol").await;

    world.measure::<UsersInvite>("", Call::new().bearer(&root.jwt).path("userId", &carol.id), 202, 2).await;
    let body = json!({ "username": "dora", "email": "dora@example.com", "invite": true });
    world.measure::<UsersCreate>("with an invitation", Call::new().bearer(&root.jwt).json(body), 201, 2).await;
}

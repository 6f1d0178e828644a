//! Logins by e-mail address, and whose an address is.

use futures_util::future::join_all;
use latchkey::domain::{Acl, EmailAddress, MailSubject};
use latchkey::http::Operation;
use latchkey::store::{MOST_FAILURES, UserRow, schema};
use serde_json::json;

use crate::house::{Call, Door, Hashes, Reply, World};
use crate::operations::{AuthenticationTokenCreate, UserLogin, UserPassword, UsersCreate, UsersDelete, UsersUpdate};

fn guess(name: &str, password: &str) -> Call {
    Call::new().json(json!({ "username": name, "password": password }))
}

impl World {
    /// Whose the address is.
    async fn owner(&self, address: &str) -> Option<String> {
        let key = schema::email_address(&address.parse::<EmailAddress>().unwrap().place());
        let row = self.dynamodb.get_item().table_name("latchkey-users").set_key(Some(key)).consistent_read(true).send().await.unwrap();
        row.item.map(|row| row["user_id"].as_s().unwrap().clone())
    }

    /// Takes the row of an address away, as if an earlier release had made its user.
    pub async fn disown(&self, address: &str) {
        let key = schema::email_address(&address.parse::<EmailAddress>().unwrap().place());
        self.dynamodb.delete_item().table_name("latchkey-users").set_key(Some(key)).send().await.unwrap();
    }
}

#[tokio::test]
async fn a_user_logs_in_by_address_in_any_spelling_wherever_a_password_is_asked_for() {
    let world = World::new().await;
    let mut row = world.user_row("alice", Acl::everything());
    row.email = Some("Alice@xn--mnchen-3ya.example".into());
    world.insert(&row).await;
    let new = "maroon kettle on the third shelf";

    for name in ["alice", "Alice@M\u{fc}nchen.example", "ALICE@xn--mnchen-3ya.EXAMPLE", " alice@m\u{fc}nchen.example\n"] {
        assert_eq!(world.login(name, "alice's password").await.text("Id"), row.user_id.to_string(), "{name}");
    }
    let token = json!({ "mode": "password", "username": "alice@m\u{fc}nchen.example", "password": "alice's password" });
    assert_eq!(world.call::<AuthenticationTokenCreate>(Call::new().json(token)).await.status, 201);
    let change = json!({ "username": "alice@m\u{fc}nchen.example", "old": "alice's password", "new": new, "confirm": new });
    assert_eq!(world.call::<UserPassword>(Call::new().json(change)).await.status, 200);
    assert_eq!(world.login("alice@m\u{fc}nchen.example", new).await.status, 200);
}

#[tokio::test]
async fn an_unknown_address_costs_the_requests_and_the_hash_of_a_known_one() {
    let world = World::new().await;
    let named = UserRow { email: None, ..world.user_row("named@example.com", Acl::default()) };
    let unclaimed = world.user_row("old", Acl::default());
    for row in [&world.user_row("alice", Acl::default()), &named, &unclaimed] {
        world.insert(row).await;
    }
    world.disown("old@example.com").await;
    let service = world.start::<UserLogin>().await;

    let mut seen = Vec::new();
    for name in ["nobody@example.com", "alice@example.com", "named@example.com", "old@example.com"] {
        world.spy.take();
        let hashes = Hashes::count();
        let reply = service.reply(guess(name, "wrong")).await;
        let traffic = world.spy.take();
        let mut actions = traffic.actions.clone();
        actions.sort();
        seen.push((reply, actions, traffic.rounds.len(), hashes.so_far()));
    }

    assert_eq!(seen[0].1, ["BatchGetItem", "GetItem", "UpdateItem", "UpdateItem", "UpdateItem"]);
    assert_eq!((seen[0].0.status, seen[0].3), (401, 1));
    assert!(seen.iter().all(|one| *one == seen[0]), "{seen:?}");
}

#[tokio::test]
async fn a_login_by_name_costs_less_than_it_costs_by_address() {
    let world = World::new().await;
    world.insert(&world.user_row("alice", Acl::default())).await;

    world.measure::<UserLogin>("by e-mail address", guess("alice@example.com", "alice's password"), 200, 3).await;
    let service = world.start::<UserLogin>().await;
    world.spy.take();
    service.reply(guess("alice", "alice's password")).await;

    let actions = world.spy.take().actions;
    assert!(!actions.contains(&"BatchGetItem".to_owned()), "{actions:?}");
}

#[tokio::test]
async fn wrong_passwords_under_name_and_address_are_counted_together_and_never_go_over_a_hundred() {
    let world = World::with([("LOGIN_ATTEMPTS", "100"), ("ADDRESS_ATTEMPTS", "1000")]).await;
    let row = world.user_row("alice", Acl::default());
    world.insert(&row).await;
    let service = world.start::<UserLogin>().await;

    let guesses = (0..140).map(|number| service.reply(guess(if number % 2 == 0 { "alice" } else { "Alice@example.com" }, "wrong")));
    let hashes = Hashes::count();
    let replies: Vec<Reply> = join_all(guesses).await;

    assert!(replies.iter().all(|reply| reply.status == 401));
    assert!(hashes.so_far() >= 100);
    let rows = world.rows("users").await;
    let by_name = rows.iter().find(|row| row["pk"].as_s().unwrap() == "name#alice").unwrap();
    assert_eq!(by_name["failed_attempt_ids"].as_ss().unwrap().len(), usize::try_from(MOST_FAILURES).unwrap());
    for name in ["alice", "alice@example.com"] {
        world.pass(900);
        assert_eq!(world.login(name, "alice's password").await.status, 401, "the password is disabled");
    }
}

#[tokio::test]
async fn spellings_of_one_address_share_their_attempts() {
    let world = World::with([("LOGIN_ATTEMPTS", "2")]).await;

    let mut statuses = Vec::new();
    for name in ["a@m\u{fc}nchen.example", "A@xn--mnchen-3ya.example", "a@M\u{dc}NCHEN.example"] {
        statuses.push(world.login(name, "wrong").await.status);
    }

    assert_eq!(statuses, [401, 401, 429]);
}

#[tokio::test]
async fn an_address_that_takes_no_effect_logs_nobody_in_and_gets_no_mail() {
    let world = World::new().await;
    let row = world.user_row("alice", Acl::default());
    world.insert(&row).await;
    world.disown("alice@example.com").await;

    assert_eq!(world.login("alice@example.com", "alice's password").await.status, 401);
    world.ask(MailSubject::ApiKeyAdded { user: row.user_id, name: "a key".into() }).await;
    world.ask(MailSubject::ResetPassword { username: "alice".into() }).await;

    assert!(world.mails().await.is_empty());
    let told = world.told();
    assert_eq!(told.iter().filter(|event| event["reason"] == "the address is not the user's alone").count(), 2, "{told:?}");
}

#[tokio::test]
async fn a_forgotten_password_is_asked_for_by_address_too() {
    let world = World::new().await;
    world.insert(&world.user_row("alice", Acl::default())).await;

    world.ask(MailSubject::ResetPassword { username: "ALICE@example.com".into() }).await;

    let mails = world.mails().await;
    assert!(mails.len() == 1 && mails[0].contains("To: <alice@example.com>"), "{mails:?}");
}

#[tokio::test]
async fn administrators_are_told_of_an_address_that_is_taken_in_any_spelling() {
    let world = World::new().await;
    let root = world.person_with("root", Acl::everything()).await;
    let carol = world.person("carol").await;
    let create = |body| world.call::<UsersCreate>(Call::new().bearer(&root.jwt).json(body));
    let update = |id: String, body| world.call::<UsersUpdate>(Call::new().bearer(&root.jwt).path("userId", id).json(body));
    let before = world.rows("users").await.len();

    let made = create(json!({ "username": "other", "email": "CAROL@Example.com" })).await;
    let keyed =
        Call::new().bearer(&root.jwt).header("idempotency-key", "one").json(json!({ "username": "other", "email": "CAROL@Example.com" }));
    let keyed = world.call::<UsersCreate>(keyed).await;
    let changed = update(root.id.clone(), json!({ "email": "carol@EXAMPLE.com" })).await;
    let both = create(json!({ "username": "carol", "email": "carol@example.com" })).await;

    for reply in [made, keyed, changed] {
        assert_eq!((reply.status, reply.code()), (409, "email-taken"));
    }
    assert_eq!((both.status, both.code()), (409, "username-taken"));
    assert_eq!(world.rows("users").await.len(), before, "nothing was written");
    assert_eq!(world.owner("carol@example.com").await, Some(carol.id));
}

#[tokio::test]
async fn a_name_is_nobody_elses_address_and_an_address_nobody_elses_name() {
    let world = World::new().await;
    let root = world.person_with("root", Acl::everything()).await;
    let carol = world.person("carol").await;
    let create = |body| world.call::<UsersCreate>(Call::new().bearer(&root.jwt).json(body));

    let named = create(json!({ "username": "Carol@example.com" })).await;
    assert_eq!((named.status, named.code()), (409, "username-taken"));
    assert_eq!(create(json!({ "username": "dora@m\u{fc}nchen.example" })).await.status, 201);
    for email in ["Dora@m\u{fc}nchen.example", "dora@xn--mnchen-3ya.example"] {
        let addressed = create(json!({ "username": "other", "email": email })).await;
        assert_eq!((addressed.status, addressed.code()), (409, "email-taken"), "{email}");
        let changed = Call::new().bearer(&root.jwt).path("userId", &carol.id).json(json!({ "email": email }));
        assert_eq!(world.call::<UsersUpdate>(changed).await.code(), "email-taken");
    }
    // One's own name is one's own address.
    assert_eq!(create(json!({ "username": "erna@example.com", "email": "Erna@example.com" })).await.status, 201);
}

#[tokio::test]
async fn of_a_name_and_an_address_that_are_one_text_one_is_made() {
    let world = World::new().await;
    let root = world.person_with("root", Acl::everything()).await;
    let service = world.start::<UsersCreate>().await;

    let replies = join_all((0..100).map(|number| {
        let body = match number % 2 {
            0 => json!({ "username": "one@example.com" }),
            _ => json!({ "username": format!("user{number}"), "email": "One@example.com" }),
        };
        service.reply(Call::new().bearer(&root.jwt).json(body))
    }));
    let replies = replies.await;

    assert_eq!(replies.iter().filter(|reply| reply.status == 201).count(), 1, "{replies:?}");
    assert!(replies.iter().all(|reply| [201, 409].contains(&reply.status)));
}

#[tokio::test]
async fn a_changed_address_is_free_for_others_and_the_new_one_is_not() {
    let world = World::new().await;
    let root = world.person_with("root", Acl::everything()).await;
    let carol = world.person("carol").await;
    let update = |body| world.call::<UsersUpdate>(Call::new().bearer(&root.jwt).path("userId", &carol.id).json(body));

    assert_eq!(update(json!({ "email": "new@example.com" })).await.status, 200);
    assert_eq!((world.owner("carol@example.com").await, world.owner("new@example.com").await), (None, Some(carol.id.clone())));
    assert_eq!(world.login("new@example.com", &carol.password).await.status, 200);
    assert_eq!(update(json!({ "email": "NEW@example.com" })).await.body["email"], "NEW@example.com");
    assert_eq!(update(json!({ "email": "" })).await.status, 200);
    assert_eq!(world.owner("new@example.com").await, None);
    assert_eq!(world.login("new@example.com", &carol.password).await.status, 401);
}

#[tokio::test]
async fn many_changes_of_one_address_leave_one_row() {
    let world = World::new().await;
    let root = world.person_with("root", Acl::everything()).await;
    let carol = world.person("carol").await;
    let service = world.start::<UsersUpdate>().await;

    let call = |number: usize| {
        Call::new().bearer(&root.jwt).path("userId", &carol.id).json(json!({ "email": format!("new{number}@example.com") }))
    };
    join_all((0..20).map(|number| service.reply(call(number)))).await;

    let rows = world.rows("users").await;
    let theirs: Vec<_> =
        rows.iter().filter(|row| row["pk"].as_s().unwrap().starts_with("email#") && row["user_id"].as_s().unwrap() == &carol.id).collect();
    assert_eq!(theirs.len(), 1);
    let email = rows.iter().find(|row| row["pk"].as_s().unwrap() == "name#carol").unwrap()["email"].as_s().unwrap().clone();
    assert_eq!(world.owner(&email).await, Some(carol.id.clone()));
}

#[tokio::test]
async fn a_user_whose_address_takes_no_effect_is_erased_and_leaves_it_to_its_owner() {
    let world = World::new().await;
    let root = world.person_with("root", Acl::everything()).await;
    let carol = world.person("carol").await;
    world.disown("carol@example.com").await;
    let dora = UserRow { email: Some("carol@example.com".into()), ..world.user_row("dora", Acl::default()) };
    world.insert(&dora).await;

    assert_eq!(world.call::<UsersDelete>(Call::new().bearer(&root.jwt).path("userId", &carol.id)).await.status, 204);

    assert_eq!(world.owner("carol@example.com").await, Some(dora.user_id.to_string()));
}

#[tokio::test]
async fn an_erased_users_address_is_free() {
    let world = World::new().await;
    let root = world.person_with("root", Acl::everything()).await;
    let carol = world.person("carol").await;

    assert_eq!(world.call::<UsersDelete>(Call::new().bearer(&root.jwt).path("userId", &carol.id)).await.status, 204);

    assert_eq!(world.owner("carol@example.com").await, None);
    let body = json!({ "username": "other", "email": "carol@example.com" });
    assert_eq!(world.call::<UsersCreate>(Call::new().bearer(&root.jwt).json(body)).await.status, 201, "{}", UsersCreate::NAME);
}

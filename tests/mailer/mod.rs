//! The mailer behind the outbox's stream: what it sends, how often, and what it does where SES or a row fails it.

mod kinds;
mod limits;
mod notices;
mod reports;
mod ses;

use aws_sdk_dynamodb::types::AttributeValue;
use latchkey::domain::{Acl, Locator, MailRequest, MailSubject, Timestamp, UserId};
use latchkey::runtime::{ConsumerService, Table};
use latchkey::store::{OutboxEntry, OutboxError, Throttle, UserRow, schema};
use serde_json::{Value, json};

use crate::house::World;
use crate::operations::Mailer;
use ses::Ses;

impl World {
    /// Asks for a mail, as an operation does.
    pub async fn ask(&self, about: MailSubject) -> MailRequest {
        let mail = MailRequest::new(about, self.setup.clock.now());
        self.put(OutboxEntry::new(Locator::of_user(UserId::random()), mail.clone())).await.unwrap();
        mail
    }

    async fn put(&self, entry: OutboxEntry) -> Result<(), OutboxError> {
        entry.put(&self.setup.database(&[Table::Tokens]).unwrap()).await
    }

    async fn user(&self, name: &str) -> UserRow {
        let row = self.user_row(name, Acl::default());
        self.insert(&row).await;
        row
    }

    /// Name and reason of the events since the last time.
    fn told_briefly(&self) -> Vec<(String, Option<String>)> {
        let text = |event: &Value, name: &str| event[name].as_str().map(str::to_owned);
        let lines = self.setup.events.take();
        let events = lines.iter().map(|line| serde_json::from_str(line).unwrap());
        events.map(|event: Value| (text(&event, "event").unwrap(), text(&event, "reason"))).collect()
    }
}

fn event(name: &str, reason: &str) -> (String, Option<String>) {
    (name.to_owned(), Some(reason.to_owned()).filter(|reason| !reason.is_empty()))
}

/// A notice, which depends on nothing but the user.
fn notice(user: &UserRow) -> MailSubject {
    MailSubject::ApiKeyAdded { user: user.user_id, name: "a key".into() }
}

#[tokio::test]
async fn a_mail_that_was_asked_for_before_the_mailer_ran_goes_out_when_it_does() {
    let world = World::new().await;
    let alice = world.user("alice").await;

    world.ask(notice(&alice)).await;

    assert!(world.sent().is_empty(), "nothing has run yet, as after a crash");
    assert_eq!(world.mails().await.len(), 1);
}

#[tokio::test]
async fn a_request_that_is_delivered_twice_is_one_mail() {
    let world = World::new().await;
    let alice = world.user("alice").await;
    world.ask(notice(&alice)).await;
    let batch = world.records().remove(0);

    world.hand_over(&batch).await;
    world.hand_over(&batch).await;

    assert_eq!(world.sent().len(), 1);
    assert_eq!(world.told_briefly(), [event("mail.sent", "")]);
}

#[tokio::test]
async fn where_the_note_was_lost_the_second_mail_is_the_first_to_the_byte() {
    let world = World::new().await;
    let alice = world.user("alice").await;
    for about in [notice(&alice), MailSubject::ResetPassword { username: "alice".into() }] {
        world.ask(about).await;
        let batch = world.records().remove(0);
        let before = world.sent().len();

        world.hand_over(&batch).await;
        for row in world.whole_table("tokens").await.into_iter().filter(|row| row["pk"].as_s().unwrap().starts_with("mailbox#")) {
            let key = world.dynamodb.delete_item().table_name("latchkey-tokens").key("pk", row["pk"].clone()).key("sk", row["sk"].clone());
            key.send().await.unwrap();
        }
        world.pass(7);
        world.hand_over(&batch).await;

        let sent = world.sent();
        assert_eq!(sent.len(), before + 2);
        assert_eq!(sent[before], sent[before + 1]);
    }
}

#[tokio::test]
async fn requests_of_different_places_may_come_in_any_order() {
    let world = World::new().await;
    let (alice, bob) = (world.user("alice").await, world.user("bob").await);
    for user in [&alice, &bob, &alice] {
        world.ask(notice(user)).await;
        world.pass(1);
    }
    let mut batch = world.records().remove(0);

    batch.reverse();
    world.hand_over(&batch).await;
    world.hand_over(&batch[1..]).await;

    assert_eq!(world.sent().len(), 3);
}

#[tokio::test]
async fn ses_refuses_one_of_ten_and_the_other_nine_arrive() {
    let (world, ses) = Ses::start().await;
    for number in 0..10 {
        let user = world.user(&format!("user{number}")).await;
        world.ask(notice(&user)).await;
    }
    // A recipient's address that holds the sender's is another one.
    ses.answer("user4@example.com", 400, "MessageRejected: xauth@example.com, auth@example.com.evil.example");
    let batch = world.records().remove(0);

    let answer = world.hand_over(&batch).await;

    assert_eq!(answer, json!({ "batchItemFailures": [] }), "the tenth holds up nothing");
    assert_eq!(ses.taken().len(), 9);
    let told = world.told_briefly();
    assert_eq!(told.iter().filter(|told| **told == event("mail.refused", "refused by SES")).count(), 1);
    assert_eq!(told.iter().filter(|told| **told == event("mail.sent", "")).count(), 9);
    world.hand_over(&batch).await;
    assert_eq!((ses.taken().len(), world.told_briefly()), (9, vec![]), "a refusal is final");
}

#[tokio::test]
async fn what_ses_does_not_take_now_is_delivered_again_and_nothing_else() {
    for (status, code) in [
        (429, "TooManyRequestsException"),
        (500, "InternalFailure"),
        (400, "SendingPausedException"),
        (400, "MessageRejected: bob@example.com, auth@example.com."),
        (403, "AccessDeniedException"),
    ] {
        let (world, ses) = Ses::start().await;
        for name in ["alice", "bob", "carol"] {
            let user = world.user(name).await;
            world.ask(notice(&user)).await;
        }
        let batch = world.records().remove(0);
        ses.answer("bob@example.com", status, code);

        let answer = world.hand_over(&batch).await;

        let number = &batch[1]["dynamodb"]["SequenceNumber"];
        assert_eq!(answer, json!({ "batchItemFailures": [{ "itemIdentifier": number }] }), "{code}");
        assert_eq!(ses.taken().len(), 2, "{code}");
        ses.answer("bob@example.com", 200, "");
        assert_eq!(world.hand_over(&batch[1..]).await, json!({ "batchItemFailures": [] }));
        assert_eq!(ses.taken().len(), 3, "carol's, which went out again with bob's, is no second mail");
    }
}

#[tokio::test]
async fn a_store_that_does_not_answer_has_the_mail_delivered_again() {
    let world = World::new().await;
    let alice = world.user("alice").await;
    world.ask(notice(&alice)).await;
    let batch = world.records().remove(0);
    let mailer = ConsumerService::<Mailer>::start(&world.setup_of("mailer")).await.unwrap();

    for passed in 0..3 {
        world.spy.refuse_after(passed, 100, 400, &json!({ "__type": "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException" }));
        let answer = mailer.call(json!({ "Records": batch }), "lambda-1").await.unwrap();
        assert_eq!(answer["batchItemFailures"].as_array().unwrap().len(), 1, "{passed}");
    }
    assert!(world.sent().is_empty() && world.told_briefly().is_empty());
    world.spy.refuse_next(0, 0, &json!({}));
    assert_eq!(mailer.call(json!({ "Records": batch }), "lambda-1").await.unwrap(), json!({ "batchItemFailures": [] }));
    assert_eq!(world.sent().len(), 1);
}

#[tokio::test]
async fn a_row_that_can_not_be_read_holds_up_nothing() {
    let world = World::new().await;
    let alice = world.user("alice").await;
    for _ in 0..3 {
        world.ask(notice(&alice)).await;
    }
    let mut batch = world.records().remove(0);
    batch[0]["dynamodb"]["NewImage"]["mail"]["S"] = "{}".into();
    batch[1]["dynamodb"]["NewImage"]["mail"] = json!({ "N": "1" });

    let answer = world.hand_over(&batch).await;

    assert_eq!(answer, json!({ "batchItemFailures": [] }));
    assert_eq!(
        world.told_briefly(),
        [event("mail.refused", "unreadable row"), event("mail.refused", "unreadable row"), event("mail.sent", "")]
    );
}

#[tokio::test]
async fn a_user_who_can_not_be_read_holds_up_nobody_elses_mail() {
    let world = World::new().await;
    let (alice, bob) = (world.user("alice").await, world.user("bob").await);
    let update = world.dynamodb.update_item().table_name("latchkey-users").set_key(Some(schema::user_by_id(alice.user_id)));
    let update = update.update_expression("SET acl = :acl").expression_attribute_values(":acl", AttributeValue::S("none".into()));
    update.send().await.unwrap();
    world.ask(notice(&alice)).await;
    world.ask(notice(&bob)).await;

    let mut answers = Vec::new();
    for batch in world.records() {
        answers.push(world.hand_over(&batch).await);
    }

    assert!(answers.iter().all(|answer| *answer == json!({ "batchItemFailures": [] })), "{answers:?}");
    assert_eq!(world.told_briefly(), [event("mail.refused", "unreadable row"), event("mail.sent", "")]);
}

#[tokio::test]
async fn a_mail_that_has_expired_before_it_was_sent_is_not_sent() {
    let world = World::new().await;
    let alice = world.user("alice").await;
    world.ask(MailSubject::ResetPassword { username: "alice".into() }).await;
    world.ask(notice(&alice)).await;

    world.pass(1800);
    let mails = world.mails().await;

    assert_eq!(mails.len(), 1, "a notice is worth as much later");
    assert_eq!(world.told_briefly(), [event("mail.dropped", "expired"), event("mail.sent", "")]);
}

#[tokio::test]
async fn the_stream_shows_the_mailer_requests_and_neither_removed_rows_nor_others() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let throttle = Throttle { attempts: 2, window_seconds: 60 };
    let entry = || {
        let about = MailSubject::ApiKeyAdded { user: alice.id.parse().unwrap(), name: "a key".into() };
        OutboxEntry::counted(Locator::of_user(alice.id.parse().unwrap()), MailRequest::new(about, world.setup.clock.now()), throttle)
    };
    world.put(entry()).await.unwrap();
    world.put(entry()).await.unwrap();
    assert!(matches!(world.put(entry()).await, Err(OutboxError::Throttled { .. })));
    for row in world.rows("tokens").await {
        let delete = world.dynamodb.delete_item().table_name("latchkey-tokens");
        delete.key("pk", row["pk"].clone()).key("sk", row["sk"].clone()).send().await.unwrap();
    }

    let records = world.records().concat();

    let names: Vec<_> = records.iter().map(|record| record["eventName"].as_str().unwrap()).collect();
    assert_eq!(names, ["INSERT", "MODIFY"]);
}

#[tokio::test]
async fn a_removed_row_that_comes_all_the_same_and_an_empty_batch_are_nothing() {
    let world = World::new().await;
    let removed = json!({ "eventName": "REMOVE", "dynamodb": { "SequenceNumber": "1", "Keys": { "pk": { "S": "outbox#1" } } } });

    assert_eq!(world.hand_over(&[removed]).await, json!({ "batchItemFailures": [] }));
    assert_eq!(world.hand_over(&[]).await, json!({ "batchItemFailures": [] }));
    assert!(world.told_briefly().is_empty());
}

#[tokio::test]
async fn an_event_of_nobody_fails() {
    let world = World::new().await;
    let mailer = ConsumerService::<Mailer>::start(&world.setup_of("mailer")).await.unwrap();

    for event in [json!({}), json!([]), json!({ "Records": [{}] })] {
        assert!(mailer.call(event, "lambda-1").await.is_err());
    }
}

#[tokio::test]
async fn no_row_of_the_outbox_holds_a_secret() {
    let world = World::new().await;
    let alice = world.user("alice").await;
    let backend = world.person_with("backend", Acl::everything()).await;
    let token = world.one_time_token(&backend.key, json!({ "customerId": alice.user_id, "otpRequired": true })).await.text("token");
    world.ask(MailSubject::ResetPassword { username: "alice".into() }).await;
    world.ask(MailSubject::Invitation { user: alice.user_id }).await;
    let mails = world.mails().await;

    let rows = format!("{:?}", world.rows("tokens").await);

    assert_eq!(mails.len(), 3);
    let secrets: Vec<_> = mails.iter().map(|mail| kinds::secret_in(mail)).collect();
    for secret in secrets.iter().chain([&token]) {
        assert!(secret.len() >= 6 && !rows.contains(secret.as_str()), "{secret}");
    }
    assert!(!rows.contains("alice@example.com"), "the address is in the user's row alone");
}

#[tokio::test]
async fn it_costs_what_docs_costs_says() {
    let world = World::new().await;
    let alice = world.user("alice").await;
    for (case, about) in [("a notice", notice(&alice)), ("a forgotten password", MailSubject::ResetPassword { username: "alice".into() })] {
        world.ask(about).await;
        let batch = world.records().remove(0);
        let mailer = ConsumerService::<Mailer>::start(&world.setup_of("mailer")).await.unwrap();
        for (case, rounds) in [(case.to_owned(), 4), (format!("{case}, again"), 3)] {
            world.spy.take();
            mailer.call(json!({ "Records": batch }), "lambda-1").await.unwrap();
            let traffic = world.spy.take();
            assert_eq!(traffic.rounds.len(), rounds, "{case}: {traffic:?}");
            crate::house::measured_costs::write_down("mailer", &case, &traffic);
        }
    }
}

#[tokio::test]
async fn the_events_name_the_kind_and_the_user_and_no_address() {
    let world = World::new().await;
    let alice = world.user("alice").await;
    world.ask(notice(&alice)).await;

    world.mails().await;

    let lines = world.setup.events.take();
    let event: Value = serde_json::from_str(&lines[0]).unwrap();
    let place = "alice@example.com".parse::<latchkey::domain::EmailAddress>().unwrap().place();
    assert_eq!((&event["subject"], &event["mail"]), (&json!(alice.user_id), &json!("api-key-added")));
    assert_eq!((&event["mailbox"], &event["operation"]), (&json!(place), &json!("mailer")));
    assert!(!lines[0].contains("alice"), "{}", lines[0]);
}

fn now(world: &World) -> Timestamp {
    world.setup.clock.now()
}

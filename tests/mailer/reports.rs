//! What SES reports of mails that came back, injected as EventBridge would.

use latchkey::domain::MailSubject;
use latchkey::runtime::ConsumerService;
use serde_json::{Value, json};

use super::{event, notice};
use crate::house::World;
use crate::operations::Mailer;

/// An event as EventBridge hands it over.
fn report(kind: &str, detail: &Value) -> Value {
    let mut detail = detail.clone();
    detail["mail"] = json!({
        "timestamp": "2030-03-17T17:46:40.012Z",
        "source": "auth@example.com",
        "messageId": "EXAMPLE7c191be45-e9aedb9a-02f9-4d12-a87d-dd0099a07f8a-000000",
        "destination": ["alice@example.com"],
        "tags": { "ses:configuration-set": ["latchkey-test"] },
    });
    json!({ "version": "0", "id": "1", "detail-type": kind, "source": "aws.ses", "account": "123456789012", "region": "x", "detail": detail })
}

fn bounce(kind: &str, address: &str) -> Value {
    let recipient =
        json!({ "emailAddress": address, "action": "failed", "status": "5.1.1", "diagnosticCode": "smtp; 550 5.1.1 user unknown" });
    let bounce = json!({ "bounceType": kind, "bounceSubType": "General", "bouncedRecipients": [recipient], "feedbackId": "1" });
    report("Email Bounced", &json!({ "eventType": "Bounce", "bounce": bounce }))
}

fn complaint(address: &str, kind: Option<&str>) -> Value {
    let mut complaint = json!({ "complainedRecipients": [{ "emailAddress": address }], "feedbackId": "1" });
    if let Some(kind) = kind {
        complaint["complaintFeedbackType"] = kind.into();
    }
    report("Email Complaint Received", &json!({ "eventType": "Complaint", "complaint": complaint }))
}

async fn take(world: &World, event: Value) -> Result<Value, &'static str> {
    ConsumerService::<Mailer>::start(&world.setup_of("mailer")).await.unwrap().call(event, "lambda-1").await
}

#[tokio::test]
async fn an_address_that_bounces_for_good_or_complains_gets_no_mail_for_ninety_days() {
    for (report, told) in [
        (bounce("Permanent", "Alice@example.com"), event("mail.bounced", "permanent")),
        (complaint("Alice <alice@example.com>", Some("abuse")), event("mail.complained", "complaint")),
        (complaint("alice@example.com", None), event("mail.complained", "complaint")),
    ] {
        let world = World::new().await;
        let (alice, bob) = (world.user("alice").await, world.user("bob").await);

        assert_eq!(take(&world, report).await, Ok(Value::Null));
        world.ask(notice(&alice)).await;
        world.ask(notice(&bob)).await;

        let mails = world.mails().await;
        assert!(mails.len() == 1 && mails[0].contains("bob@example.com"));
        assert_eq!(world.told_briefly(), [told, event("mail.dropped", "blocked address"), event("mail.sent", "")]);
        world.pass(90 * 86_400);
        world.ask(notice(&alice)).await;
        assert_eq!(world.mails().await.len(), 2);
    }
}

#[tokio::test]
async fn a_passing_bounce_and_a_mail_taken_out_of_spam_block_nothing() {
    let world = World::new().await;
    world.user("alice").await;

    for (report, told) in [
        (bounce("Transient", "alice@example.com"), vec![event("mail.bounced", "passing")]),
        (bounce("Undetermined", "alice@example.com"), vec![event("mail.bounced", "passing")]),
        (complaint("alice@example.com", Some("not-spam")), vec![]),
        (report("Email Delivered", &json!({ "eventType": "Delivery", "delivery": {} })), vec![]),
        (report("Email Bounced", &json!({ "eventType": "Bounce" })), vec![]),
        (bounce("Permanent", "no address"), vec![]),
    ] {
        assert_eq!(take(&world, report).await, Ok(Value::Null));
        assert_eq!(world.told_briefly(), told);
    }
    world.ask(MailSubject::ResetPassword { username: "alice".into() }).await;
    assert_eq!(world.mails().await.len(), 1);
}

#[tokio::test]
async fn a_report_that_could_not_be_stored_is_delivered_again() {
    let world = World::new().await;
    let mailer = ConsumerService::<Mailer>::start(&world.setup_of("mailer")).await.unwrap();
    world.spy.refuse_next(100, 400, &json!({ "__type": "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException" }));

    assert!(mailer.call(bounce("Permanent", "alice@example.com"), "lambda-1").await.is_err());
}

#[tokio::test]
async fn no_report_leaves_an_address_in_a_row_or_an_event() {
    let world = World::new().await;

    take(&world, bounce("Permanent", "alice@example.com")).await.unwrap();

    assert!(!format!("{:?}{:?}", world.rows("tokens").await, world.setup.events.take()).contains("alice"));
}

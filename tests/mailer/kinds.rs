//! What each kind of mail says, and to whom it goes.

use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use latchkey::credentials::{EmailToken, ResetToken, SignUpToken, TokenKeys};
use latchkey::domain::{EmailAddress, MailSubject, RandomId, Timestamp, UserId};
use serde_json::json;

use super::ses::Ses;
use super::{event, notice, now};
use crate::house::World;

/// Header, plain text and HTML of a mail.
fn parts(mail: &str) -> (&str, &str, &str) {
    let (head, body) = mail.split_once("\r\n\r\n").unwrap();
    let mut parts = body.split("\r\n\r\n").skip(1);
    let from = |marker: &str| body.split_once(marker).unwrap().1.split_once("\r\n\r\n").unwrap().1.split("\r\n--").next().unwrap();
    assert!(parts.next().is_some());
    (head, from("Content-Type: text/plain"), from("Content-Type: text/html"))
}

fn header<'m>(head: &'m str, name: &str) -> &'m str {
    head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).unwrap_or_else(|| panic!("no {name} in {head}"))
}

/// The link's address and its token, after checking that the HTML has the same.
fn link(mail: &str) -> (String, String) {
    let (_, plain, html) = parts(mail);
    let link = plain.split_whitespace().find(|word| word.starts_with("https://")).unwrap_or_else(|| panic!("no link in {plain}"));
    assert!(html.contains(&format!("href=\"{link}\"")), "{html}");
    let (page, token) = link.split_once('=').unwrap();
    (page.to_owned(), token.to_owned())
}

/// The token or the one-time password in a mail.
pub fn secret_in(mail: &str) -> String {
    let (_, plain, _) = parts(mail);
    match plain.split_once("password is ") {
        Some((_, rest)) => rest.chars().take(6).collect(),
        None => link(mail).1,
    }
}

fn keys(world: &World) -> TokenKeys {
    TokenKeys::parse(&std::fs::read_to_string(world.folder.join("token.json")).unwrap()).unwrap()
}

fn address(text: &str) -> EmailAddress {
    text.parse().unwrap()
}

async fn one_mail(world: &World, about: MailSubject) -> String {
    let before = world.sent().len();
    world.ask(about).await;
    let mails = world.mails().await;
    assert_eq!(mails.len(), before + 1, "{:?}", world.told_briefly());
    mails.last().unwrap().clone()
}

#[tokio::test]
async fn a_mail_has_two_texts_and_headers_that_derive_from_the_request() {
    let world = World::new().await;
    let alice = world.user("alice").await;
    let request = world.ask(notice(&alice)).await;

    let mail = world.mails().await.remove(0);

    let (head, plain, html) = parts(&mail);
    assert_eq!(header(head, "Message-ID"), format!("<{}@example.com>", request.id));
    assert_eq!(header(head, "Date"), "Sun, 17 Mar 2030 17:46:40 +0000");
    assert_eq!((header(head, "From"), header(head, "To")), ("<auth@example.com>", "<alice@example.com>"));
    assert_eq!((header(head, "Subject"), header(head, "Auto-Submitted")), ("An API key was added", "auto-generated"));
    assert!(header(head, "Content-Type").starts_with("multipart/alternative"));
    assert!(plain.contains("added to your account alice at 2030-03-17 17:46 UTC") && !plain.contains("Subject:"), "{plain}");
    assert!(html.starts_with("<!doctype html>") && html.contains("added to your account alice"), "{html}");
    assert!(!plain.contains('{') && !html.contains('{'), "everything is filled in");
}

#[tokio::test]
async fn a_reset_link_holds_user_epoch_and_address_and_lives_for_thirty_minutes() {
    let world = World::new().await;
    let mut alice = world.user_row("alice", latchkey::domain::Acl::default());
    alice.epoch = 7;
    world.insert(&alice).await;

    let mail = one_mail(&world, MailSubject::ResetPassword { username: "Alice".into() }).await;

    let (page, token) = link(&mail);
    assert_eq!(page, "https://app.example.com/account#reset");
    let opened = ResetToken::open(&keys(&world), &token, now(&world)).unwrap();
    let expected =
        ResetToken { user: alice.user_id, epoch: 7, address: address("alice@example.com").place(), expires_at: now(&world).plus(1800) };
    assert_eq!(opened, expected);
    assert!(parts(&mail).1.contains("for 30 minutes"));
}

#[tokio::test]
async fn an_invitation_is_a_reset_link_for_seven_days() {
    let world = World::new().await;
    let alice = world.user("alice").await;

    let mail = one_mail(&world, MailSubject::Invitation { user: alice.user_id }).await;

    let (page, token) = link(&mail);
    assert_eq!(page, "https://app.example.com/account#invitation");
    assert_eq!(ResetToken::open(&keys(&world), &token, now(&world)).unwrap().expires_at, now(&world).plus(604_800));
    assert!(parts(&mail).1.contains("for 7 days"));
}

#[tokio::test]
async fn a_sign_up_link_holds_the_address_and_a_life_of_a_day() {
    let world = World::new().await;

    let mail = one_mail(&world, MailSubject::SignUp { address: address("Carol@example.com") }).await;

    let (page, token) = link(&mail);
    assert_eq!(page, "https://app.example.com/account#sign-up");
    let expected = SignUpToken { address: address("Carol@example.com"), expires_at: now(&world).plus(86_400) };
    assert_eq!(SignUpToken::open(&keys(&world), &token, now(&world)), Ok(expected));
    assert!(mail.contains("To: <Carol@example.com>") && parts(&mail).1.contains("for 24 hours"));
}

#[tokio::test]
async fn a_changed_address_gets_the_link_and_the_former_one_the_notice() {
    let world = World::new().await;
    let alice = world.user("alice").await;
    let new = address("alice@example.org");

    let link_mail = one_mail(&world, MailSubject::ChangeEmail { user: alice.user_id, epoch: 0, address: new.clone() }).await;
    let notice = one_mail(&world, MailSubject::EmailChanged { user: alice.user_id, address: address("alice@example.net") }).await;

    let (page, token) = link(&link_mail);
    assert_eq!(page, "https://app.example.com/account#email");
    let expected = EmailToken { user: alice.user_id, epoch: 0, address: new, expires_at: now(&world).plus(86_400) };
    assert_eq!(EmailToken::open(&keys(&world), &token, now(&world)), Ok(expected));
    assert!(link_mail.contains("To: <alice@example.org>") && notice.contains("To: <alice@example.net>"));
}

#[tokio::test]
async fn notices_go_to_the_users_address_and_name_what_happened() {
    let world = World::new().await;
    let alice = world.user("alice").await;
    let user = alice.user_id;
    world.set_failures(100).await;

    let set = world.dynamodb.update_item().table_name("latchkey-users").key("pk", AttributeValue::S("name#alice".into()));
    let set = set.update_expression("SET password_epoch = :v").expression_attribute_values(":v", AttributeValue::N("1".into()));
    set.send().await.unwrap();

    for (about, text) in [
        (MailSubject::PasswordChanged { user, epoch: 0 }, "The password of your account alice was changed"),
        (MailSubject::ApiKeyAdded { user, name: "<b>prod</b> & \"{username}\"".into() }, "API key \"<b>prod</b> & \"{username}\"\""),
        (MailSubject::SignInDisabled { user }, "too many wrong passwords for your account alice"),
    ] {
        let mail = one_mail(&world, about).await;

        let (head, plain, html) = parts(&mail);
        assert_eq!(header(head, "To"), "<alice@example.com>");
        assert!(plain.contains(text), "{plain}");
        assert!(!html.contains("<b>"), "{html}");
    }
}

#[tokio::test]
async fn who_can_not_be_mailed_is_told_in_an_event_alone() {
    let world = World::new().await;
    let user = |name: &str, email: Option<&str>| {
        let mut row = world.user_row(name, latchkey::domain::Acl::default());
        row.email = email.map(str::to_owned);
        row
    };
    let mut disabled = user("disabled", Some("disabled@example.com"));
    disabled.disabled_at = Some(Timestamp::from_unix(1));
    let nowhere = user("nowhere", None);
    let odd = user("odd", Some("odd@example.com\r\nBcc: mallory@example.com"));
    for row in [&disabled, &nowhere, &odd] {
        world.insert(row).await;
    }
    let moved = MailSubject::ChangeEmail { user: disabled.user_id, epoch: 0, address: address("a@example.com") };
    let reset = |username: &str| MailSubject::ResetPassword { username: username.into() };

    for (about, reason) in [
        (reset("nobody"), "no such user"),
        (notice(&world.user_row("gone", latchkey::domain::Acl::default())), "no such user"),
        (reset("disabled"), "disabled user"),
        (MailSubject::Invitation { user: disabled.user_id }, "disabled user"),
        (reset("nowhere"), "no address"),
        (reset("odd"), "no possible address"),
        (moved, "the user has changed"),
        (MailSubject::EmailChanged { user: UserId::random(), address: address("a@example.com") }, "no such user"),
        (MailSubject::SignInDisabled { user: UserId::random() }, "no such user"),
        (MailSubject::SignInDisabled { user: disabled.user_id }, "the password is enabled again"),
    ] {
        world.ask(about).await;
        assert!(world.mails().await.is_empty(), "{reason}");
        assert_eq!(world.told_briefly(), [event("mail.dropped", reason)]);
    }
    // A disabled user learns that the password was changed.
    world.ask(notice(&disabled)).await;
    assert_eq!(world.mails().await.len(), 1);
}

#[tokio::test]
async fn a_one_time_password_is_derived_under_the_key_of_its_token_while_the_ring_has_it() {
    let world = World::new().await;
    let alice = world.user("alice").await;
    let password =
        |sealed_under, token| MailSubject::OneTimePassword { user: alice.user_id, token, sealed_under, expires_at: now(&world).plus(600) };
    let token = RandomId::random();
    let before = secret_in(&one_mail(&world, password(1, token)).await);
    world.rotate_token_keys();

    let after = secret_in(&one_mail(&world, password(1, token)).await);
    world.ask(password(9, token)).await;

    assert_eq!(after, before);
    assert_eq!(world.mails().await.len(), 2);
    assert_eq!(world.told_briefly().last(), Some(&event("mail.dropped", "the key is gone")));
}

#[tokio::test]
async fn ses_is_given_the_sender_the_recipient_and_the_configuration_set() {
    let (world, ses) = Ses::start().await;
    let alice = world.user("alice").await;
    world.ask(notice(&alice)).await;

    world.hand_over(&world.records().remove(0)).await;

    let request = ses.taken().remove(0);
    assert_eq!(request["FromEmailAddress"], "auth@example.com");
    assert_eq!(request["Destination"], json!({ "ToAddresses": ["alice@example.com"] }));
    assert_eq!(request["ConfigurationSetName"], "latchkey-test");
    let raw = STANDARD.decode(request["Content"]["Raw"]["Data"].as_str().unwrap()).unwrap();
    assert!(parts(std::str::from_utf8(&raw).unwrap()).1.contains("account alice"));
    let used = world.spy.take().rights;
    let right = |action: &str, resource: &str| (action.to_owned(), resource.to_owned());
    assert!(used.contains(&right("ses:SendEmail", "auth@example.com")));
    assert!(used.contains(&right("ses:SendEmail", "configuration-set/latchkey-test")));
}

#[test]
fn every_kind_has_its_texts_and_no_text_is_left_over() {
    let folder = crate::house::root().join("infra/mail");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let source = std::fs::read_to_string(crate::house::root().join("functions/mailer/src/letter.rs")).unwrap();

    let mut kinds = std::collections::BTreeMap::<String, Vec<String>>::new();
    for file in files {
        let (kind, extension) = file.rsplit_once('.').unwrap();
        kinds.entry(kind.to_owned()).or_default().push(extension.to_owned());
    }

    assert!(kinds.len() >= 10);
    for (kind, mut extensions) in kinds {
        extensions.sort();
        assert_eq!(extensions, ["html", "txt"], "{kind}");
        assert!(source.contains(&format!("text!(\"{kind}\"")), "nothing sends {kind}");
    }
}

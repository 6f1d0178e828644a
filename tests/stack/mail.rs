//! Mail by the real binaries: the stream invokes the mailer, also with what a power cut left behind.

use std::time::{Duration, Instant};

use serde_json::json;

use super::people::{Member, moment};
use super::running::Stack;
use super::site::Site;

/// How long a mail may take. The functions start with the stack.
const PATIENCE: Duration = Duration::from_secs(60);

/// Killed between the write and the mail: whoever was told of a token gets its one-time password.
pub async fn what_was_acknowledged_is_mailed(stack: &mut Stack) {
    let demo = stack.demo().await;
    let mut tokens = Vec::new();
    for _ in 0..20 {
        let member = stack.member().await;
        let body = json!({ "mode": "passwordless", "customerId": member.id, "otpRequired": true });
        let made = stack.http.post("/authentication-tokens", &[("reb-apikey", &demo.key)], body).await;
        assert_eq!(made.status, 201, "{made:?}");
        tokens.push((member, made.text("token")));
    }
    let before = stack.mails().len();
    stack.kill_and_start_again().await;

    for (member, token) in &tokens {
        let digits = one_time_password(stack, member).await;
        let session = stack.http.post(&format!("/authentication-tokens/{token}/exchange"), &[], json!({ "oneTimePassword": digits })).await;
        assert_eq!(session.status, 201, "{session:?}");
    }
    println!("{} mails: {before} before the cut, the others after it", stack.mails().len());
}

async fn one_time_password(site: &Site, member: &Member) -> String {
    to(site, &member.email()).await.split_once("password is ").unwrap().1.chars().take(6).collect()
}

/// A mail to `address`, as soon as there is one.
pub async fn to(site: &Site, address: &str) -> String {
    let started = Instant::now();
    let to = format!("To: <{address}>");
    loop {
        if let Some(mail) = site.mails().into_iter().find(|mail| mail.contains(&to)) {
            return mail;
        }
        assert!(started.elapsed() < PATIENCE, "no mail to {address}");
        moment().await;
    }
}

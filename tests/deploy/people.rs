//! A person's account from its beginning to its end, in the ways that differ in what they ask of AWS.

use std::time::Instant;

use aws_sdk_dynamodb::types::AttributeValue;
use latchkey::domain::{EmailAddress, Username};
use latchkey::store::schema;
use serde_json::{Value, json};

use super::deployed::Deployed;
use super::flow::PATIENCE;
use crate::stack::http::Response;
use crate::stack::people::{Member, moment};
use crate::stack::site::Site;

const PASSWORDS: [&str; 4] = [
    "maroon kettle on the third shelf",
    "purple teapot under the second bridge",
    "seven lanterns along the old canal",
    "a green ladder behind the bakery",
];

/// A day and a minute: after a day a deletion is finished.
const DAY: i64 = 86_460;

/// Signs up, changes the address, ends sessions, forgets the password twice and is deleted; the same for users that others make.
pub async fn every_operation_of_people_answers(deployed: &Deployed) {
    let people = People { site: deployed };
    let id = people.lives().await;
    people.is_administered(&id).await;
    people.of_an_earlier_release().await;
    people.erase_what_was_deleted(deployed).await;
}

/// With `PasswordMaxAgeDays`, of a user whom no list has.
pub async fn an_unlisted_users_password_expires(site: &Site) {
    let (people, member) = (People { site }, site.member().await);
    people.unlist(&member).await;
    let change = json!({ "username": member.name, "old": member.password, "new": PASSWORDS[0], "confirm": PASSWORDS[0] });
    people.call("POST /user/password", &[], change, 200).await;
}

struct People<'s> {
    site: &'s Site,
}

impl People<'_> {
    /// A person who needs nobody. Their id.
    async fn lives(&self) -> String {
        let name = format!("carol-{}", uuid::Uuid::new_v4());
        let (first, second) = (format!("{name}@example.com"), format!("{name}@example.net"));
        self.call("POST /user/sign-up", &[], json!({ "email": first }), 202).await;
        let token = self.mailed(&first, "lksgn_").await;
        let account = json!({ "token": token, "username": name, "password": PASSWORDS[0] });
        let account = self.call("POST /user/sign-up/confirm", &[], account, 201).await;
        let (id, jwt) = (account.text("Id"), account.text("Token"));
        let by_login = [("authorization", jwt.as_str())];

        let other = self.login(&first, PASSWORDS[0]).await;
        let listed = self.call("GET /user/sessions", &by_login, Value::Null, 200).await;
        assert_eq!(listed.body["sessions"].as_array().unwrap().len(), 2);
        self.call("DELETE /user/sessions", &by_login, Value::Null, 204).await;
        self.call("GET /user/sessions", &[("authorization", &other)], Value::Null, 401).await;

        // Enough of them that the right one forgets them.
        for _ in 0..5 {
            self.call("POST /user/email", &by_login, json!({ "email": second, "password": "wrong" }), 401).await;
        }
        self.call("POST /user/email", &by_login, json!({ "email": second, "password": PASSWORDS[0] }), 202).await;
        let token = self.mailed(&second, "lkeml_").await;
        self.call("POST /user/email/confirm", &[], json!({ "token": token }), 200).await;
        self.call("POST /user/email/confirm", &[], json!({ "token": token }), 404).await;

        // By address and by name: the mailer looks for the one in another way than for the other.
        self.call("POST /user/forgot-password", &[], json!({ "username": second }), 202).await;
        self.reset(&self.mailed(&second, "lkrst_").await, PASSWORDS[1]).await;
        let change = json!({ "username": second, "old": PASSWORDS[1], "new": PASSWORDS[2], "confirm": PASSWORDS[2] });
        self.call("POST /user/password", &[], change, 200).await;
        self.is_disabled_by_wrong_passwords(&name, &second).await;
        id
    }

    /// The hundredth wrong password in a row.
    async fn is_disabled_by_wrong_passwords(&self, name: &str, email: &str) {
        let wrong = AttributeValue::Ss((0..99).map(|number| format!("wrong-{number}")).collect());
        let update = self.site.database.update_item().table_name(&self.site.tables.users);
        let update = update.set_key(Some(schema::user_by_name(&Username::normalised(name))));
        let update = update.update_expression("SET failed_attempt_ids = :wrong").expression_attribute_values(":wrong", wrong);
        update.send().await.unwrap();

        self.call("POST /user/login", &[], json!({ "username": name, "password": "wrong" }), 401).await;
        self.mail(email, "was locked").await;
        self.call("POST /user/login", &[], json!({ "username": name, "password": PASSWORDS[2] }), 401).await;
    }

    /// An administrator, by login and by key, with this user and with new ones.
    async fn is_administered(&self, carol: &str) {
        let admin = self.site.member().await;
        let login = self.site.login(&admin).await;
        let key = self.site.key(&login).await;
        let (by_login, by_key) = ([("authorization", login.as_str())], [("x-api-key", key.as_str())]);
        let name = format!("dora-{}", uuid::Uuid::new_v4());
        let dora = json!({ "username": name, "email": format!("{name}@example.com"), "invite": true });
        let once = uuid::Uuid::new_v4().to_string();
        let by_key_once = [by_key[0], ("idempotency-key", once.as_str())];
        let id = self.call("POST /users", &by_key_once, dora.clone(), 201).await.text("id");
        assert_eq!(self.call("POST /users", &by_key_once, dora, 201).await.text("id"), id);
        self.reset(&self.mailed(&format!("{name}@example.com"), "lkrst_").await, PASSWORDS[0]).await;
        let machine = format!("machine-{}", uuid::Uuid::new_v4());
        let machine = self.call("POST /users", &by_login, json!({ "username": machine }), 201).await.text("id");

        let page = format!("GET /users?prefix={name}&limit=1");
        for headers in [&by_login, &by_key] {
            assert_eq!(self.call(&page, headers, Value::Null, 200).await.body["users"][0]["id"], json!(id));
            assert_eq!(self.call(&format!("GET /users/{id}"), headers, Value::Null, 200).await.text("username"), name);
            self.call(&format!("POST /users/{id}/invitation"), headers, Value::Null, 202).await;
        }
        let moved = json!({ "email": format!("{name}@example.net"), "lastName": "Moved" });
        self.call(&format!("PATCH /users/{id}"), &by_login, moved, 200).await;
        self.call(&format!("PATCH /users/{carol}"), &by_key, json!({ "firstName": "Carol" }), 200).await;
        self.call(&format!("DELETE /users/{id}"), &by_key, Value::Null, 204).await;
        self.call(&format!("DELETE /users/{machine}"), &by_login, Value::Null, 204).await;
        self.call(&format!("GET /users/{id}"), &by_login, Value::Null, 404).await;
    }

    /// Users whom no list has, and who have no row for their address: they are changed and deleted like all others.
    async fn of_an_earlier_release(&self) {
        let admin = self.site.member().await;
        let login = self.site.login(&admin).await;
        let by_login = [("authorization", login.as_str())];
        for is_deleted in [false, true] {
            let member = self.site.member().await;
            self.unlist(&member).await;
            if is_deleted {
                self.leave_rows_with_others(&member).await;
                self.disown(&member).await;
                self.call(&format!("DELETE /users/{}", member.id), &by_login, Value::Null, 204).await;
                continue;
            }
            // It proves the address.
            self.call("POST /user/forgot-password", &[], json!({ "username": member.name }), 202).await;
            self.reset(&self.mailed(&member.email(), "lkrst_").await, PASSWORDS[1]).await;
            self.disown(&member).await;
            self.call(&format!("PATCH /users/{}", member.id), &by_login, json!({ "firstName": "Former" }), 200).await;
            let change = json!({ "username": member.name, "old": PASSWORDS[1], "new": PASSWORDS[0], "confirm": PASSWORDS[0] });
            self.call("POST /user/password", &[], change, 200).await;
            let jwt = self.login(&member.name, PASSWORDS[0]).await;
            let email = format!("{}@example.net", member.name);
            let wish = json!({ "email": email, "password": PASSWORDS[0] });
            self.call("POST /user/email", &[("authorization", &jwt)], wish, 202).await;
            let token = self.mailed(&email, "lkeml_").await;
            self.call("POST /user/email/confirm", &[], json!({ "token": token }), 200).await;
            self.call("POST /user/forgot-password", &[], json!({ "username": member.name }), 202).await;
            self.reset(&self.mailed(&email, "lkrst_").await, PASSWORDS[3]).await;
        }
    }

    /// Rows that name the member, in partitions of the member and of others.
    async fn leave_rows_with_others(&self, member: &Member) {
        let login = self.site.login(member).await;
        let key = self.site.key(&login).await;
        self.site.entity_token(member, &login, &key, "acme", json!({})).await;
        assert_eq!(self.site.one_time_token(&key, "carol").await.status, 201);
    }

    /// Takes the user out of the list, in which an earlier release put nobody.
    async fn unlist(&self, member: &Member) {
        let key = schema::listed_user(&Username::normalised(&member.name));
        self.site.database.delete_item().table_name(&self.site.tables.tokens).set_key(Some(key)).send().await.unwrap();
    }

    /// Takes the row of the address away, which an earlier release did not write.
    async fn disown(&self, member: &Member) {
        let key = schema::email_address(&member.email().parse::<EmailAddress>().unwrap().place());
        self.site.database.delete_item().table_name(&self.site.tables.users).set_key(Some(key)).send().await.unwrap();
    }

    /// What the schedule invokes once a day, for deletions of yesterday.
    async fn erase_what_was_deleted(&self, deployed: &Deployed) {
        let table = &self.site.tables.tokens;
        let query = self.site.database.query().table_name(table).key_condition_expression("pk = :erasures");
        let orders = query.expression_attribute_values(":erasures", AttributeValue::S("erasures".into())).send().await.unwrap();
        assert!(!orders.items().is_empty());
        for order in orders.items() {
            let since: i64 = order["erased_at"].as_n().unwrap().parse().unwrap();
            let update = self.site.database.update_item().table_name(table);
            let update = update.key("pk", order["pk"].clone()).key("sk", order["sk"].clone());
            let update = update.update_expression("SET erased_at = :then");
            update.expression_attribute_values(":then", AttributeValue::N((since - DAY).to_string())).send().await.unwrap();
        }
        let event = json!({ "version": "0", "source": "aws.events", "detail-type": "Scheduled Event", "detail": {} });
        let invocation = json!({ "FunctionName": deployed.functions["Eraser"], "Payload": event.to_string() });
        let answer = deployed.aws.call("lambda", "invoke", invocation);
        assert_eq!(answer.get("FunctionError"), None, "{answer}");
        let query = self.site.database.query().table_name(table).key_condition_expression("pk = :erasures");
        let orders = query.expression_attribute_values(":erasures", AttributeValue::S("erasures".into())).send().await.unwrap();
        assert!(orders.items().is_empty(), "{:?}", orders.items());
    }

    async fn call(&self, call: &str, headers: &[(&str, &str)], body: Value, wanted: u16) -> Response {
        let (method, path) = call.split_once(' ').unwrap();
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let reply = self.site.http.send(method, path, headers, body).await.unwrap_or_else(|| panic!("{call}: no answer"));
        assert_eq!(reply.status, wanted, "{call}: {reply:?}");
        reply
    }

    async fn login(&self, name: &str, password: &str) -> String {
        self.call("POST /user/login", &[], json!({ "username": name, "password": password }), 200).await.text("Token")
    }

    async fn reset(&self, token: &str, new: &str) {
        self.call("POST /user/reset-password", &[], json!({ "token": token, "new": new, "confirm": new }), 200).await;
    }

    /// The token in the mail to `address`, which begins with `prefix`.
    async fn mailed(&self, address: &str, prefix: &str) -> String {
        let mail = self.mail(address, prefix).await;
        let (_, rest) = mail.split_once(prefix).unwrap();
        format!("{prefix}{}", rest.chars().take_while(char::is_ascii_alphanumeric).collect::<String>())
    }

    /// The newest mail to `address` with `text` in it.
    async fn mail(&self, address: &str, text: &str) -> String {
        let started = Instant::now();
        let to = format!("To: {address}\r\n");
        loop {
            let found = self.site.mails().into_iter().rev().find(|mail| mail.contains(&to) && mail.contains(text));
            if let Some(mail) = found {
                return mail;
            }
            assert!(started.elapsed() < PATIENCE, "no mail to {address} with {text}");
            moment().await;
        }
    }
}

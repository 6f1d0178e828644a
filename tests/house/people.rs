//! The people of a world.

use latchkey::credentials::{PasswordHasher, PasswordParameters};
use latchkey::domain::{Acl, Secret, Timestamp, UserId};
use latchkey::runtime::Table;
use latchkey::store::{UserRow, Users};
use serde_json::{Value, json};

use super::{Call, NOW, Reply, World};
use crate::operations::{AuthenticationTokenCreate, AuthheaderAdd, UserLogin};

/// A user with a login JWT and an API key.
pub struct Person {
    pub id: String,
    pub name: String,
    pub password: String,
    pub jwt: String,
    pub key: String,
}

impl World {
    /// A user's row, not stored yet; the password is `<name>'s password`.
    pub fn user_row(&self, name: &str, acl: Acl) -> UserRow {
        let hasher = PasswordHasher::new(PasswordParameters { memory_kib: 7168, iterations: 1, parallelism: 1 }).unwrap();
        UserRow {
            user_id: UserId::random(),
            username: name.to_owned(),
            email: Some(format!("{name}@example.com")),
            first_name: Some("First".to_owned()),
            last_name: None,
            created_at: Timestamp::from_unix(NOW),
            password_expires_at: None,
            disabled_at: None,
            epoch: 0,
            acl,
            password_hash: Some(Secret::new(hasher.hash(&Secret::new(format!("{name}'s password"))).unwrap().as_str())),
        }
    }

    /// Stores a user.
    pub async fn insert(&self, row: &UserRow) {
        let users = Users::new(&self.setup.database(&[Table::Users]).unwrap());
        assert!(users.insert_new(row).await.unwrap());
    }

    /// Logs in.
    pub async fn login(&self, name: &str, password: &str) -> Reply {
        self.call::<UserLogin>(Call::new().json(json!({ "username": name, "password": password }))).await
    }

    /// A person without any permission.
    pub async fn person(&self, name: &str) -> Person {
        self.person_with(name, Acl::default()).await
    }

    /// A person with this ACL.
    pub async fn person_with(&self, name: &str, acl: Acl) -> Person {
        let row = self.user_row(name, acl);
        self.insert(&row).await;
        let password = format!("{name}'s password");
        let jwt = self.login(name, &password).await.text("Token");
        let key = self.add_key(&jwt, json!({ "name": "key" })).await.text("token");
        Person { id: row.user_id.to_string(), name: name.to_owned(), password, jwt, key }
    }

    /// Adds an auth header.
    pub async fn add_key(&self, jwt: &str, body: Value) -> Reply {
        self.call::<AuthheaderAdd>(Call::new().bearer(jwt).json(body)).await
    }

    /// A one-time token for `customer`, made with `key`.
    pub async fn one_time_token(&self, key: &str, body: Value) -> Reply {
        let mut whole = json!({ "mode": "passwordless" });
        whole.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
        self.call::<AuthenticationTokenCreate>(Call::new().header("reb-apikey", key).json(whole)).await
    }

    /// Sets `attribute` of the user's row under the id (and of the one under the name).
    pub async fn set_user(&self, person: &Person, expression: &str, value: i64) {
        for key in [format!("id#{}", person.id), format!("name#{}", person.name)] {
            let update =
                self.dynamodb.update_item().table_name("latchkey-users").key("pk", aws_sdk_dynamodb::types::AttributeValue::S(key));
            let update = update
                .update_expression(expression)
                .expression_attribute_values(":v", aws_sdk_dynamodb::types::AttributeValue::N(value.to_string()));
            update.send().await.unwrap();
        }
    }
}

impl Person {
    /// What a backend sends to act in this person's name on `user`'s token of `entity`.
    pub fn entity_call(&self, entity: &str, user: &str) -> Call {
        let call = Call::new().header("apikey", &self.key).header("userid", &self.id).header("token", &self.jwt);
        call.path("entityId", entity).path("userId", user)
    }
}

impl World {
    /// Sets something in every session row of the person.
    pub async fn set_sessions(&self, person: &Person, expression: &str, value: i64) {
        let subject = aws_sdk_dynamodb::types::AttributeValue::S(person.id.clone());
        for row in self.rows("sessions").await.into_iter().filter(|row| row["customer_id"] == subject) {
            let update = self.dynamodb.update_item().table_name("latchkey-sessions").update_expression(expression);
            let update = update.key("subject", row["subject"].clone()).key("session_id", row["session_id"].clone());
            let update = update.expression_attribute_values(":v", aws_sdk_dynamodb::types::AttributeValue::N(value.to_string()));
            update.send().await.unwrap();
        }
    }

    /// Deletes the user's rows, as an operator would.
    pub async fn delete_user(&self, person: &Person) {
        for key in [format!("id#{}", person.id), format!("name#{}", person.name)] {
            let delete = self.dynamodb.delete_item().table_name("latchkey-users");
            delete.key("pk", aws_sdk_dynamodb::types::AttributeValue::S(key)).send().await.unwrap();
        }
    }
}

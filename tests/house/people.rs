//! The people of a world.

use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use latchkey::credentials::{PasswordHasher, PasswordParameters};
use latchkey::domain::{Acl, KeyId, Secret, Timestamp, UserId};
use latchkey::runtime::Table;
use latchkey::store::{UserRow, Users, schema};
use serde_json::{Value, json};

use super::{Call, NOW, Reply, World};
use crate::operations::{AuthenticationTokenCreate, AuthheaderAdd, UserLogin};

/// An ACL, as its JSON has it.
pub fn acl(json: Value) -> Acl {
    serde_json::from_value(json).unwrap()
}

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
            email: Some(format!("{name}@example.com")),
            first_name: Some("First".to_owned()),
            acl,
            password_hash: Some(Secret::new(hasher.hash(&Secret::new(format!("{name}'s password"))).unwrap().as_str())),
            ..UserRow::new(name.to_owned(), Timestamp::from_unix(NOW))
        }
    }

    /// Stores a user.
    pub async fn insert(&self, row: &UserRow) {
        let users = Users::new(&self.setup.database(&[Table::Users, Table::Tokens]).unwrap());
        users.insert_new(row).await.unwrap();
    }

    /// Logs in.
    pub async fn login(&self, name: &str, password: &str) -> Reply {
        self.call::<UserLogin>(Call::new().json(json!({ "username": name, "password": password }))).await
    }

    /// A person without any permission.
    pub async fn person(&self, name: &str) -> Person {
        self.person_with(name, Acl::default()).await
    }

    /// A person who is a member of every entity, and permitted nothing that this service knows.
    pub async fn member(&self, name: &str) -> Person {
        self.person_with(name, acl(json!([{ "scope": {}, "permissions": ["read-invoices"] }]))).await
    }

    /// A person with this ACL.
    pub async fn person_with(&self, name: &str, acl: Acl) -> Person {
        let row = self.user_row(name, acl);
        self.insert(&row).await;
        let password = format!("{name}'s password");
        let jwt = self.login(name, &password).await.text("Token");
        let key = self.add_key(&jwt, json!({ "name": "key" })).await.text("token");
        // Nobody waits for the mail that tells of it.
        self.records();
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
        self.update_user(person, expression, AttributeValue::N(value.to_string())).await;
    }

    /// Gives the user this ACL in place of the one before, as an operator would.
    pub async fn grant(&self, person: &Person, acl: &Acl) {
        self.update_user(person, "SET acl = :v", AttributeValue::S(serde_json::to_string(acl).unwrap())).await;
    }

    async fn update_user(&self, person: &Person, expression: &str, value: AttributeValue) {
        for key in [format!("id#{}", person.id), format!("name#{}", person.name)] {
            let update = self.dynamodb.update_item().table_name("latchkey-users").key("pk", AttributeValue::S(key));
            update.update_expression(expression).expression_attribute_values(":v", value.clone()).send().await.unwrap();
        }
    }
}

impl World {
    /// Gives the person `count` more API keys, as an earlier release left them: without a count beside them.
    pub async fn give_uncounted_keys(&self, person: &Person, count: usize) {
        let user: UserId = person.id.parse().unwrap();
        let rows = std::iter::repeat_with(|| {
            let id = KeyId::random();
            let mut row = schema::api_key(user, id);
            for (name, text) in [("user_id", person.id.clone()), ("key_id", id.to_string()), ("name", "old".to_owned())] {
                row.insert(name.to_owned(), AttributeValue::S(text));
            }
            for (name, number) in [("created_at", NOW), ("sealed_under", 1)] {
                row.insert(name.to_owned(), AttributeValue::N(number.to_string()));
            }
            WriteRequest::builder().put_request(PutRequest::builder().set_item(Some(row)).build().unwrap()).build()
        });
        for chunk in rows.take(count).collect::<Vec<_>>().chunks(25) {
            self.dynamodb.batch_write_item().request_items("latchkey-tokens", chunk.to_vec()).send().await.unwrap();
        }
    }

    /// Sets how many API keys the person has added, and how far that may go.
    pub async fn set_allowance(&self, person: &Person, added: u32, limit: u32) {
        let mut row = schema::api_key_allowance(person.id.parse().unwrap());
        for (name, number) in [("keys_added", added), ("keys_limit", limit)] {
            row.insert(name.to_owned(), AttributeValue::N(number.to_string()));
        }
        self.dynamodb.put_item().table_name("latchkey-tokens").set_item(Some(row)).send().await.unwrap();
    }

    /// How many API keys the person has ever added, and how far that may go.
    pub async fn allowance(&self, person: &Person) -> (u32, u32) {
        let key = schema::api_key_allowance(person.id.parse().unwrap());
        let row = self.dynamodb.get_item().table_name("latchkey-tokens").set_key(Some(key)).consistent_read(true).send().await.unwrap();
        let row = row.item.unwrap();
        let [added, limit] = ["keys_added", "keys_limit"].map(|name| row[name].as_n().unwrap().parse().unwrap());
        (added, limit)
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
        let subject = AttributeValue::S(person.id.clone());
        for row in self.rows("sessions").await.into_iter().filter(|row| row["customer_id"] == subject) {
            let update = self.dynamodb.update_item().table_name("latchkey-sessions").update_expression(expression);
            let update = update.key("subject", row["subject"].clone()).key("session_id", row["session_id"].clone());
            let update = update.expression_attribute_values(":v", AttributeValue::N(value.to_string()));
            update.send().await.unwrap();
        }
    }

    /// Deletes the user's rows, as an operator would.
    pub async fn delete_user(&self, person: &Person) {
        for key in [format!("id#{}", person.id), format!("name#{}", person.name)] {
            let delete = self.dynamodb.delete_item().table_name("latchkey-users");
            delete.key("pk", AttributeValue::S(key)).send().await.unwrap();
        }
    }
}

//! Routes under /users.

mod create;
mod delete;
mod get;
mod invite;
mod list;
mod rights;
mod update;

use latchkey::domain::Acl;
use serde_json::{Value, json};

use crate::house::{Call, Person, Reply, World};
use crate::operations::{UsersCreate, UsersGet};

pub const PASSWORD: &str = "maroon kettle on the third shelf";

/// An ACL as JSON has it.
pub fn acl(value: Value) -> Acl {
    serde_json::from_value(value).unwrap()
}

/// Somebody with these permissions for an entity, and with `use-it` there.
pub async fn admin_of(world: &World, name: &str, entity: &str) -> Person {
    let permissions = ["users-list", "users-create", "users-get", "users-update", "users-delete", "users-invite", "use-it"];
    world.person_with(name, acl(json!([{ "scope": { "organizationId": [entity] }, "permissions": permissions }]))).await
}

/// An ACL that makes members of `entities`.
pub fn member_of(entities: &[&str]) -> Value {
    json!([{ "scope": { "organizationId": entities }, "permissions": ["use-it"] }])
}

pub async fn create(world: &World, by: &Person, body: Value) -> Reply {
    world.call::<UsersCreate>(Call::new().bearer(&by.jwt).json(body)).await
}

pub async fn get(world: &World, by: &Person, id: &str) -> Reply {
    world.call::<UsersGet>(Call::new().bearer(&by.jwt).path("userId", id)).await
}

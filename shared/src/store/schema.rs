//! Every key, attribute and TTL of the three tables, in one place; a test compares the key names with `template.yaml`.
//!
//! | table | row | partition key | sort key |
//! |---|---|---|---|
//! | users | what a login needs | `name#<normalised username>` | |
//! | users | the user, for every other operation | `id#<user id>` | |
//! | users | attempts to log in | `attempts#<hash of name>#<window>` | |
//! | tokens | an API key | `user#<user id>` | `key#<key id>` |
//! | tokens | an entity's token | `entity-token#<locator>` | `row` |
//! | tokens | a one-time token | `one-time#<id>` | `row` |
//! | tokens | attempts at a customer's one-time passwords | `otp-attempts#<hash of customer>` | `<window>` |
//! | sessions | a session | `<user id or customer id>` | `<session id>` |

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use sha2::{Digest, Sha256};

use crate::domain::{KeyId, RandomId, SessionId, UserId, Username};

/// A row's primary key.
pub type Key = HashMap<String, AttributeValue>;

/// The partition key of users and tokens.
pub const PK: &str = "pk";
/// The sort key of tokens.
pub const SK: &str = "sk";
/// The partition key of sessions.
pub const SUBJECT: &str = "subject";
/// The sort key of sessions.
pub const SESSION_ID: &str = "session_id";
/// Unix seconds from which on a row counts as gone, and DynamoDB may sweep it: the TTL attribute of every table.
pub const EXPIRES_AT: &str = "expires_at";
/// What an API key's sort key begins with.
pub const KEY_PREFIX: &str = "key#";
/// The sort key of a row that is alone in its partition.
pub const ROW: &str = "row";

/// A text attribute.
pub fn s(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

/// A number attribute.
pub fn n(number: impl ToString) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

fn key<const N: usize>(parts: [(&str, String); N]) -> Key {
    parts.into_iter().map(|(name, value)| (name.to_owned(), s(value))).collect()
}

/// What a login needs of the user of that name.
#[must_use]
pub fn user_by_name(name: &Username) -> Key {
    key([(PK, format!("name#{name}"))])
}

/// The user of that id.
#[must_use]
pub fn user_by_id(id: impl std::fmt::Display) -> Key {
    key([(PK, format!("id#{id}"))])
}

/// The attempts to log in under that name in that window. The name is hashed: people type passwords into the wrong field.
#[must_use]
pub fn login_attempts(name: &Username, window: i64) -> Key {
    let hash = Sha256::digest(name.as_str().as_bytes());
    key([(PK, format!("attempts#{}#{window}", bs58::encode(hash).into_string()))])
}

/// The partition of a user's API keys.
#[must_use]
pub fn api_keys_of(user: UserId) -> String {
    format!("user#{user}")
}

/// A user's API key.
#[must_use]
pub fn api_key(user: UserId, id: KeyId) -> Key {
    key([(PK, api_keys_of(user)), (SK, format!("{KEY_PREFIX}{id}"))])
}

/// The token at that place.
#[must_use]
pub fn entity_token(locator: &str) -> Key {
    key([(PK, format!("entity-token#{locator}")), (SK, ROW.into())])
}

/// The one-time token of that id.
#[must_use]
pub fn one_time_token(id: RandomId) -> Key {
    key([(PK, format!("one-time#{id}")), (SK, ROW.into())])
}

/// The attempts at the one-time passwords of a customer in that window.
#[must_use]
pub fn otp_attempts(customer_locator: &[u8; 16], window: i64) -> Key {
    key([(PK, format!("otp-attempts#{}", bs58::encode(customer_locator).into_string())), (SK, window.to_string())])
}

/// The session of a user who logged in.
#[must_use]
pub fn login_session(user: UserId, session: SessionId) -> Key {
    key([(SUBJECT, user.to_string()), (SESSION_ID, session.to_string())])
}

//! Every key, attribute and TTL of the three tables, in one place; a test compares the key names with `template.yaml`.
//!
//! | table | row | partition key | sort key |
//! |---|---|---|---|
//! | users | what a login needs | `name#<normalised username>` | |
//! | users | the user, for every other operation | `id#<user id>` | |
//! | users | attempts to log in | `attempts#<hash of name>#<window>` | |
//! | tokens | an API key | `user#<user id>` | `key#<hash of key id>` |
//! | tokens | what an `Idempotency-Key` made | `user#<user id>` | `idempotency#<hash of key>` |
//! | tokens | an entity's token | `entity-token#<locator>` | `row` |
//! | tokens | a one-time token | `one-time#<id>` | `row` |
//! | tokens | attempts at a customer's one-time passwords | `otp-attempts#<hash of customer>` | `<window>` |
//! | sessions | a session | `<user id or customer id>` | `<session id>` |
//! | sessions | who has a session that was made in a user's name | `issued-by#<user id>` | `<session id>` |

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use sha2::{Digest, Sha256};

use crate::domain::{KeyId, Locator, RandomId, SessionId, UserId, Username};

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
    api_key_at(user, &Locator::of_api_key(id))
}

/// A user's API key, for those who do not know its id.
#[must_use]
pub fn api_key_at(user: UserId, place: &Locator) -> Key {
    key([(PK, api_keys_of(user)), (SK, format!("{KEY_PREFIX}{place}"))])
}

/// What a user's `Idempotency-Key` made.
#[must_use]
pub fn idempotency(user: UserId, place: &Locator) -> Key {
    key([(PK, api_keys_of(user)), (SK, format!("idempotency#{place}"))])
}

/// The token at that place.
#[must_use]
pub fn entity_token(locator: &Locator) -> Key {
    key([(PK, format!("entity-token#{locator}")), (SK, ROW.into())])
}

/// The one-time token of that id.
#[must_use]
pub fn one_time_token(id: RandomId) -> Key {
    key([(PK, format!("one-time#{id}")), (SK, ROW.into())])
}

/// The attempts at the one-time passwords of a customer in that window.
#[must_use]
pub fn otp_attempts(customer: &Locator, window: i64) -> Key {
    key([(PK, format!("otp-attempts#{customer}")), (SK, window.to_string())])
}

/// A session of a user who logged in, or of a customer.
#[must_use]
pub fn session(subject: impl std::fmt::Display, session: SessionId) -> Key {
    key([(SUBJECT, subject.to_string()), (SESSION_ID, session.to_string())])
}

/// The partition of the sessions that were made in a user's name. No customer's id has a `#`.
#[must_use]
pub fn sessions_issued_by(user: UserId) -> String {
    format!("issued-by#{user}")
}

/// Who has a session that was made in a user's name.
#[must_use]
pub fn issued_session(user: UserId, session: SessionId) -> Key {
    key([(SUBJECT, sessions_issued_by(user)), (SESSION_ID, session.to_string())])
}

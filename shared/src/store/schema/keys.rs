//! The primary keys of all rows.

use std::fmt::Display;

use aws_sdk_dynamodb::types::AttributeValue;
use sha2::{Digest, Sha256};

use super::{Attribute, Item, Key, PK, SESSION_ID, SK, SUBJECT};
use crate::domain::{KeyId, Locator, RandomId, SessionId, UserId, Username};

/// How the keys of a user's rows under the name begin.
pub const NAME_PREFIX: &str = "name#";
/// How the keys of a user's rows under the id begin.
pub const ID_PREFIX: &str = "id#";
/// How an API key's sort key begins.
pub const KEY_PREFIX: &str = "key#";
/// How an entity token's key begins.
pub const ENTITY_TOKEN_PREFIX: &str = "entity-token#";
/// The sort key of a row that is alone in its partition.
pub const ROW: &str = "row";

fn key<const N: usize>(parts: [(Attribute, String); N]) -> Key {
    parts.into_iter().map(|(attribute, value)| (attribute.name().to_owned(), AttributeValue::S(value))).collect()
}

/// What a login needs of the user of that name.
#[must_use]
pub fn user_by_name(name: &Username) -> Key {
    key([(PK, format!("{NAME_PREFIX}{name}"))])
}

/// The user of that id.
#[must_use]
pub fn user_by_id(id: impl Display) -> Key {
    key([(PK, format!("{ID_PREFIX}{id}"))])
}

/// The attempts to log in under that name in that window. The name is hashed: people type passwords into the wrong
/// field.
#[must_use]
pub fn login_attempts(name: &Username, window: i64) -> Key {
    let hash = bs58::encode(Sha256::digest(name.as_str().as_bytes())).into_string();
    key([(PK, format!("attempts#{hash}#{window}"))])
}

/// The partition of a user's API keys, and of what the user's `Idempotency-Key`s made.
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

/// The entity token at that place.
#[must_use]
pub fn entity_token(locator: &Locator) -> Key {
    key([(PK, format!("{ENTITY_TOKEN_PREFIX}{locator}")), (SK, ROW.into())])
}

/// The one-time token of that id.
#[must_use]
pub fn one_time_token(id: RandomId) -> Key {
    key([(PK, format!("one-time#{id}")), (SK, ROW.into())])
}

/// The partition of the attempts at a customer's one-time passwords.
#[must_use]
pub fn otp_attempts_of(customer: &Locator) -> String {
    format!("otp-attempts#{customer}")
}

/// The attempts at a customer's one-time passwords in that window.
#[must_use]
pub fn otp_attempts(customer: &Locator, window: i64) -> Key {
    key([(PK, otp_attempts_of(customer)), (SK, window.to_string())])
}

/// A session of a user who logged in, or of a customer.
#[must_use]
pub fn session(subject: impl Display, session: SessionId) -> Key {
    key([(SUBJECT, subject.to_string()), (SESSION_ID, session.to_string())])
}

/// The partition of the sessions that were made in a user's name. No customer's id has a `#`.
#[must_use]
pub fn sessions_issued_by(user: UserId) -> String {
    format!("issued-by#{user}")
}

/// Where the issuer of a session finds out whose it is.
#[must_use]
pub fn issued_session(user: UserId, session: SessionId) -> Key {
    key([(SUBJECT, sessions_issued_by(user)), (SESSION_ID, session.to_string())])
}

/// The key of a row of the tokens.
#[must_use]
pub fn token_key(mut item: Item) -> Key {
    item.retain(|name, _| [PK, SK].iter().any(|part| part.name() == name));
    item
}

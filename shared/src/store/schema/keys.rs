//! The primary keys of all rows.

use std::fmt::Display;

use aws_sdk_dynamodb::types::AttributeValue;
use sha2::{Digest, Sha256};

use super::{Attribute, Item, Key, PK, SESSION_ID, SK, SUBJECT};
use crate::domain::{ClientAddress, KeyId, Locator, SessionId, UserId, Username};

/// How the keys of a user's rows under the name begin.
pub const NAME_PREFIX: &str = "name#";
/// How the keys of a user's rows under the id begin.
pub const ID_PREFIX: &str = "id#";
/// How the key of the row begins that says whose an address is.
pub const EMAIL_PREFIX: &str = "email#";
/// How an API key's sort key begins.
pub const KEY_PREFIX: &str = "key#";
/// How the key of what an `Idempotency-Key` made begins.
pub const IDEMPOTENCY_PREFIX: &str = "idempotency#";
/// How an entity token's key begins.
pub const ENTITY_TOKEN_PREFIX: &str = "entity-token#";
/// How the key of mails that are asked for begins. The template names it: the stream of these rows invokes the mailer.
pub const OUTBOX_PREFIX: &str = "outbox#";
/// How the key of what is known of a mailbox begins. The template names it: the mailer writes these rows alone.
pub const MAILBOX_PREFIX: &str = "mailbox#";
/// The partition of the rows by which users are listed. One for all of them, so that a page is one Query in the order of
/// the names. DynamoDB splits a partition that gets hot between two sort keys.
pub const LISTED_USERS: &str = "listed-users";
/// The partition of the erasures that are not finished.
pub const ERASURES: &str = "erasures";
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

/// Whose the address at that place is.
#[must_use]
pub fn email_address(place: &Locator) -> Key {
    key([(PK, format!("{EMAIL_PREFIX}{place}"))])
}

/// A user in the list of all users.
#[must_use]
pub fn listed_user(name: &Username) -> Key {
    listed_user_at(name.as_str())
}

/// The same for the name as a list's cursor has it.
#[must_use]
pub fn listed_user_at(name: &str) -> Key {
    key([(PK, LISTED_USERS.to_owned()), (SK, name.to_owned())])
}

/// The erasure of a user, while it is not finished.
#[must_use]
pub fn erasure(user: UserId) -> Key {
    key([(PK, ERASURES.to_owned()), (SK, user.to_string())])
}

/// The attempts to log in under that name in that window. The name is hashed: people type passwords into the wrong
/// field.
#[must_use]
pub fn login_attempts(name: &Username, window: i64) -> Key {
    let hash = bs58::encode(Sha256::digest(name.as_str().as_bytes())).into_string();
    key([(PK, format!("attempts#{hash}#{window}"))])
}

/// The attempts to log in from that address in that window. The address is hashed: nobody who reads a row needs it.
#[must_use]
pub fn address_attempts(address: &ClientAddress, window: i64) -> Key {
    key([(PK, format!("address-attempts#{}#{window}", Locator::of_address(address)))])
}

/// Which key sets are in force. The template names this key: a role may read no other row for it.
#[must_use]
pub fn key_versions() -> Key {
    key([(PK, "key-versions".to_owned())])
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

/// How many API keys a user may still add.
#[must_use]
pub fn api_key_allowance(user: UserId) -> Key {
    key([(PK, api_keys_of(user)), (SK, "allowance".to_owned())])
}

/// What an `Idempotency-Key` made.
#[must_use]
pub fn idempotency(place: &Locator) -> Key {
    key([(PK, format!("{IDEMPOTENCY_PREFIX}{place}")), (SK, ROW.into())])
}

/// The entity token at that place.
#[must_use]
pub fn entity_token(locator: &Locator) -> Key {
    key([(PK, format!("{ENTITY_TOKEN_PREFIX}{locator}")), (SK, ROW.into())])
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

/// The partition of the mails that were asked for at that place.
#[must_use]
pub fn outbox_of(place: &Locator) -> String {
    format!("{OUTBOX_PREFIX}{place}")
}

/// A mail of that kind that was asked for: the newest of its window, or the one of that id.
#[must_use]
pub fn outbox(place: &Locator, kind: &str, slot: impl Display) -> Key {
    key([(PK, outbox_of(place)), (SK, format!("{kind}#{slot}"))])
}

/// The partition of what is known of a mailbox.
#[must_use]
pub fn mailbox_of(address: &Locator) -> String {
    format!("{MAILBOX_PREFIX}{address}")
}

/// The mails of that kind that a mailbox was sent in that window.
#[must_use]
pub fn mails_to(address: &Locator, kind: &str, window: i64) -> Key {
    key([(PK, mailbox_of(address)), (SK, format!("{kind}#{window}"))])
}

/// Why a mailbox is sent nothing more.
#[must_use]
pub fn blocked_mailbox(address: &Locator) -> Key {
    key([(PK, mailbox_of(address)), (SK, "blocked".into())])
}

/// A session, or the one-time token that becomes it.
#[must_use]
pub fn session(id: SessionId) -> Key {
    key([(SUBJECT, id.subject.to_string()), (SESSION_ID, id.id.to_string())])
}

/// The key of a row of the tokens.
#[must_use]
pub fn token_key(item: Item) -> Key {
    only([PK, SK], item)
}

/// The key of a row of the sessions.
#[must_use]
pub fn session_key(item: Item) -> Key {
    only([SUBJECT, SESSION_ID], item)
}

fn only(key: [Attribute; 2], mut item: Item) -> Key {
    item.retain(|name, _| key.iter().any(|part| part.name() == name));
    item
}

//! A caller's name for one request, by which a repetition is recognised.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use super::{Locator, RandomId, SessionId};

/// The value of an `Idempotency-Key` header: 1 to 255 visible ASCII characters, as the caller wrote them. `Debug` shows nothing of it.
///
/// A comma and a space are none of them: a gateway joins two headers of one name by them.
#[derive(Clone, PartialEq, Eq)]
pub struct IdempotencyKey(String);

/// The value is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("must have 1 to 255 visible ASCII characters and no comma, like a UUID")]
pub struct IdempotencyKeyError;

impl IdempotencyKey {
    /// Where the row stands that remembers what this key made in `operation`; the owner's part of the key is the row's partition.
    #[must_use]
    pub fn place(&self, operation: &str) -> Locator {
        Locator::of([b"idempotency-key", operation.as_bytes(), b"\n", self.0.as_bytes()])
    }

    /// The session that this key begins for the one-time token `token`: the same for every repetition, and known to nobody who lacks either.
    #[must_use]
    pub fn session_of(&self, token: RandomId) -> SessionId {
        SessionId::derived(Locator::of([b"session-of", token.bytes(), self.0.as_bytes()]))
    }
}

impl FromStr for IdempotencyKey {
    type Err = IdempotencyKeyError;

    fn from_str(text: &str) -> Result<Self, IdempotencyKeyError> {
        let right = (1..=255).contains(&text.len()) && text.chars().all(|c| c.is_ascii_graphic() && c != ',');
        if right { Ok(Self(text.to_owned())) } else { Err(IdempotencyKeyError) }
    }
}

impl fmt::Debug for IdempotencyKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[redacted]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_belongs_to_one_key_and_one_token() {
        let key = |text: &str| text.parse::<IdempotencyKey>().unwrap();
        let (one, other) = (RandomId::random(), RandomId::random());

        assert_eq!(key("a").session_of(one), key("a").session_of(one));
        assert_ne!(key("a").session_of(one), key("b").session_of(one));
        assert_ne!(key("a").session_of(one), key("a").session_of(other));
        assert_ne!(key("a").place("x"), key("a").place("y"));
    }

    #[test]
    fn what_is_no_visible_text_is_no_key() {
        for text in ["", "ü", "a\nb", "a,b", "a b", "\u{7f}", &"x".repeat(256)] {
            assert_eq!(text.parse::<IdempotencyKey>(), Err(IdempotencyKeyError), "{text:?}");
        }
        assert!("8e03978e-40d5-43e8-bc93-6894a57f9324".parse::<IdempotencyKey>().is_ok());
    }
}

//! A caller's name for one request, by which a repetition is recognised.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use super::{Locator, SessionId};

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
    /// Where the row stands that remembers what this key made in `operation`, for a caller whose credential is
    /// `credential`.
    #[must_use]
    pub fn place(&self, credential: &str, operation: &str) -> Locator {
        Locator::of([b"idempotency-key", credential.as_bytes(), b"\n", operation.as_bytes(), b"\n", self.0.as_bytes()])
    }

    /// Whether it is too short to be one that nobody guesses: fewer than 16 characters.
    #[must_use]
    pub fn is_guessable(&self) -> bool {
        self.0.len() < 16
    }

    /// Marks the exchange of the one-time token `token` under this key: the same for every repetition, and known to nobody
    /// who lacks either.
    #[must_use]
    pub fn exchange_of(&self, token: SessionId) -> Locator {
        Locator::of([b"exchange-of", token.subject.bytes(), token.id.bytes(), self.0.as_bytes()])
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
    use crate::domain::{Subject, UserId};

    #[test]
    fn an_exchange_belongs_to_one_key_and_one_token_and_a_place_to_one_credential() {
        let key = |text: &str| text.parse::<IdempotencyKey>().unwrap();
        let token = || SessionId::random(Subject::User(UserId::random()));
        let (one, other) = (token(), token());

        assert_eq!(key("a").exchange_of(one), key("a").exchange_of(one));
        assert_ne!(key("a").exchange_of(one), key("b").exchange_of(one));
        assert_ne!(key("a").exchange_of(one), key("a").exchange_of(other));
        assert_ne!(key("a").place("me", "x"), key("a").place("me", "y"));
        assert_ne!(key("a").place("me", "x"), key("a").place("you", "x"));
    }

    #[test]
    fn what_is_no_visible_text_is_no_key() {
        for text in ["", "ü", "a\nb", "a,b", "a b", "\u{7f}", &"x".repeat(256)] {
            assert_eq!(text.parse::<IdempotencyKey>(), Err(IdempotencyKeyError), "{text:?}");
        }
        assert!("8e03978e-40d5-43e8-bc93-6894a57f9324".parse::<IdempotencyKey>().is_ok());
    }
}

//! The ids of things: ours are random, a caller's are checked texts.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use uuid::Uuid;

use super::text::serialized_as_text;

/// Why a text is no id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum IdError {
    /// Empty, or longer than 128 bytes.
    #[error("must have 1 to 128 bytes")]
    Length,
    /// Holds `/`, `#`, `?` or a control character: a path or a key of a row could then be read in two ways.
    #[error("must not hold '/', '#', '?' or a control character")]
    Character,
    /// `.` or `..`, which a path's reader takes for a way.
    #[error("must not be . or ..")]
    Dots,
    /// Not a UUID.
    #[error("must be a UUID")]
    NotAUuid,
    /// Not the id of a session.
    #[error("must be the id of a session")]
    NotASession,
}

/// 128 random bits, written as a UUID.
macro_rules! random_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// A new random id (122 random bits, UUID version 4).
            #[must_use]
            pub fn random() -> Self {
                Self(Uuid::new_v4())
            }

            /// The id that is made of `place` (UUID version 8, RFC 9562, 5.8), as deep in its hash.
            #[must_use]
            pub fn derived(place: super::Locator) -> Self {
                Self(Uuid::new_v8(*place.bytes()))
            }

            /// The id with these 16 bytes.
            #[must_use]
            pub fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }

            /// The id's 16 bytes.
            #[must_use]
            pub fn bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(formatter)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                Uuid::try_parse(text).map(Self).map_err(|_| IdError::NotAUuid)
            }
        }
    };
}

random_id!(
    /// A user who can log in.
    UserId
);
random_id!(
    /// An auth header, that is a named API key.
    KeyId
);
random_id!(
    /// The random part of a session or a one-time token, the incarnation of an entity token, one attempt at a write.
    RandomId
);

/// One attempt at a secret, told from all others of its count.
///
/// 48 random bits: up to a thousand of them are kept in one row, and a row is billed by its size. Two of a thousand are equal
/// once in half a billion rows, and then count as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AttemptId([u8; 6]);

impl AttemptId {
    /// A new random id.
    #[must_use]
    pub fn random() -> Self {
        // In a UUID of version 4 the first six bytes are random.
        let [first, second, third, fourth, fifth, sixth, ..] = Uuid::new_v4().into_bytes();
        Self([first, second, third, fourth, fifth, sixth])
    }
}

impl fmt::Display for AttemptId {
    /// In base58: nine characters at most.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&bs58::encode(self.0).into_string())
    }
}

/// A caller's id: any text that has one reading in a path and in a key.
macro_rules! foreign_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub struct $name(String);

        impl $name {
            /// The id as it was given.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                if text.is_empty() || text.len() > 128 {
                    return Err(IdError::Length);
                }
                if text.chars().any(|c| matches!(c, '/' | '#' | '?') || c.is_control()) {
                    return Err(IdError::Character);
                }
                if matches!(text, "." | "..") {
                    return Err(IdError::Dots);
                }
                Ok(Self(text.to_owned()))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }

        serialized_as_text!($name);
    };
}

foreign_id!(
    /// An entity (an account, an organization) of the caller's own system; matched against `organizationId` in a scope.
    EntityId
);
foreign_id!(
    /// A user in the caller's own system, to whom an entity token belongs.
    EntityUserId
);
foreign_id!(
    /// A customer: the subject of a one-time token and of the session that it is exchanged for.
    CustomerId
);

impl From<UserId> for CustomerId {
    /// A user of ours who logs in as a customer is the customer of that id.
    fn from(user: UserId) -> Self {
        Self(user.to_string())
    }
}

impl CustomerId {
    /// The user of ours whose id this can be, in whatever spelling of a UUID.
    #[must_use]
    pub fn as_user(&self) -> Option<UserId> {
        self.0.parse().ok()
    }
}

impl EntityUserId {
    /// The user of ours whose id this can be, in whatever spelling of a UUID.
    #[must_use]
    pub fn as_user(&self) -> Option<UserId> {
        self.0.parse().ok()
    }

    /// Whether this is the id of `user` as it is written: a user's id in another spelling is nobody's.
    #[must_use]
    pub fn is(&self, user: UserId) -> bool {
        user.to_string() == self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_that_could_be_read_in_two_ways_is_refused() {
        for text in ["a/b", "a#b", "a?b", "a\nb", "a\u{0}b", "\u{7f}"] {
            assert_eq!(text.parse::<EntityId>(), Err(IdError::Character), "{text:?}");
        }
        assert_eq!("..".parse::<EntityId>(), Err(IdError::Dots));
        assert_eq!("".parse::<EntityId>(), Err(IdError::Length));
        assert_eq!("x".repeat(129).parse::<EntityId>(), Err(IdError::Length));
    }

    #[test]
    fn any_other_text_is_an_id() {
        for text in ["e", "ümläut €", "a b", "a%2Fb", "0f8fad5b-d9cb-469f-a165-70867728950e", &"x".repeat(128)] {
            assert_eq!(text.parse::<EntityId>().unwrap().as_str(), text);
        }
    }
}

//! The ids of sessions.

use std::fmt;
use std::str::FromStr;

use super::text::serialized_as_text;
use super::{CustomerId, IdError, Locator, RandomId, UserId};

/// Whose a session is, as far as its id has to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A user of this service, whose row decides about the session too.
    User(UserId),
    /// A customer who is no user here, by the place that stands for the id.
    Customer(Locator),
}

impl Subject {
    /// The customer of that id, who is no user here.
    #[must_use]
    pub fn customer(id: &CustomerId) -> Self {
        Self::Customer(Locator::of_customer(id))
    }

    /// Whose the session of `customer` at `locator` is: a user's, if the id is one and the place stands for that user.
    #[must_use]
    pub fn at(locator: Locator, customer: &CustomerId) -> Self {
        let user = customer.as_user().map(Self::User).filter(|user| user.locator() == locator);
        user.unwrap_or(Self::Customer(locator))
    }

    /// The place that stands for the subject. No user and customer share one, even if their ids are the same text.
    #[must_use]
    pub fn locator(self) -> Locator {
        match self {
            Self::User(user) => Locator::of_user(user),
            Self::Customer(locator) => locator,
        }
    }

    /// The user, if the subject is one.
    #[must_use]
    pub fn user(self) -> Option<UserId> {
        match self {
            Self::User(user) => Some(user),
            Self::Customer(_) => None,
        }
    }
}

/// A session, and the one-time token that becomes it: the place of its subject, and 122 random bits. Both parts of the
/// row's key, so that the id alone finds the row. It is `jti` of the session's JWT, written in base58: at most 44
/// characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId {
    /// The place of its subject.
    pub subject: Locator,
    /// Its own part.
    pub id: RandomId,
}

impl SessionId {
    /// A new session of `subject`.
    #[must_use]
    pub fn random(subject: Subject) -> Self {
        Self { subject: subject.locator(), id: RandomId::random() }
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [self.subject.bytes().as_slice(), self.id.bytes()].concat();
        formatter.write_str(&bs58::encode(bytes).into_string())
    }
}

impl FromStr for SessionId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let mut bytes = [0; 32];
        // 44 characters hold 32 bytes; decoding takes time that grows with the square of the length.
        if text.len() > 44 || bs58::decode(text).onto(&mut bytes) != Ok(32) {
            return Err(IdError::NotASession);
        }
        let (subject, id) = bytes.split_first_chunk::<16>().ok_or(IdError::NotASession)?;
        let id = id.first_chunk::<16>().ok_or(IdError::NotASession)?;
        Ok(Self { subject: Locator::from_bytes(*subject), id: RandomId::from_bytes(*id) })
    }
}

serialized_as_text!(SessionId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_that_was_written_is_read_again_and_is_short() {
        for byte in [0, 1, 255] {
            let id = SessionId { subject: Locator::from_bytes([byte; 16]), id: RandomId::from_bytes([byte; 16]) };
            assert_eq!(id.to_string().parse(), Ok(id));
            assert!(id.to_string().len() <= 44);
        }
    }

    #[test]
    fn what_is_not_32_bytes_is_no_id() {
        let id = SessionId::random(Subject::User(UserId::random())).to_string();
        for text in ["", "1", "0", "0f8fad5b-d9cb-469f-a165-70867728950e", &format!("{id}1"), &"z".repeat(44), &"1".repeat(10_000)] {
            assert_eq!(text.parse::<SessionId>(), Err(IdError::NotASession), "{text}");
        }
    }

    #[test]
    fn a_user_and_a_customer_of_the_same_id_are_two_subjects() {
        let user = UserId::random();

        let (as_user, as_customer) = (Subject::User(user), Subject::customer(&user.into()));
        assert_ne!(as_user.locator(), as_customer.locator());
        assert_eq!(Subject::at(as_user.locator(), &user.into()), as_user);
        assert_eq!(Subject::at(as_customer.locator(), &user.into()), as_customer);
    }
}

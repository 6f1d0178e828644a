//! What a person types to say who they are.

use super::{EmailAddress, Username};

/// A user name, or the address of a user. A text without `@` is never an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginName {
    /// The text as a user name.
    pub name: Username,
    /// The text as an address, if it can be one.
    pub address: Option<EmailAddress>,
}

impl LoginName {
    /// What `text` can be, without the space that phones add to its ends.
    #[must_use]
    pub fn of(text: &str) -> Self {
        Self { name: Username::normalised(text), address: text.trim().parse().ok() }
    }

    /// The name under which attempts are counted: one for all spellings of an address.
    #[must_use]
    pub fn counted_as(&self) -> Username {
        self.address.as_ref().map_or_else(|| self.name.clone(), |address| Username::normalised(address.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_text_with_an_at_sign_can_be_an_address() {
        assert_eq!(LoginName::of("carol").address, None);
        assert_eq!(LoginName::of("carol@home").address, None);
        assert_eq!(LoginName::of("Carol@Example.com").address.unwrap().as_str(), "Carol@example.com");
        assert_eq!(LoginName::of(" Carol@Example.com\n").address.unwrap().as_str(), "Carol@example.com");
    }

    #[test]
    fn spellings_of_one_address_are_counted_together() {
        let counted = ["carol@münchen.example", "Carol@MÜNCHEN.example", "carol@xn--mnchen-3ya.example"];

        for text in counted {
            assert_eq!(LoginName::of(text).counted_as().as_str(), "carol@xn--mnchen-3ya.example");
        }
        assert_eq!(LoginName::of("Carol").counted_as().as_str(), "carol");
    }
}

//! A user's name, in the form that is compared.

use std::fmt;

use unicode_normalization::UnicodeNormalization;

use super::Name;

/// A name in the form in which two spellings of one name are equal: NFKC, lower case, no space at either end (phones add one).
///
/// It is what keys are made of; what the user typed is kept beside it, for display. A name that can belong to nobody
/// ([`Username::is_possible`]) still has this form, because its owner must not learn from the answer that nobody has it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Username(String);

impl Username {
    /// The compared form of `text`: NFKC, lower case, NFKC again, since lower-casing can undo it; trimmed.
    #[must_use]
    pub fn normalised(text: &str) -> Self {
        Self(Self::folded(text).trim().to_owned())
    }

    /// The same of any text, with the space at its ends.
    #[must_use]
    pub fn folded(text: &str) -> String {
        let folded: String = text.nfkc().flat_map(char::to_lowercase).collect();
        folded.nfkc().collect()
    }

    /// Whether a user can have this name: it is a [`Name`].
    #[must_use]
    pub fn is_possible(&self) -> bool {
        self.0.parse::<Name>().is_ok()
    }

    /// The compared form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Username {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_name_are_equal() {
        for (one, other) in [
            ("John.Doe", "john.doe"),
            ("Ame\u{301}lie", "Am\u{e9}lie"),
            ("\u{ff2a}ohn", "john"),
            (" john\u{a0}", "john"),
            ("\u{212b}sa", "\u{e5}sa"),
        ] {
            assert_eq!(Username::normalised(one), Username::normalised(other));
        }
    }

    #[test]
    fn normalising_twice_changes_nothing() {
        for text in ["İstanbul", "ẞ", "ﬁ", "ΑΣ", "e\u{301}"] {
            let once = Username::normalised(text);

            assert_eq!(Username::normalised(once.as_str()), once, "{text}");
        }
    }

    #[test]
    fn a_name_that_nobody_can_have_is_told() {
        for text in ["", " ", "jo\nhn", &"x".repeat(257)] {
            assert!(!Username::normalised(text).is_possible(), "{text:?}");
        }
        assert!(Username::normalised("John Doe").is_possible());
    }
}

//! The name that a user gives a thing.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// A text that is shown in lists, logs and consoles: 1 to 256 bytes without control characters, which could change what is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name(String);

/// Why a text is not a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("must have 1 to 256 bytes and no control character")]
pub struct NameError;

impl Name {
    /// The longest name, in bytes.
    pub const MAX_BYTES: usize = 256;

    /// The name as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Name {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let fits = (1..=Self::MAX_BYTES).contains(&text.len()) && !text.chars().any(char::is_control);
        if fits { Ok(Self(text.to_owned())) } else { Err(NameError) }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_no_control_character() {
        for text in ["", "a\0b", "a\nb", "\u{7f}", "a\u{85}", "\u{1b}[2J", &"x".repeat(257)] {
            assert_eq!(text.parse::<Name>(), Err(NameError), "{text:?}");
        }
        for text in ["x", "production key", "\u{fc}ber \u{1f511}", &"x".repeat(256)] {
            assert_eq!(text.parse::<Name>().unwrap().as_str(), text);
        }
    }
}

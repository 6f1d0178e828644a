//! The name that a user gives a thing.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// A text that is shown in lists, mails, logs and consoles: 1 to 256 bytes without characters that change what is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name(String);

/// Why a text is not a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("must have 1 to 256 bytes and no control or invisible character")]
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
        let fits = (1..=Self::MAX_BYTES).contains(&text.len()) && !text.chars().any(changes_what_is_shown);
        if fits { Ok(Self(text.to_owned())) } else { Err(NameError) }
    }
}

/// Whether `c` ends a line, turns the direction of the text, is not seen at all, or stands for what could not be read (a gateway puts
/// U+FFFD in the place of bytes that are no UTF-8). What joins or parts letters of a script is none of these: names need it.
pub(super) fn changes_what_is_shown(c: char) -> bool {
    let is_unseen = matches!(c, '\u{ad}' | '\u{200b}' | '\u{2060}' | '\u{feff}' | char::REPLACEMENT_CHARACTER);
    let turns = matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    c.is_control() || is_unseen || turns || matches!(c, '\u{2028}' | '\u{2029}')
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
    fn a_name_has_no_character_that_changes_what_is_shown() {
        for text in [
            "",
            "dem\u{200b}o",
            "gnp.\u{202e}exe",
            "a\u{2028}b",
            "\u{feff}a",
            "a\u{ad}b",
            "a\0b",
            "a\nb",
            "\u{7f}",
            "a\u{85}",
            "\u{1b}[2J",
            &"x".repeat(257),
        ] {
            assert_eq!(text.parse::<Name>(), Err(NameError), "{text:?}");
        }
        for text in ["x", "\u{646}\u{627}\u{645}\u{647}\u{200c}\u{627}", "production key", "\u{fc}ber \u{1f511}", &"x".repeat(256)] {
            assert_eq!(text.parse::<Name>().unwrap().as_str(), text);
        }
    }
}

//! What a new password must not be (NIST SP 800-63B-4, 3.1.1.2). There are no rules for its composition.

use fst::Set;
use thiserror::Error;
use unicode_normalization::UnicodeNormalization;

use crate::domain::{Secret, Timestamp, Username};

/// 38,399 common passwords and words in 226 KB, searched in place. The linker drops it from binaries that do not check
/// passwords.
static COMMON: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/common-passwords.fst"));

/// Rows of keyboards and of counting. A password that is a piece of one of these, read in either direction, is a
/// sequence.
const SEQUENCES: [&str; 11] = [
    "12345678901234567890",
    "abcdefghijklmnopqrstuvwxyz",
    "`1234567890-=",
    "qwertyuiop[]\\asdfghjkl;'zxcvbnm,./",
    "qwertzuiopü+asdfghjklöä#yxcvbnm,.-",
    "azertyuiop^$qsdfghjklmù*wxcvbn,;:!",
    "!@#$%^&*()_+",
    "!\"§$%&/()=?",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/",
    "1q2w3e4r5t6y7u8i9o0p",
    "q1w2e3r4t5y6u7i8o9p0",
];
/// The longest block whose repetition is refused: `aaaaaaaa`, `abababab`, `abcdabcd`.
const BLOCK: usize = 4;
/// Shorter names are ignored: they occur in passwords by chance.
const NAME_CHARS: usize = 3;

/// The bounds of a password's length, in Unicode characters after NFC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordRules {
    /// The fewest characters.
    pub min_chars: u32,
    /// The most characters.
    pub max_chars: u32,
}

impl Default for PasswordRules {
    /// 8 to 256 characters.
    fn default() -> Self {
        Self { min_chars: 8, max_chars: 256 }
    }
}

/// How long a new password is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordLife {
    /// Days; 0 is forever.
    pub days: u32,
}

impl PasswordLife {
    /// When a password that is set at `now` expires; `None` is never.
    #[must_use]
    pub fn expires_at(self, now: Timestamp) -> Option<Timestamp> {
        (self.days > 0).then(|| now.plus(self.days.saturating_mul(86_400)))
    }
}

/// Why a password is refused, in the words of the field's error. None of them holds the password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Weakness {
    /// Too few characters.
    #[error("must have at least {min} characters")]
    TooShort {
        /// The fewest.
        min: u32,
    },
    /// Too many characters.
    #[error("must have at most {max} characters")]
    TooLong {
        /// The most.
        max: u32,
    },
    /// It is among the first guesses.
    #[error("must not be a common password, a word, a repetition or a sequence")]
    Common,
    /// It is a name of the user, with too little beside it.
    #[error("must not be made of the user's own names")]
    OwnName,
    /// It is known from a breach. What tells is a service, and no rule here.
    #[error("must not be a password that is known from a breach")]
    Breached,
}

impl PasswordRules {
    /// Whether a user with these `names` (user name, e-mail address, first and last name) may have `password`.
    ///
    /// The whole password is compared with the common ones, in NFKC and lower case; a piece of it is not. Names, and
    /// the part of an e-mail address before its `@`, are searched inside it: what is left beside them must have
    /// `min_chars` characters too.
    ///
    /// # Errors
    /// The first [`Weakness`] that is found.
    pub fn check(&self, password: &Secret, names: &[&str]) -> Result<(), Weakness> {
        let Self { min_chars: min, max_chars: max } = *self;
        let count = chars(password.expose().nfc());
        if count < min {
            return Err(Weakness::TooShort { min });
        }
        if count > max {
            return Err(Weakness::TooLong { max });
        }
        let folded = Username::folded(password.expose());
        if is_listed(&folded) || is_repetition(&folded) || is_sequence(&folded) {
            return Err(Weakness::Common);
        }
        match beside(&folded, names) {
            Some(left) if left < min => Err(Weakness::OwnName),
            _ => Ok(()),
        }
    }
}

fn chars(text: impl Iterator<Item = char>) -> u32 {
    u32::try_from(text.count()).unwrap_or(u32::MAX)
}

/// Whether the list has it. Opening the set checks its version only, which costs nothing.
fn is_listed(folded: &str) -> bool {
    Set::new(COMMON).is_ok_and(|set| set.contains(folded))
}

/// Whether it repeats one block of at most [`BLOCK`] characters. The last repetition may be incomplete.
fn is_repetition(folded: &str) -> bool {
    let chars: Vec<char> = folded.chars().collect();
    (1..=BLOCK).any(|block| chars.len() >= 2 * block && chars.iter().zip(chars.iter().skip(block)).all(|(one, next)| one == next))
}

fn is_sequence(folded: &str) -> bool {
    let backwards: String = folded.chars().rev().collect();
    SEQUENCES.iter().any(|sequence| sequence.contains(folded) || sequence.contains(&backwards))
}

/// How many characters are in no occurrence of a name; nothing if there is no occurrence.
///
/// Occurrences may overlap, so that the order of the names decides nothing.
fn beside(folded: &str, names: &[&str]) -> Option<u32> {
    let local_parts = names.iter().filter_map(|name| name.rsplit_once('@').map(|(local, _)| local));
    let names = names.iter().copied().chain(local_parts).map(Username::normalised);
    let mut occurrences = Vec::new();
    for name in names.filter(|name| name.as_str().chars().count() >= NAME_CHARS) {
        let starts = folded.char_indices().map(|(start, _)| start);
        let found = starts.filter(|start| folded.get(*start..).is_some_and(|rest| rest.starts_with(name.as_str())));
        occurrences.extend(found.map(|start| start..start + name.as_str().len()));
    }
    let left = folded.char_indices().filter(|(at, _)| !occurrences.iter().any(|occurrence| occurrence.contains(at)));
    (!occurrences.is_empty()).then(|| chars(left.map(|(_, char)| char)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 4] = ["carol", "carol.smith@example.com", "Carol", "Smith"];

    fn check(password: &str) -> Result<(), Weakness> {
        PasswordRules::default().check(&Secret::new(password), &NAMES)
    }

    #[test]
    fn length_is_counted_in_characters_after_nfc() {
        let short = Err(Weakness::TooShort { min: 8 });

        assert_eq!(check("ü€ß漢x7"), short);
        assert_eq!(check("e\u{301}o\u{308}wq9-z"), short, "seven characters, typed as nine");
        assert_eq!(check("e\u{301}o\u{308}wq9-zk"), Ok(()));
        assert_eq!(check("\u{1f511}ü€ß漢x7k"), Ok(()));
        let long = "0dd ".repeat(63) + "even";
        assert_eq!(check(&long), Ok(()));
        assert_eq!(check(&(long + "x")), Err(Weakness::TooLong { max: 256 }));
    }

    #[test]
    fn nothing_is_demanded_of_the_composition() {
        for password in ["correct horse battery", "zvqmwtkx", "8301746295", "        x", "Ωμέγα-λόγος"] {
            assert_eq!(check(password), Ok(()), "{password}");
        }
    }

    #[test]
    fn a_common_password_is_refused_in_every_spelling() {
        for password in ["password", "PassWord1", "\u{ff30}assword", "football", "iloveyou", "1qaz2wsx", "international", "trustno1"] {
            assert_eq!(check(password), Err(Weakness::Common), "{password}");
        }
    }

    #[test]
    fn a_common_password_inside_another_is_no_reason() {
        for password in ["password of carol's dog", "xfootball-7", "international waters"] {
            assert_eq!(check(password), Ok(()), "{password}");
        }
    }

    #[test]
    fn every_line_of_the_list_is_refused_and_is_of_use() {
        for line in include_str!("common-passwords.txt").lines() {
            assert!(line.len() >= 8 && Username::folded(line) == line, "{line}");
            assert_eq!(check(line), Err(Weakness::Common), "{line}");
        }
    }

    #[test]
    fn repetitions_and_sequences_are_refused_whatever_their_length() {
        let long = "ab".repeat(100);
        for password in
            ["````````", "ÄäÄäÄäÄä", &long, "x7x7x7x7x", "k9z.k9z.", "67890123", "98765432", "qwertzuiopü", "lkjhgfds", "CDEFGHIJK"]
        {
            assert_eq!(check(password), Err(Weakness::Common), "{password}");
        }
        for password in ["k9z.wk9z.w", "aaaaaaab", "12345679x", "qwertzuio1"] {
            assert_ne!(check(password).is_ok(), is_listed(password), "{password}");
        }
    }

    #[test]
    fn a_password_of_names_and_little_else_is_refused() {
        for password in
            ["carol739", "CAROL-739zq", "smithcarol", "Carol.Smith2030", "carol.smith@example.com", "xxsmithyy", "carolcarolcarol"]
        {
            assert_eq!(check(password), Err(Weakness::OwnName), "{password}");
        }
        for password in ["carol-12345678", "maroon kettle of carol", "carobean"] {
            assert_eq!(check(password), Ok(()), "{password}");
        }
    }

    #[test]
    fn names_that_overlap_are_both_taken_out() {
        let rules = PasswordRules { min_chars: 4, max_chars: 64 };

        assert_eq!(rules.check(&Secret::new("xannabelly"), &["anna", "nabell"]), Err(Weakness::OwnName));
        assert_eq!(rules.check(&Secret::new("xannabelly"), &["nabell", "anna"]), Err(Weakness::OwnName));
    }

    #[test]
    fn a_short_or_empty_name_is_not_looked_for() {
        let rules = PasswordRules::default();

        assert_eq!(rules.check(&Secret::new("bobsledz"), &["", "bo", "  ", "@example.com", "o@b"]), Ok(()));
        assert_eq!(rules.check(&Secret::new("bobsledz"), &["bob"]), Err(Weakness::OwnName));
        assert_eq!(rules.check(&Secret::new("\u{ff22}obsledz"), &["BoB"]), Err(Weakness::OwnName));
    }

    #[test]
    fn no_text_holds_the_password() {
        let texts =
            [Weakness::TooShort { min: 8 }, Weakness::TooLong { max: 256 }, Weakness::Common, Weakness::OwnName].map(|w| w.to_string());

        assert_eq!(texts[0], "must have at least 8 characters");
        assert_eq!(texts[1], "must have at most 256 characters");
        assert!(texts.iter().all(|text| text.starts_with("must ")));
    }
}

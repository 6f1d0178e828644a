//! Ids and usernames.

use std::fmt::{Debug, Display};
use std::str::FromStr;

use latchkey::domain::{CustomerId, EntityId, EntityUserId, KeyId, RandomId, SessionId, UserId, Username};
use proptest::prelude::*;

use super::{cases, text};

fn reads_back<T: FromStr<Err: Debug> + Display + PartialEq + Debug>(text: &str) -> Result<(), TestCaseError> {
    if let Ok(id) = text.parse::<T>() {
        prop_assert_eq!(id.to_string().parse::<T>().unwrap(), id);
    }
    Ok(())
}

/// What looks like a UUID.
fn nearly_a_uuid() -> impl Strategy<Value = String> {
    prop_oneof!["[0-9a-fA-F-]{30,40}", "(urn:uuid:|\\{)?[0-9a-fA-F]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\\}?"]
}

/// What is nearly too long, or holds what an id may not.
fn nearly_an_id() -> impl Strategy<Value = String> {
    prop_oneof![text(), "[a-z/#?\\x00-\\x20]{0,5}", "\\.{1,3}", "[äöü€]{30,70}", "[a-z]{125,131}"]
}

proptest! {
    #![proptest_config(cases(512))]

    #[test]
    fn our_ids_read_back_as_they_were_written(bytes in any::<[u8; 16]>()) {
        let id = UserId::from_bytes(bytes);

        prop_assert_eq!(id.to_string().parse(), Ok(id));
        prop_assert_eq!(id.bytes(), &bytes);
        prop_assert_eq!(CustomerId::from(id).to_string(), id.to_string());
    }

    #[test]
    fn any_text_is_one_of_our_ids_or_is_refused(text in prop_oneof![text(), nearly_a_uuid()]) {
        reads_back::<UserId>(&text)?;
        reads_back::<KeyId>(&text)?;
        reads_back::<SessionId>(&text)?;
        reads_back::<RandomId>(&text)?;
    }

    #[test]
    fn a_callers_id_is_any_text_with_one_reading(text in nearly_an_id()) {
        let has_one_reading = !text.contains(['/', '#', '?']) && !text.contains(char::is_control) && !matches!(text.as_str(), "." | "..");
        let expected = (1..=128).contains(&text.len()) && has_one_reading;
        let written = |id: &dyn Display| id.to_string() == text;

        prop_assert_eq!(text.parse::<EntityId>().is_ok_and(|id| written(&id)), expected);
        prop_assert_eq!(text.parse::<EntityUserId>().is_ok_and(|id| written(&id)), expected);
        prop_assert_eq!(text.parse::<CustomerId>().is_ok_and(|id| written(&id)), expected);
        prop_assert_eq!(serde_json::from_value::<CustomerId>(text.into()).is_ok(), expected, "a row is read by the same rule");
    }

    #[test]
    fn a_name_is_normalised_once_for_all(text in prop_oneof![text(), "[İıſẞßﬁΣςǅÅK]{1,4}[a-zA-Z\\u0300-\\u0345]{0,4}"]) {
        let once = Username::normalised(&text);

        prop_assert_eq!(&Username::normalised(once.as_str()), &once);
        prop_assert!(!once.as_str().contains(|c: char| c.is_ascii_uppercase()));
        prop_assert!(!once.is_possible() || (1..=256).contains(&once.as_str().len()));
    }

    #[test]
    fn a_name_is_the_same_in_every_case(name in "[a-z0-9.@ äéø]{0,20}") {
        prop_assert_eq!(Username::normalised(&name.to_uppercase()), Username::normalised(&name));
    }
}

#[test]
fn every_single_character_is_normalised_once_for_all() {
    // Hangul syllables, a sixth of all characters, are all of one kind.
    for character in (char::MIN..=char::MAX).filter(|character| !('\u{ac01}'..='\u{d7a3}').contains(character)) {
        let once = Username::normalised(character.encode_utf8(&mut [0; 4]));
        if !once.as_str().chars().eq([character]) {
            assert_eq!(Username::normalised(once.as_str()), once, "{character:?}");
        }
    }
}

//! The secret by which the distribution in front of the API proves itself.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use serde_json::Value;

use super::KeySetError;
use crate::domain::{Secret, parse_json};

/// The values that the distribution may show: one, or two while one replaces the other.
#[derive(Debug)]
pub struct OriginSecrets(Vec<Secret>);

impl OriginSecrets {
    /// Reads `{"first": "…"}`, or the same with a second member. The names say nothing here; the distribution knows which one it shows.
    ///
    /// # Errors
    /// [`KeySetError::OriginSecrets`], also for a value that somebody could guess or that cannot stand in a header.
    pub fn parse(text: &str) -> Result<Self, KeySetError> {
        let Ok(Value::Object(members)) = parse_json(text) else { return Err(KeySetError::OriginSecrets) };
        let secret = |value: &Value| value.as_str().filter(|text| is_strong(text)).map(Secret::new).ok_or(KeySetError::OriginSecrets);
        let secrets: Vec<_> = members.values().map(secret).collect::<Result<_, _>>()?;
        if (1..=2).contains(&secrets.len()) { Ok(Self(secrets)) } else { Err(KeySetError::OriginSecrets) }
    }

    /// Whether `presented` is one of the values, after the same time for each that has its length.
    #[must_use]
    pub fn include(&self, presented: &[u8]) -> bool {
        let equals = |secret: &Secret| verify_slices_are_equal(secret.expose().as_bytes(), presented).is_ok();
        self.0.iter().fold(false, |found, secret| equals(secret) | found)
    }
}

fn is_strong(text: &str) -> bool {
    (32..=256).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = "0123456789abcdef0123456789abcdef";
    const SECOND: &str = "fedcba9876543210fedcba9876543210";

    #[test]
    fn each_value_and_nothing_else_is_one_of_them() {
        let secrets = OriginSecrets::parse(&format!(r#"{{"first":"{FIRST}","second":"{SECOND}"}}"#)).unwrap();

        assert!(secrets.include(FIRST.as_bytes()) && secrets.include(SECOND.as_bytes()));
        for other in ["", &FIRST[1..], &format!("{FIRST}0"), &FIRST.to_uppercase(), &format!("{FIRST},{SECOND}")] {
            assert!(!secrets.include(other.as_bytes()), "{other}");
        }
    }

    #[test]
    fn what_could_be_guessed_or_sent_by_nobody_is_refused() {
        let short = &FIRST[1..];
        for text in [
            String::new(),
            "{}".to_owned(),
            FIRST.to_owned(),
            format!(r#"["{FIRST}"]"#),
            format!(r#"{{"first":"{short}"}}"#),
            r#"{"first":""}"#.to_owned(),
            r#"{"first":null}"#.to_owned(),
            format!(r#"{{"first":"{FIRST}","second":"{short}"}}"#),
            format!(r#"{{"first":"{FIRST}","first":"{SECOND}"}}"#),
            format!(r#"{{"first":"{FIRST}","second":"{SECOND}","third":"{FIRST}"}}"#),
            format!(r#"{{"first":"{short} "}}"#),
            format!(r#"{{"first":"{short}é"}}"#),
            format!(r#"{{"first":"{}"}}"#, "0".repeat(257)),
        ] {
            assert_eq!(OriginSecrets::parse(&text).unwrap_err(), KeySetError::OriginSecrets, "{text}");
        }
    }
}

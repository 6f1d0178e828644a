//! JSON text, read strictly: a duplicate key is refused at every depth.
//!
//! serde's own reader keeps the last of two equal keys. Another reader may keep the first, so a check made by one can be bypassed at
//! the other.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// Why a text was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// It is not JSON, or it nests more than 127 levels deep.
    #[error("is not JSON")]
    Syntax,
    /// An object has the same key twice.
    #[error("has a duplicate key")]
    DuplicateKey,
}

/// Parses `text` as one JSON value.
///
/// # Errors
/// [`JsonError`]; it never holds a part of the text.
pub fn parse_json(text: &str) -> Result<Value, JsonError> {
    let strict: Strict = serde_json::from_str(text).map_err(|error| {
        // The visitor below raises no other error of its own: JSON text has no number that is not finite.
        if error.is_data() { JsonError::DuplicateKey } else { JsonError::Syntax }
    })?;
    Ok(strict.0)
}

struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Self)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("not a number"))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(Strict(value)) = items.next_element()? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some((key, Strict(value))) = entries.next_entry::<String, Strict>()? {
            if members.insert(key, value).is_some() {
                return Err(A::Error::custom("duplicate key"));
            }
        }
        Ok(Value::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duplicate_key_is_refused_at_every_depth_and_told_from_a_syntax_error() {
        for text in [r#"{"a":1,"a":1}"#, r#"{"b":{"a":1,"a":2}}"#, r#"[[{"a":null,"a":null}]]"#, r#"{"a":1,"\u0061":1}"#] {
            assert_eq!(parse_json(text), Err(JsonError::DuplicateKey), "{text}");
        }
        let deep = "[".repeat(10_000);
        for text in ["", "{", "{'a':1}", "{} {}", "\u{feff}{}", "1e999", "nul", &deep] {
            assert_eq!(parse_json(text), Err(JsonError::Syntax), "{}", &text[..text.len().min(9)]);
        }
    }

    #[test]
    fn what_is_read_is_what_serde_json_reads() {
        for text in ["null", "true", "-1", "18446744073709551615", "0.5", r#""\u00e9""#, r#"{"a":[1,{"b":null}],"c":{}}"#] {
            assert_eq!(parse_json(text), Ok(serde_json::from_str(text).unwrap()), "{text}");
        }
    }
}

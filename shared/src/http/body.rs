//! Request bodies: strict JSON ([`parse_json`]), and forms.

use serde_json::{Map, Value};

use super::ApiError;
use crate::domain::parse_json;

/// The largest body that is taken.
const MAX_BYTES: usize = 64 * 1024;

/// The members of the JSON object in `bytes`.
///
/// Nesting is limited to 128 levels by `serde_json`.
pub(super) fn parse(bytes: &[u8]) -> Result<Map<String, Value>, ApiError> {
    if bytes.len() > MAX_BYTES {
        return Err(ApiError::BodyTooLarge);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| ApiError::MalformedBody)?;
    if text.trim().is_empty() {
        return Ok(Map::new());
    }
    match parse_json(text).map_err(|_| ApiError::MalformedBody)? {
        Value::Object(members) => Ok(members),
        // PHP's json_encode writes an empty object so.
        Value::Array(items) if items.is_empty() => Ok(Map::new()),
        _ => Err(ApiError::invalid_field("", "must be a JSON object")),
    }
}

/// The parameters of the form in `bytes`, each a text.
pub(super) fn parse_form(bytes: &[u8]) -> Result<Map<String, Value>, ApiError> {
    if bytes.len() > MAX_BYTES {
        return Err(ApiError::BodyTooLarge);
    }
    let mut members = Map::new();
    for (name, value) in form_urlencoded::parse(bytes.trim_ascii()) {
        if members.insert(name.into_owned(), value.into_owned().into()).is_some() {
            return Err(ApiError::MalformedBody);
        }
    }
    Ok(members)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_fields_are_written_in_several_ways() {
        for body in ["", " \r\n", "{}", " {} ", "[]"] {
            assert_eq!(parse(body.as_bytes()).unwrap(), Map::new(), "{body:?}");
        }
    }

    #[test]
    fn malformed_bodies_are_told_as_such() {
        let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
        let deep_object = format!("{}1{}", r#"{"a":"#.repeat(10_000), "}".repeat(10_000));
        for body in [
            "{",
            "{\"a\":}",
            "nul",
            "{\"a\":1}{",
            "{\"a\":1,\"a\":2}",
            "{\"b\":{\"a\":1,\"a\":1}}",
            "{'a':1}",
            "\u{feff}{}",
            &deep,
            &deep_object,
        ] {
            assert!(
                matches!(parse(body.as_bytes()), Err(ApiError::MalformedBody | ApiError::BodyTooLarge)),
                "{}",
                &body[..body.len().min(30)]
            );
        }
        assert!(matches!(parse(b"{\"a\":\"\xff\"}"), Err(ApiError::MalformedBody)));
    }

    #[test]
    fn json_that_is_no_object_is_well_formed_but_wrong() {
        for body in ["[\"user\",\"password\"]", "1", "\"text\"", "true", "null"] {
            assert!(matches!(parse(body.as_bytes()), Err(ApiError::InvalidFields(_))), "{body}");
        }
    }

    #[test]
    fn a_body_over_the_limit_is_not_even_parsed() {
        assert!(matches!(parse(&vec![b'['; MAX_BYTES + 1]), Err(ApiError::BodyTooLarge)));
        assert!(parse(format!("{{\"a\":\"{}\"}}", "x".repeat(MAX_BYTES - 8)).as_bytes()).is_ok());
    }
}

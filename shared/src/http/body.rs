//! Request bodies: strict JSON ([`parse_json`]), and forms.

use serde_json::{Map, Value};

use super::ApiError;
use crate::domain::{JsonError, parse_json};

/// The largest body that is taken.
const MAX_BYTES: usize = 64 * 1024;

/// What gzip begins with (RFC 1952, 2.3.1).
const GZIP: &[u8] = b"\x1f\x8b";

const BYTE_ORDER_MARK: char = '\u{feff}';

/// Why a body cannot be read. The answer says which, so that its sender need not guess.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MalformedBody {
    /// It is compressed, by its first bytes.
    Compressed,
    /// It is not UTF-8.
    NotUtf8,
    /// It begins with a byte order mark, which JSON does not allow (RFC 8259, 8.1).
    ByteOrderMark,
    /// It is not JSON, or nests more than 127 levels deep.
    NotJson,
    /// It is JSON of another type.
    NotAnObject,
    /// An object in it, or the form that it is, has the same name twice (RFC 6749, 3.1).
    DuplicateName,
}

impl MalformedBody {
    /// Every reason.
    pub const ALL: [Self; 6] =
        [Self::Compressed, Self::NotUtf8, Self::ByteOrderMark, Self::NotJson, Self::NotAnObject, Self::DuplicateName];
}

impl From<JsonError> for MalformedBody {
    fn from(error: JsonError) -> Self {
        match error {
            JsonError::Syntax => Self::NotJson,
            JsonError::DuplicateKey => Self::DuplicateName,
        }
    }
}

/// The members of the JSON object in `bytes`.
pub(super) fn parse(bytes: &[u8]) -> Result<Map<String, Value>, ApiError> {
    if bytes.len() > MAX_BYTES {
        return Err(ApiError::BodyTooLarge);
    }
    Ok(parse_object(bytes)?)
}

fn parse_object(bytes: &[u8]) -> Result<Map<String, Value>, MalformedBody> {
    if bytes.starts_with(GZIP) {
        return Err(MalformedBody::Compressed);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| MalformedBody::NotUtf8)?;
    if text.starts_with(BYTE_ORDER_MARK) {
        return Err(MalformedBody::ByteOrderMark);
    }
    if text.trim().is_empty() {
        return Ok(Map::new());
    }
    match parse_json(text)? {
        Value::Object(members) => Ok(members),
        // PHP's json_encode writes an empty object so.
        Value::Array(items) if items.is_empty() => Ok(Map::new()),
        _ => Err(MalformedBody::NotAnObject),
    }
}

/// Whether a body that its `Content-Type` calls a form is a JSON object: curl says form of whatever it sends.
pub(super) fn is_object(bytes: &[u8]) -> bool {
    bytes.trim_ascii_start().starts_with(b"{")
}

/// The parameters of the form in `bytes`, each a text.
pub(super) fn parse_form(bytes: &[u8]) -> Result<Map<String, Value>, ApiError> {
    if bytes.len() > MAX_BYTES {
        return Err(ApiError::BodyTooLarge);
    }
    let mut members = Map::new();
    for (name, value) in form_urlencoded::parse(bytes.trim_ascii()) {
        if members.insert(name.into_owned(), value.into_owned().into()).is_some() {
            return Err(MalformedBody::DuplicateName.into());
        }
    }
    Ok(members)
}

/// The parameters of `query`, each a text. One that stands twice becomes a list, which is the text of nothing: whoever reads it
/// refuses it, and nobody else minds.
pub(super) fn parse_query(query: &str) -> Map<String, Value> {
    let mut parameters = Map::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let value = if parameters.contains_key(name.as_ref()) { Value::Array(Vec::new()) } else { value.into_owned().into() };
        parameters.insert(name.into_owned(), value);
    }
    parameters
}

#[cfg(test)]
mod tests {
    use super::*;

    fn malformed(body: &[u8]) -> MalformedBody {
        match parse(body) {
            Err(ApiError::MalformedBody(why)) => why,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn no_fields_are_written_in_several_ways() {
        for body in ["", " \r\n", "{}", " {} ", "[]"] {
            assert_eq!(parse(body.as_bytes()).unwrap(), Map::new(), "{body:?}");
        }
    }

    #[test]
    fn a_malformed_body_is_told_from_the_other_kinds() {
        let deep = "[".repeat(10_000);
        let deep_object = format!("{}1{}", r#"{"a":"#.repeat(10_000), "}".repeat(10_000));
        for body in ["{", "{\"a\":}", "nul", "{\"a\":1}{", "{'a':1}", &deep, &deep_object] {
            assert_eq!(malformed(body.as_bytes()), MalformedBody::NotJson, "{}", &body[..body.len().min(30)]);
        }
        for body in ["[\"user\",\"password\"]", "1", "\"text\"", "true", "null"] {
            assert_eq!(malformed(body.as_bytes()), MalformedBody::NotAnObject, "{body}");
        }
        for body in ["{\"a\":1,\"a\":2}", "{\"b\":{\"a\":1,\"a\":1}}"] {
            assert_eq!(malformed(body.as_bytes()), MalformedBody::DuplicateName, "{body}");
        }
        assert_eq!(malformed(b"{\"a\":\"\xff\"}"), MalformedBody::NotUtf8);
        assert_eq!(malformed("\u{feff}{}".as_bytes()), MalformedBody::ByteOrderMark);
        assert_eq!(malformed(b"\x1f\x8b\x08\x00"), MalformedBody::Compressed);
    }

    #[test]
    fn a_query_is_decoded_once_and_a_name_that_stands_twice_has_no_text() {
        let read = parse_query("limit=10&cursor=a%2Bb+c%2525&x&limit=11");

        assert_eq!(Value::Object(read), serde_json::json!({ "limit": [], "cursor": "a+b c%25", "x": "" }));
        assert!(parse_query("").is_empty());
    }

    #[test]
    fn a_body_over_the_limit_is_not_even_parsed() {
        assert!(matches!(parse(&vec![b'['; MAX_BYTES + 1]), Err(ApiError::BodyTooLarge)));
        assert!(parse(format!("{{\"a\":\"{}\"}}", "x".repeat(MAX_BYTES - 8)).as_bytes()).is_ok());
    }
}

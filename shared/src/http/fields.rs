//! The fields of a body, read one by one. An error names every wrong field at once and repeats no value.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::acl;
use super::{ApiError, InvalidField, MalformedBody};
use crate::credentials::{Cursor, TokenKeys};
use crate::domain::{Acl, CustomClaims, Locator, Secret, Timestamp};

/// Reads fields and collects what is wrong with them, for [`Fields::finish`]. `null` counts as absent. Fields that nobody reads are
/// ignored.
pub struct Fields {
    members: Map<String, Value>,
    invalid: Vec<InvalidField>,
}

impl Fields {
    pub(super) fn new(members: Map<String, Value>) -> Self {
        Self { members, invalid: Vec::new() }
    }

    /// Treats names with a capital first letter as the same fields: the login family's clients send them so.
    ///
    /// # Errors
    /// [`ApiError::MalformedBody`] if a field then stands twice.
    pub fn in_either_case(mut self) -> Result<Self, ApiError> {
        let mut members = Map::new();
        for (name, value) in self.members {
            let mut letters = name.chars();
            let name = letters.next().map(|first| first.to_ascii_lowercase().to_string() + letters.as_str()).unwrap_or_default();
            if members.insert(name, value).is_some() {
                return Err(MalformedBody::DuplicateName.into());
            }
        }
        self.members = members;
        Ok(self)
    }

    /// A hash of the body without the fields in `secrets`, which a row may keep. The order and the spaces of the JSON do not count, nor
    /// does `null` for absent.
    #[must_use]
    pub fn digest(&self, secrets: &[&str]) -> String {
        let asked = self.members.iter().filter(|(name, value)| !value.is_null() && !secrets.contains(&name.as_str()));
        let asked: Map<String, Value> = asked.map(|(name, value)| (name.clone(), value.clone())).collect();
        bs58::encode(Sha256::digest(Value::Object(asked).to_string())).into_string()
    }

    /// A text of at most `max_bytes` bytes.
    pub fn text(&mut self, name: &str, max_bytes: usize) -> Option<String> {
        match self.take(name)? {
            Value::String(text) if text.len() <= max_bytes => Some(text),
            Value::String(_) => self.refuse(name, format!("must have at most {max_bytes} bytes")),
            _ => self.refuse(name, "must be a string"),
        }
    }

    /// A text that is required and must not be empty. If it is missing, this returns the empty text and [`Fields::finish`] fails.
    pub fn required_text(&mut self, name: &str, max_bytes: usize) -> String {
        let (known, text) = (self.invalid.len(), self.required(name, max_bytes));
        if text.is_empty() && self.invalid.len() == known {
            self.invalid(name, "must not be empty");
        }
        text
    }

    /// A secret text of any length, if there is one.
    pub fn secret(&mut self, name: &str) -> Option<Secret> {
        self.text(name, usize::MAX).map(Secret::new)
    }

    /// A secret text that is required, of any length, even empty: whether it is right is not decided here.
    pub fn required_secret(&mut self, name: &str) -> Secret {
        Secret::new(self.required(name, usize::MAX))
    }

    fn required(&mut self, name: &str, max_bytes: usize) -> String {
        let (known, text) = (self.invalid.len(), self.text(name, max_bytes));
        if text.is_none() && self.invalid.len() == known {
            self.invalid(name, "is required");
        }
        text.unwrap_or_default()
    }

    /// `true` or `false`.
    pub fn boolean(&mut self, name: &str) -> Option<bool> {
        match self.take(name)? {
            Value::Bool(value) => Some(value),
            _ => self.refuse(name, "must be true or false"),
        }
    }

    /// A whole number in a query, in decimal digits.
    pub fn number(&mut self, name: &str, range: RangeInclusive<u32>) -> Option<u32> {
        let value = self.take(name)?;
        let digits = value.as_str().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
        match digits.and_then(|digits| digits.parse().ok()).filter(|number| range.contains(number)) {
            Some(number) => Some(number),
            None => self.refuse(name, format!("must be a number from {} to {}", range.start(), range.end())),
        }
    }

    /// A cursor in a query: the position at which `list` goes on.
    pub fn cursor(&mut self, name: &str, list: Locator, keys: &TokenKeys) -> Option<Vec<u8>> {
        match self.take(name)?.as_str().map(|text| Cursor::open(keys, list, text)) {
            Some(Ok(cursor)) => Some(cursor.position),
            _ => self.refuse(name, "must be a cursor that this list gave; begin without one"),
        }
    }

    /// An RFC 3339 date-time.
    pub fn timestamp(&mut self, name: &str) -> Option<Timestamp> {
        match self.take(name)?.as_str().map(str::parse::<Timestamp>) {
            Some(Ok(timestamp)) => Some(timestamp),
            _ => self.refuse(name, "must be an RFC 3339 date-time, like 2030-01-31T12:00:00Z"),
        }
    }

    /// A date-time after `now`.
    pub fn future(&mut self, name: &str, now: Timestamp) -> Option<Timestamp> {
        let timestamp = self.timestamp(name)?;
        if timestamp > now { Some(timestamp) } else { self.refuse(name, "must be in the future") }
    }

    /// A date-time after `now`, by at most `max_seconds`.
    pub fn expiry(&mut self, name: &str, now: Timestamp, max_seconds: u32) -> Option<Timestamp> {
        let timestamp = self.future(name, now)?;
        if timestamp <= now.plus(max_seconds) {
            Some(timestamp)
        } else {
            self.refuse(name, format!("must be at most {max_seconds} seconds ahead"))
        }
    }

    /// A text that is required and must be a `T`.
    pub fn required_parsed<T: FromStr<Err: Display>>(&mut self, name: &str) -> Option<T> {
        let known = self.invalid.len();
        let text = self.required_text(name, usize::MAX);
        if self.invalid.len() > known {
            return None;
        }
        text.parse().or_else(|error: T::Err| self.refuse(name, error.to_string()).ok_or(())).ok()
    }

    /// A text that must be a `T`, if there is one.
    pub fn parsed<T: FromStr<Err: Display>>(&mut self, name: &str) -> Option<T> {
        let text = self.text(name, usize::MAX)?;
        text.parse().or_else(|error: T::Err| self.refuse(name, error.to_string()).ok_or(())).ok()
    }

    /// The new text of something that can be removed: the empty text removes it.
    pub fn removable<T: FromStr<Err: Display> + Display>(&mut self, name: &str) -> Option<Option<String>> {
        let text = self.text(name, usize::MAX)?;
        if text.is_empty() {
            return Some(None);
        }
        match text.parse::<T>() {
            Ok(value) => Some(Some(value.to_string())),
            Err(error) => self.refuse(name, error.to_string()),
        }
    }

    /// A list of at most `max_items` texts of at most `max_bytes` bytes; a bare text counts as a list of one.
    pub fn texts(&mut self, name: &str, max_items: usize, max_bytes: usize) -> Option<Vec<String>> {
        let value = self.take(name)?;
        let texts = acl::texts(&value, name, &mut self.invalid)?;
        if texts.len() > max_items || texts.iter().any(|text| text.len() > max_bytes) {
            return self.refuse(name, format!("must have at most {max_items} strings of at most {max_bytes} bytes"));
        }
        Some(texts)
    }

    /// An ACL.
    pub fn acl(&mut self, name: &str) -> Option<Acl> {
        let value = self.take(name)?;
        acl::parse(&value, name, &mut self.invalid)
    }

    /// Custom claims; `[]` is what PHP makes of an empty object.
    pub fn claims(&mut self, name: &str) -> Option<CustomClaims> {
        match self.take(name)? {
            Value::Object(members) => Some(CustomClaims::new(members)),
            Value::Array(items) if items.is_empty() => Some(CustomClaims::default()),
            _ => self.refuse(name, "must be an object"),
        }
    }

    /// Notes that a field is wrong for a reason that only the operation knows.
    pub fn invalid(&mut self, name: &str, message: impl Into<String>) {
        self.invalid.push(InvalidField { field: name.to_owned(), message: message.into() });
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// [`ApiError::InvalidFields`] with everything that was wrong.
    pub fn finish(self) -> Result<(), ApiError> {
        if self.invalid.is_empty() { Ok(()) } else { Err(ApiError::InvalidFields(self.invalid)) }
    }

    /// The same for a request in which a misspelt member would change the meaning of the others: what was not taken is
    /// refused. `null` is absent.
    ///
    /// # Errors
    /// [`ApiError::InvalidFields`] with everything that was wrong.
    pub fn finish_without_others(mut self) -> Result<(), ApiError> {
        let others: Vec<String> = self.members.iter().filter(|(_, value)| !value.is_null()).map(|(name, _)| name.clone()).collect();
        for name in others {
            self.invalid(&name, "is not known");
        }
        self.finish()
    }

    fn take(&mut self, name: &str) -> Option<Value> {
        self.members.remove(name).filter(|value| !value.is_null())
    }

    fn refuse<T>(&mut self, name: &str, message: impl Into<String>) -> Option<T> {
        self.invalid(name, message);
        None
    }
}

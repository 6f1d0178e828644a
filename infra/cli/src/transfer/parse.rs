//! Parses the lines of a file of users. The reason why a line is refused never holds a part of it.

use latchkey::credentials::{PasswordError, PasswordHash};
use latchkey::domain::{Acl, JsonError, Secret, Timestamp, Username, parse_json};
use latchkey::store::UserRow;
use serde_json::{Map, Value};
use thiserror::Error;

/// A line that was accepted.
#[derive(Debug)]
pub enum Line {
    /// A user.
    User(Box<UserRow>),
    /// The end, and how many users it announces.
    End(u64),
}

/// Why a line was refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum LineError {
    /// Not JSON, or not an object.
    #[error("is not a JSON object")]
    NotAnObject,
    /// The last line, which has no newline and is incomplete.
    #[error("is cut off")]
    CutOff,
    /// Longer than any user's line.
    #[error("has more than {0} bytes")]
    TooLong(usize),
    /// A duplicate key at any depth: readers differ in which of the two they keep.
    #[error("has a duplicate key")]
    DuplicateKey,
    /// `null` at any depth: in an ACL it would widen a scope to everywhere.
    #[error("has a null; leave out what is absent")]
    Null,
    /// An unknown member: if it were ignored, what it was meant to say would be lost.
    #[error(
        "has an unknown member; a user has user_id, username, email, email_verified, first_name, last_name, created_at, \
             password_expires_at, disabled_at, epoch, acl, password_hash"
    )]
    Unknown,
    /// A member is missing or has a wrong value.
    #[error("{0} {1}")]
    Member(&'static str, &'static str),
    /// The end line announces another number of users.
    #[error("announces {announced} users, but {found} precede it")]
    Count {
        /// The end line's number.
        announced: u64,
        /// The lines before it.
        found: u64,
    },
    /// A line follows the end line.
    #[error("follows the end line")]
    AfterTheEnd,
}

/// Parses a line.
pub fn parse(line: &[u8]) -> Result<Line, LineError> {
    let mut members = Members(object(line)?);
    let parsed = if members.0.contains_key("end") { members.end() } else { members.user() }?;
    if members.0.is_empty() { Ok(parsed) } else { Err(LineError::Unknown) }
}

/// The members of the JSON object that `line` is, read strictly: no duplicate key and no `null` at any depth.
pub fn object(line: &[u8]) -> Result<Map<String, Value>, LineError> {
    let text = str::from_utf8(line).map_err(|_| LineError::NotAnObject)?;
    match parse_json(text) {
        Ok(Value::Object(members)) if members.values().any(has_null) => Err(LineError::Null),
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) | Err(JsonError::Syntax) => Err(LineError::NotAnObject),
        Err(JsonError::DuplicateKey) => Err(LineError::DuplicateKey),
    }
}

fn has_null(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.iter().any(has_null),
        Value::Object(members) => members.values().any(has_null),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// The members of a line, taken out one by one. What is left is unknown.
struct Members(Map<String, Value>);

impl Members {
    fn end(&mut self) -> Result<Line, LineError> {
        let is_end = self.0.remove("end") == Some(Value::Bool(true));
        let users = self.0.remove("users").and_then(|users| users.as_u64()).filter(|_| is_end);
        users.map(Line::End).ok_or(LineError::Member("end", "must be true, next to the number of users"))
    }

    fn user(&mut self) -> Result<Line, LineError> {
        let row = UserRow {
            user_id: self.parsed("user_id", "must be a UUID")?.ok_or(LineError::Member("user_id", "is missing"))?,
            username: self.text("username")?.ok_or(LineError::Member("username", "is missing"))?,
            email: self.text("email")?,
            email_verified: self.flag("email_verified")?,
            first_name: self.text("first_name")?,
            last_name: self.text("last_name")?,
            created_at: self.instant("created_at")?.ok_or(LineError::Member("created_at", "is missing"))?,
            password_expires_at: self.instant("password_expires_at")?,
            disabled_at: self.instant("disabled_at")?,
            erased_at: None,
            epoch: self.epoch()?,
            acl: self.acl()?,
            password_hash: self.hash()?,
        };
        if !Username::normalised(&row.username).is_possible() || row.username.trim() != row.username {
            return Err(LineError::Member("username", "must have 1 to 256 bytes, no control characters, and no space at either end"));
        }
        if row.email.as_ref().is_some_and(|email| email.is_empty() || email.len() > 320 || email.chars().any(char::is_control)) {
            return Err(LineError::Member("email", "must have 1 to 320 bytes and no control characters"));
        }
        Ok(Line::User(Box::new(row)))
    }

    fn text(&mut self, name: &'static str) -> Result<Option<String>, LineError> {
        match self.0.remove(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(LineError::Member(name, "must be a string")),
        }
    }

    fn parsed<T: std::str::FromStr>(&mut self, name: &'static str, must: &'static str) -> Result<Option<T>, LineError> {
        let text = self.text(name).map_err(|_| LineError::Member(name, must))?;
        text.map(|text| text.parse().map_err(|_| LineError::Member(name, must))).transpose()
    }

    fn flag(&mut self, name: &'static str) -> Result<bool, LineError> {
        match self.0.remove(name) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(flag),
            Some(_) => Err(LineError::Member(name, "must be true or false")),
        }
    }

    fn instant(&mut self, name: &'static str) -> Result<Option<Timestamp>, LineError> {
        self.parsed(name, "must be an RFC 3339 date-time, like 2030-01-31T12:00:00Z")
    }

    fn epoch(&mut self) -> Result<u64, LineError> {
        // At the end of the type's range a changed password could start no new epoch, and would end no session.
        let epoch = self.0.remove("epoch").map_or(Some(0), |epoch| epoch.as_u64()).filter(|epoch| *epoch <= 1 << 53);
        epoch.ok_or(LineError::Member("epoch", "must be a whole number from 0 to 9007199254740992"))
    }

    /// Strict: a member that is ignored could have narrowed the ACL.
    fn acl(&mut self) -> Result<Acl, LineError> {
        let wrong = LineError::Member("acl", "must be a list of {\"scope\": {...}, \"permissions\": [...]}");
        let Some(value) = self.0.remove("acl") else { return Ok(Acl::default()) };
        let is_item =
            |item: &Value| item.as_object().is_some_and(|item| item.len() == 2 && item.get("scope").is_some_and(Value::is_object));
        if !value.as_array().is_some_and(|items| items.iter().all(is_item)) {
            return Err(wrong);
        }
        serde_json::from_value(value).map_err(|_| wrong)
    }

    /// A machine account has none.
    fn hash(&mut self) -> Result<Option<Secret>, LineError> {
        const NAME: &str = "password_hash";
        let Some(text) = self.text(NAME)? else { return Ok(None) };
        match PasswordHash::check(&text) {
            Ok(_) => Ok(Some(Secret::new(text))),
            Err(PasswordError::TooCostly) => Err(LineError::Member(NAME, "would cost each login too much time or memory")),
            Err(_) => Err(LineError::Member(NAME, "is not argon2, bcrypt, scrypt or PBKDF2 in a known format")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transfer::line;

    const HASH: &str = "$2b$06$pDd9upUbHYl7c/Cz5v6h2OF3/.lhrMHoIh3jEH/Tkzs48Hhugoule";

    fn whole() -> Value {
        serde_json::json!({
            "user_id": "0f8fad5b-d9cb-469f-a165-70867728950e", "username": "Carol", "email": "carol@example.com", "email_verified": true,
            "first_name": "Carol", "last_name": "Smith", "created_at": "2024-01-31T12:00:00Z", "password_expires_at": "2031-01-01T00:00:00Z",
            "disabled_at": "2025-01-01T00:00:00Z", "epoch": 7, "password_hash": HASH,
            "acl": [{"scope": {"organizationId": ["acme"]}, "permissions": ["read"]}],
        })
    }

    fn reason(change: impl FnOnce(&mut Value)) -> String {
        let mut line = whole();
        change(&mut line);
        parse(line.to_string().as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn what_is_written_is_read_again_with_every_member() {
        let Ok(Line::User(row)) = parse(whole().to_string().as_bytes()) else { panic!("not read") };

        let written: Value = serde_json::from_slice(&line::of(&row).unwrap()).unwrap();

        assert_eq!(written, whole());
    }

    #[test]
    fn three_members_are_enough() {
        let line = serde_json::json!({"user_id": "0f8fad5b-d9cb-469f-a165-70867728950e", "username": "c",
            "created_at": "2024-01-31T12:00:00.5+02:00"});

        let Ok(Line::User(row)) = parse(line.to_string().as_bytes()) else { panic!("not read") };

        assert_eq!((row.epoch, row.acl.0.len(), row.email, row.created_at.to_string().as_str()), (0, 0, None, "2024-01-31T10:00:00Z"));
        assert!(row.password_hash.is_none() && !row.email_verified);
    }

    #[test]
    fn a_wrong_line_is_told_by_its_member_and_never_by_its_content() {
        for name in ["user_id", "username", "created_at"] {
            assert_eq!(reason(|line| drop(line.as_object_mut().unwrap().remove(name))), format!("{name} is missing"));
        }
        for name in ["user_id", "username", "email", "email_verified", "created_at", "disabled_at", "epoch", "acl", "password_hash"] {
            for wrong in [serde_json::json!({HASH: HASH}), serde_json::json!([[HASH]]), serde_json::json!(-1)] {
                let reason = reason(|line| line[name] = wrong);
                assert!(reason.starts_with(name) && !reason.contains("$2b"), "{reason}");
            }
        }
        for (name, wrong) in [("username", " x"), ("username", ""), ("email", "a\nb"), ("password_hash", "secret"), ("epoch", HASH)] {
            let reason = reason(|line| line[name] = wrong.into());
            assert!(reason.starts_with(name) && !reason.contains("secret") && !reason.contains("$2b"), "{reason}");
        }
        assert!(reason(|line| line[HASH] = HASH.into()).starts_with("has an unknown member"));
        assert!(reason(|line| line["password_hash"] = HASH.replace("$06$", "$17$").into()).contains("cost"));
    }

    #[test]
    fn an_acl_that_would_lose_a_part_is_refused() {
        for acl in [
            r#"[{"scope":{},"permissions":["read"],"organizationId":["acme"]}]"#,
            r#"[{"scope":{"websiteId":["x"]},"permissions":["read"]}]"#,
            r#"[{"permissions":["read"]}]"#,
            r#"[[{},["read"]]]"#,
            r#"{}"#,
        ] {
            assert!(reason(|line| line["acl"] = serde_json::from_str(acl).unwrap()).starts_with("acl must be"), "{acl}");
        }
    }

    #[test]
    fn a_line_that_is_not_an_object_is_refused() {
        for line in ["", "[]", "7", "null", "{", "{\"user_id\":}", "\u{feff}{}", "{} {}"] {
            assert_eq!(parse(line.as_bytes()).unwrap_err(), LineError::NotAnObject, "{line}");
        }
        assert_eq!(parse(b"\xff").unwrap_err(), LineError::NotAnObject);
    }

    #[test]
    fn a_duplicate_key_is_refused_at_every_depth() {
        let line = whole().to_string();
        let acme = r#"{"organizationId":["acme"]}"#;
        for (once, twice) in [
            (r#""epoch":7"#, r#""epoch":7,"epoch":7"#.to_owned()),
            (acme, r#"{"organizationId":["acme"],"organizationId":["acme","other"]}"#.to_owned()),
            (&*format!(r#""scope":{acme}"#), format!(r#""scope":{acme},"scope":{{}}"#)),
        ] {
            assert!(line.contains(once), "{line}");
            assert_eq!(parse(line.replace(once, &twice).as_bytes()).unwrap_err(), LineError::DuplicateKey, "{twice}");
        }
    }

    #[test]
    fn a_null_is_refused_at_every_depth() {
        for path in ["/email", "/acl", "/acl/0/scope", "/acl/0/scope/organizationId", "/acl/0/permissions/0"] {
            assert_eq!(reason(|line| *line.pointer_mut(path).unwrap() = Value::Null), LineError::Null.to_string(), "{path}");
        }
    }

    #[test]
    fn the_end_line_is_no_user() {
        assert!(matches!(parse(br#"{"end":true,"users":3}"#), Ok(Line::End(3))));
        for line in [r#"{"end":false,"users":3}"#, r#"{"end":true}"#, r#"{"end":true,"users":3,"x":1}"#, r#"{"end":true,"users":-1}"#] {
            assert!(parse(line.as_bytes()).is_err(), "{line}");
        }
    }
}

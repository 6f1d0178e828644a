//! The lines of a file of users: what is written, and what is taken. A reason why a line is not taken never holds a part of it.

use latchkey::credentials::{PasswordError, PasswordHash};
use latchkey::domain::{Acl, Secret, Timestamp, UserId, Username};
use latchkey::store::UserRow;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use thiserror::Error;

/// The format's name, in the header.
pub const FORMAT: &str = "latchkey-users";
/// The format's version, in the header.
pub const VERSION: u32 = 1;

/// The first line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// [`FORMAT`].
    pub format: String,
    /// [`VERSION`].
    pub version: u32,
    /// Whether there is an end line: a file without it is then one that was cut off.
    #[serde(default)]
    pub end_line: bool,
}

/// The last line of an export.
#[derive(Debug, Serialize)]
pub struct End {
    /// `true`.
    pub end: bool,
    /// How many lines of users stand above.
    pub users: u64,
}

/// A user's line.
#[derive(Debug, Serialize)]
struct UserLine<'a> {
    user_id: UserId,
    username: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_name: Option<&'a str>,
    created_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    password_expires_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    disabled_at: Option<Timestamp>,
    epoch: u64,
    acl: &'a Acl,
    #[serde(skip_serializing_if = "Option::is_none")]
    password_hash: Option<&'a Secret>,
}

/// The line of `user`, without its end.
pub fn of(user: &UserRow) -> serde_json::Result<Vec<u8>> {
    serde_json::to_vec(&UserLine {
        user_id: user.user_id,
        username: &user.username,
        email: user.email.as_deref(),
        first_name: user.first_name.as_deref(),
        last_name: user.last_name.as_deref(),
        created_at: user.created_at,
        password_expires_at: user.password_expires_at,
        disabled_at: user.disabled_at,
        epoch: user.epoch,
        acl: &user.acl,
        password_hash: user.password_hash.as_ref(),
    })
}

/// A line that was taken.
#[derive(Debug)]
pub enum Line {
    /// A user.
    User(Box<UserRow>),
    /// The end, and how many users it announces.
    End(u64),
}

/// Why a line is not taken.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum LineError {
    /// No JSON, or not an object.
    #[error("is no JSON object")]
    NotAnObject,
    /// The last line, which has no line's end and is not whole.
    #[error("is cut off")]
    CutOff,
    /// Longer than any user's.
    #[error("has more than {0} bytes")]
    TooLong(usize),
    /// A member is there twice.
    #[error("has a member twice")]
    Twice,
    /// A member that is not known: dropped, what it was meant to say would be lost.
    #[error(
        "has a member that is not known; a user has user_id, username, email, first_name, last_name, created_at, \
             password_expires_at, disabled_at, epoch, acl, password_hash"
    )]
    Unknown,
    /// A member is missing or not what it must be.
    #[error("{0} {1}")]
    Member(&'static str, &'static str),
    /// The end line announces another number of users.
    #[error("announces {announced} users, and {found} stand above it")]
    Count {
        /// The end line's number.
        announced: u64,
        /// The lines above it.
        found: u64,
    },
    /// Something stands below the end line.
    #[error("stands below the end line")]
    BelowTheEnd,
}

/// Reads a line.
pub fn parse(line: &[u8]) -> Result<Line, LineError> {
    let members = Members::parse(line)?;
    let mut members = Taken(members.0);
    let parsed = if members.0.contains_key("end") { members.end() } else { members.user() }?;
    if members.0.is_empty() { Ok(parsed) } else { Err(LineError::Unknown) }
}

/// A JSON object that has no member twice.
struct Members(Map<String, Value>);

impl Members {
    fn parse(line: &[u8]) -> Result<Self, LineError> {
        if !line.trim_ascii_start().starts_with(b"{") {
            return Err(LineError::NotAnObject);
        }
        serde_json::from_slice(line).map_err(|error| if error.is_data() { LineError::Twice } else { LineError::NotAnObject })
    }
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Members;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut access: A) -> Result<Members, A::Error> {
                let mut members = Map::new();
                while let Some((name, value)) = access.next_entry::<String, Value>()? {
                    if members.insert(name, value).is_some() {
                        return Err(serde::de::Error::custom("twice"));
                    }
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Visitor)
    }
}

/// Members, taken out one by one; what is left is not known.
struct Taken(Map<String, Value>);

impl Taken {
    fn end(&mut self) -> Result<Line, LineError> {
        let is_end = self.0.remove("end") == Some(Value::Bool(true));
        let users = self.0.remove("users").and_then(|users| users.as_u64()).filter(|_| is_end);
        users.map(Line::End).ok_or(LineError::Member("end", "must be true, beside the number of users"))
    }

    fn user(&mut self) -> Result<Line, LineError> {
        let row = UserRow {
            user_id: self.parsed("user_id", "must be a UUID")?.ok_or(LineError::Member("user_id", "is missing"))?,
            username: self.text("username")?.ok_or(LineError::Member("username", "is missing"))?,
            email: self.text("email")?,
            first_name: self.text("first_name")?,
            last_name: self.text("last_name")?,
            created_at: self.instant("created_at")?.ok_or(LineError::Member("created_at", "is missing"))?,
            password_expires_at: self.instant("password_expires_at")?,
            disabled_at: self.instant("disabled_at")?,
            epoch: self.epoch()?,
            acl: self.acl()?,
            password_hash: Some(self.hash()?),
        };
        if !Username::normalised(&row.username).is_possible() {
            return Err(LineError::Member("username", "must have 1 to 256 bytes, no control characters, and no space at its ends"));
        }
        if row.email.as_ref().is_some_and(|email| email.is_empty() || email.len() > 320 || email.chars().any(char::is_control)) {
            return Err(LineError::Member("email", "must have 1 to 320 bytes and no control characters"));
        }
        Ok(Line::User(Box::new(row)))
    }

    /// A member; `null` is the same as none.
    fn member(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name).filter(|value| !value.is_null())
    }

    fn text(&mut self, name: &'static str) -> Result<Option<String>, LineError> {
        match self.member(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(LineError::Member(name, "must be a text")),
        }
    }

    fn parsed<T: std::str::FromStr>(&mut self, name: &'static str, must: &'static str) -> Result<Option<T>, LineError> {
        let text = self.text(name).map_err(|_| LineError::Member(name, must))?;
        text.map(|text| text.parse().map_err(|_| LineError::Member(name, must))).transpose()
    }

    fn instant(&mut self, name: &'static str) -> Result<Option<Timestamp>, LineError> {
        self.parsed(name, "must be an RFC 3339 date-time, like 2030-01-31T12:00:00Z")
    }

    fn epoch(&mut self) -> Result<u64, LineError> {
        // At the type's end a changed password would start no new epoch, and so end no session.
        let epoch = self.member("epoch").map_or(Some(0), |epoch| epoch.as_u64()).filter(|epoch| *epoch <= 1 << 53);
        epoch.ok_or(LineError::Member("epoch", "must be a whole number from 0 to 9007199254740992"))
    }

    /// Read strictly: a member that was dropped could have narrowed what may be done.
    fn acl(&mut self) -> Result<Acl, LineError> {
        let wrong = LineError::Member("acl", "must be a list of {\"scope\": {...}, \"permissions\": [...]}");
        let Some(value) = self.member("acl") else { return Ok(Acl::default()) };
        let is_item =
            |item: &Value| item.as_object().is_some_and(|item| item.len() == 2 && item.get("scope").is_some_and(Value::is_object));
        if !value.as_array().is_some_and(|items| items.iter().all(is_item)) {
            return Err(wrong);
        }
        serde_json::from_value(value).map_err(|_| wrong)
    }

    fn hash(&mut self) -> Result<Secret, LineError> {
        const NAME: &str = "password_hash";
        let text = self.text(NAME)?.ok_or(LineError::Member(NAME, "is missing"))?;
        match PasswordHash::check(&text) {
            Ok(_) => Ok(Secret::new(text)),
            Err(PasswordError::TooCostly) => Err(LineError::Member(NAME, "would cost a login too much time or memory")),
            Err(_) => Err(LineError::Member(NAME, "is none of argon2, bcrypt, scrypt and PBKDF2 in a form that is known")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "$2b$06$pDd9upUbHYl7c/Cz5v6h2OF3/.lhrMHoIh3jEH/Tkzs48Hhugoule";

    fn whole() -> Value {
        serde_json::json!({
            "user_id": "0f8fad5b-d9cb-469f-a165-70867728950e", "username": "Carol", "email": "carol@example.com", "first_name": "Carol",
            "last_name": "Smith", "created_at": "2024-01-31T12:00:00Z", "password_expires_at": "2031-01-01T00:00:00Z",
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

        let written: Value = serde_json::from_slice(&of(&row).unwrap()).unwrap();

        assert_eq!(written, whole());
    }

    #[test]
    fn four_members_are_enough() {
        let line = serde_json::json!({"user_id": "0f8fad5b-d9cb-469f-a165-70867728950e", "username": "c",
            "created_at": "2024-01-31T12:00:00.5+02:00", "password_hash": HASH, "email": null});

        let Ok(Line::User(row)) = parse(line.to_string().as_bytes()) else { panic!("not read") };

        assert_eq!((row.epoch, row.acl.0.len(), row.email, row.created_at.to_string().as_str()), (0, 0, None, "2024-01-31T10:00:00Z"));
    }

    #[test]
    fn a_wrong_line_is_told_by_its_member_and_never_by_its_content() {
        for name in ["user_id", "username", "created_at", "password_hash"] {
            assert_eq!(reason(|line| drop(line.as_object_mut().unwrap().remove(name))), format!("{name} is missing"));
        }
        for name in ["user_id", "username", "email", "created_at", "disabled_at", "epoch", "acl", "password_hash"] {
            for wrong in [serde_json::json!({HASH: HASH}), serde_json::json!([[HASH]]), serde_json::json!(-1)] {
                let reason = reason(|line| line[name] = wrong);
                assert!(reason.starts_with(name) && !reason.contains("$2b"), "{reason}");
            }
        }
        for (name, wrong) in [("username", " x"), ("username", ""), ("email", "a\nb"), ("password_hash", "secret"), ("epoch", HASH)] {
            let reason = reason(|line| line[name] = wrong.into());
            assert!(reason.starts_with(name) && !reason.contains("secret") && !reason.contains("$2b"), "{reason}");
        }
        assert!(reason(|line| line[HASH] = HASH.into()).starts_with("has a member that is not known"));
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
    fn no_json_no_object_and_a_member_twice_are_told_apart() {
        for line in ["", "[]", "7", "{", "{\"user_id\":}", "\u{feff}{}", "{} {}"] {
            assert_eq!(parse(line.as_bytes()).unwrap_err(), LineError::NotAnObject, "{line}");
        }
        assert_eq!(parse(b"{\"a\":1,\"a\":1}").unwrap_err(), LineError::Twice);
        assert_eq!(parse(b"\xff").unwrap_err(), LineError::NotAnObject);
    }

    #[test]
    fn the_end_line_is_no_user() {
        assert!(matches!(parse(br#"{"end":true,"users":3}"#), Ok(Line::End(3))));
        for line in [r#"{"end":false,"users":3}"#, r#"{"end":true}"#, r#"{"end":true,"users":3,"x":1}"#, r#"{"end":true,"users":-1}"#] {
            assert!(parse(line.as_bytes()).is_err(), "{line}");
        }
    }
}

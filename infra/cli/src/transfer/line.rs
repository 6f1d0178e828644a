//! The lines of a file of users, as an export writes them. [`super::parse`] reads them.

use latchkey::domain::{Acl, Secret, Timestamp, UserId};
use latchkey::store::UserRow;
use serde::{Deserialize, Serialize};

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
    /// Whether there is an end line. A file that lacks the one it announces was cut off.
    #[serde(default)]
    pub end_line: bool,
}

/// The last line of an export.
#[derive(Debug, Serialize)]
pub struct End {
    /// `true`.
    pub end: bool,
    /// How many lines of users precede it.
    pub users: u64,
}

/// A user's line.
#[derive(Debug, Serialize)]
struct UserLine<'a> {
    user_id: UserId,
    username: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    email_verified: bool,
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

/// The line of `user`, without its newline.
pub fn of(user: &UserRow) -> serde_json::Result<Vec<u8>> {
    serde_json::to_vec(&UserLine {
        user_id: user.user_id,
        username: &user.username,
        email: user.email.as_deref(),
        email_verified: user.email_verified,
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

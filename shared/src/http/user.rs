//! How users are shown.

use serde::Serialize;

use crate::domain::{Acl, Timestamp, UserId};
use crate::store::{ListedUser, UserRow};

/// The user object. It never has the password's hash.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UserView {
    id: UserId,
    username: String,
    email: Option<String>,
    email_verified: bool,
    first_name: Option<String>,
    last_name: Option<String>,
    created_time: Timestamp,
    disabled: bool,
    password_expiration: Option<Timestamp>,
    acl: Acl,
}

impl UserView {
    /// Where the user of that id stands.
    #[must_use]
    pub fn path(id: UserId) -> String {
        format!("/users/{id}")
    }

    /// How many bytes it has as JSON.
    #[must_use]
    pub fn json_bytes(&self) -> usize {
        serde_json::to_vec(self).map_or(0, |text| text.len())
    }
}

impl From<ListedUser> for UserView {
    fn from(user: ListedUser) -> Self {
        Self {
            id: user.user_id,
            username: user.username,
            email: user.email,
            email_verified: user.email_verified,
            first_name: user.first_name,
            last_name: user.last_name,
            created_time: user.created_at,
            disabled: user.disabled_at.is_some(),
            password_expiration: user.password_expires_at,
            acl: user.acl,
        }
    }
}

impl From<UserRow> for UserView {
    fn from(row: UserRow) -> Self {
        ListedUser::from(row).into()
    }
}

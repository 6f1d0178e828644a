//! How a login is shown.

use serde::Serialize;

use crate::domain::{Secret, Timestamp, UserId};
use crate::store::UserRow;

/// The login object: the user and the JWT.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct LoginView {
    id: UserId,
    created: Timestamp,
    username: String,
    email: Option<String>,
    firstname: Option<String>,
    lastname: Option<String>,
    token: Secret,
    password_expiration: Option<Timestamp>,
}

impl LoginView {
    /// The login of `user` with the JWT `token`.
    #[must_use]
    pub fn new(user: UserRow, token: Secret) -> Self {
        Self {
            id: user.user_id,
            created: user.created_at,
            username: user.username,
            email: user.email,
            firstname: user.first_name,
            lastname: user.last_name,
            token,
            password_expiration: user.password_expires_at,
        }
    }
}

//! The user who is asked for.

use latchkey::domain::{EmailAddress, IdempotencyKey, Name, Secret, Username};
use latchkey::http::{ApiError, Request};
use latchkey::store::UserRow;

use super::UsersCreate;

/// The user who is asked for.
pub struct NewUser {
    /// Without the password's hash, which is made for callers who may make the user.
    pub row: UserRow,
    pub password: Option<Secret>,
    /// Whether the user is mailed a link to choose a password.
    pub is_invited: bool,
    /// The `Idempotency-Key`, and a hash of the body without the password.
    pub idempotency: Option<(IdempotencyKey, String)>,
}

impl UsersCreate {
    /// Reads the body and the `Idempotency-Key`.
    ///
    /// # Errors
    /// [`ApiError`] names every field that is wrong, and every one that is not known.
    pub(super) fn read(&self, request: &Request) -> Result<NewUser, ApiError> {
        let key = request.idempotency_key()?;
        let mut fields = request.fields()?;
        let idempotency = key.map(|key| (key, fields.digest(&["password"])));
        let given = fields.required_text("username", usize::MAX);
        let username = given.trim().to_owned();
        if !given.is_empty() && (username.parse::<Name>().is_err() || !Username::normalised(&username).is_possible()) {
            fields.invalid("username", "must have 1 to 256 bytes and no control or invisible character");
        }
        let row = UserRow {
            email: fields.parsed::<EmailAddress>("email").map(|email| email.to_string()),
            first_name: fields.parsed::<Name>("firstName").map(|name| name.to_string()),
            last_name: fields.parsed::<Name>("lastName").map(|name| name.to_string()),
            acl: fields.acl("acl").unwrap_or_default(),
            ..UserRow::new(username, request.now)
        };
        let password = fields.secret("password");
        let is_invited = fields.boolean("invite").unwrap_or_default();
        if is_invited && row.email.is_none() {
            fields.invalid("invite", "needs an email");
        }
        if let Some(Err(weakness)) = password.as_ref().map(|password| self.rules.check(password, &row.names())) {
            fields.invalid("password", weakness.to_string());
        }
        // A misspelt password would make a machine account, and a misspelt ACL a user without rights.
        fields.finish_without_others()?;
        Ok(NewUser { row, password, is_invited, idempotency })
    }
}

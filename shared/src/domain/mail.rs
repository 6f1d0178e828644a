//! Mails that are asked for.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{EmailAddress, RandomId, Timestamp, UserId};

/// A mail that is asked for: what about and to whom, never the secret that the mail will hold. The mailer derives that, so that a leaked
/// table yields none, and a request that is delivered twice gives the same text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailRequest {
    /// The mail's own id. It is in the `Message-ID`.
    pub id: RandomId,
    /// When it was asked for. The life of what it holds begins here.
    pub requested_at: Timestamp,
    /// What the mail is about, and for whom.
    #[serde(flatten)]
    pub about: MailSubject,
}

impl MailRequest {
    /// A new request.
    #[must_use]
    pub fn new(about: MailSubject, requested_at: Timestamp) -> Self {
        Self { id: RandomId::random(), requested_at, about }
    }
}

/// What a mail is about, and for whom. Where there is a user, the address is read when the mail is written: the row here need not hold it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, strum::IntoStaticStr)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum MailSubject {
    /// The one-time password of a one-time token.
    OneTimePassword {
        /// The customer.
        user: UserId,
        /// The token's id, which the password derives from.
        token: RandomId,
        /// The number of the key that the token is sealed under.
        sealed_under: u8,
        /// When the password ceases to be valid.
        expires_at: Timestamp,
    },
    /// A link by which a user who forgot the password sets another one.
    ResetPassword {
        /// The user name that was typed. There need not be such a user.
        username: String,
    },
    /// A link by which the owner of a mailbox makes an account; where the address has one, a mail that says so.
    SignUp {
        /// The address that was typed.
        address: EmailAddress,
    },
    /// A link to the new address of a user, by which it takes effect.
    ChangeEmail {
        /// The user.
        user: UserId,
        /// The user's epoch when the change was asked for.
        epoch: u64,
        /// The new address.
        address: EmailAddress,
    },
    /// A notice to the former address.
    EmailChanged {
        /// The user.
        user: UserId,
        /// The address before.
        address: EmailAddress,
    },
    /// A link by which a user whom somebody else made sets the first password.
    Invitation {
        /// The user.
        user: UserId,
    },
    /// A notice. It is asked for before the change, so that it cannot be lost, and is sent if the change was made.
    PasswordChanged {
        /// The user.
        user: UserId,
        /// The epoch that the change ends.
        epoch: u64,
    },
    /// A notice.
    ApiKeyAdded {
        /// The owner.
        user: UserId,
        /// The key's name.
        name: String,
    },
    /// A notice: after too many failures the password is of no use until it is reset.
    SignInDisabled {
        /// The user.
        user: UserId,
    },
}

impl MailSubject {
    /// The kind's name: of its texts in `infra/mail`, and in the keys of rows.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.into()
    }
}

impl fmt::Debug for MailSubject {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_that_was_written_is_read_again() {
        let about = MailSubject::ApiKeyAdded { user: UserId::random(), name: "a \"key\"".into() };
        let request = MailRequest::new(about, Timestamp::from_unix(1));

        let text = serde_json::to_string(&request).unwrap();

        assert!(text.contains(r#""kind":"api-key-added""#), "{text}");
        assert_eq!(serde_json::from_str::<MailRequest>(&text).unwrap(), request);
    }

    #[test]
    fn a_log_shows_the_kind_and_no_name() {
        let about = MailSubject::ResetPassword { username: "carol".into() };

        assert_eq!(format!("{about:?}"), "reset-password");
    }
}

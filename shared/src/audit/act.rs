//! The names of what is told. A name that has been published is never given another meaning.

use serde::{Serialize, Serializer};

/// An act, its name in the line and the name of its metric.
macro_rules! acts {
    ($($(#[$doc:meta])* $act:ident = $name:literal,)*) => {
        /// What happened.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Act {
            $($(#[$doc])* $act,)*
        }

        impl Act {
            /// Every act, in the order of docs/events.md.
            pub const ALL: &[Self] = &[$(Self::$act,)*];

            /// The name in the line, like `login.succeeded`.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$act => $name,)*
                }
            }

            /// The name of the metric that counts it, like `LoginSucceeded`.
            #[must_use]
            pub fn metric(self) -> &'static str {
                match self {
                    $(Self::$act => stringify!($act),)*
                }
            }
        }
    };
}

acts! {
    /// A right username and password.
    LoginSucceeded = "login.succeeded",
    /// A wrong password, an unknown name, a disabled password or a disabled user.
    LoginRefused = "login.refused",
    /// The right password, which has expired.
    LoginExpired = "login.expired",
    /// No attempt was left under that name, or from that address; the password was not looked at.
    LoginThrottled = "login.throttled",
    /// A wrong password was one too many in a row: the user's password is disabled.
    LoginDisabled = "login.disabled",
    /// A login was given another JWT.
    SessionRenewed = "session.renewed",
    /// A user logged out.
    SessionEnded = "session.ended",
    /// A session was ended by its id, by its holder or its issuer.
    SessionRevoked = "session.revoked",
    /// A user ended all sessions but the one that asked.
    OtherSessionsEnded = "session.others-ended",
    /// A user changed the password: all sessions are over.
    PasswordChanged = "password.changed",
    /// A new password could not be compared with those known from breaches; the other rules alone decided.
    BreachCheckFailed = "password.breach-check-failed",
    /// Somebody asked for a link that sets a new password.
    PasswordResetAsked = "password.reset-asked",
    /// The client's address has asked for too many of these links.
    PasswordResetThrottled = "password.reset-throttled",
    /// Whoever has the user's mailbox set a password by a mailed link: all sessions are over.
    PasswordReset = "password.reset",
    /// A user proved a new e-mail address, which has taken effect: all sessions are over.
    EmailChanged = "email.changed",
    /// Somebody proved an e-mail address and made an account for it.
    UserSignedUp = "user.signed-up",
    /// An API key was made.
    ApiKeyAdded = "api-key.added",
    /// An API key was deleted.
    ApiKeyDeleted = "api-key.deleted",
    /// An operator was shown a user's API keys themselves.
    ApiKeyShown = "api-key.shown",
    /// An entity token was made.
    EntityTokenCreated = "entity-token.created",
    /// An entity token was given another expiry or other flags.
    EntityTokenUpdated = "entity-token.updated",
    /// An entity token was replaced by its successor.
    EntityTokenRefreshed = "entity-token.refreshed",
    /// A replaced entity token was used again: it was stolen, or stolen from. The live one is revoked.
    EntityTokenReused = "entity-token.reused",
    /// An entity token was deleted.
    EntityTokenDeleted = "entity-token.deleted",
    /// A one-time token was made.
    OneTimeTokenCreated = "one-time-token.created",
    /// A one-time token was exchanged for a session.
    OneTimeTokenExchanged = "one-time-token.exchanged",
    /// The exchange of a one-time token was repeated under its `Idempotency-Key`, and its session's JWT given again.
    ExchangeRepeated = "one-time-token.exchange-repeated",
    /// A one-time token was deleted.
    OneTimeTokenDeleted = "one-time-token.deleted",
    /// A wrong, missing or late one-time password.
    OneTimePasswordRefused = "one-time-password.refused",
    /// A customer's attempts at one-time passwords are used up.
    OneTimePasswordThrottled = "one-time-password.throttled",
    /// A mail was handed to SES.
    MailSent = "mail.sent",
    /// SES refused a mail for good.
    MailRefused = "mail.refused",
    /// A mail that was asked for is not sent.
    MailDropped = "mail.dropped",
    /// A mail came back.
    MailBounced = "mail.bounced",
    /// A recipient reported a mail as unwanted.
    MailComplained = "mail.complained",
    /// A credential that is forged, over or revoked was presented.
    CredentialsRefused = "credentials.refused",
    /// A request did not come through the distribution in front of the API.
    OriginRefused = "origin.refused",
    /// A valid credential asked for more than it may.
    PermissionDenied = "permission.denied",
    /// A user was made.
    UserAdded = "user.added",
    /// A user was sent a link that sets a password.
    UserInvited = "user.invited",
    /// A user was given other names or another e-mail address.
    UserChanged = "user.changed",
    /// A user was disabled.
    UserDisabled = "user.disabled",
    /// A user was enabled.
    UserEnabled = "user.enabled",
    /// An operator let a user's password be tried again.
    UserUnlocked = "user.unlocked",
    /// A user's ACL was replaced.
    UserGranted = "user.granted",
    /// An operator set a user's password, or had it expire.
    UserPasswordSet = "user.password-set",
    /// An operator read out everything about a person.
    PersonExported = "person.exported",
    /// Everything about a person was erased.
    PersonForgotten = "person.forgotten",
    /// An operator read out all users.
    UsersExported = "users.exported",
    /// An operator put in users.
    UsersImported = "users.imported",
    /// An operator put users into the list of users.
    UsersListed = "users.listed",
    /// The first keys were made, by a deploy or an operator.
    KeysMade = "keys.made",
    /// An operator took a step in the rotation of keys.
    KeysRotated = "keys.rotated",
}

impl Serialize for Act {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_acts_have_one_name() {
        let names: BTreeSet<_> = Act::ALL.iter().map(|act| act.name()).collect();

        assert_eq!(names.len(), Act::ALL.len());
    }
}

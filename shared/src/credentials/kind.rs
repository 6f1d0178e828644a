//! The kinds of credential, and how the form of a text tells its kind.

use super::jwt::{LOGIN_TYPE, SESSION_TYPE, type_of};

/// What a credential is. The order is the order in which the documentation lists them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CredentialKind {
    /// The JWT of a login.
    Login,
    /// The JWT of an exchanged session.
    Session,
    /// A named API key: an auth header.
    ApiKey,
    /// An entity's authentication token.
    EntityToken,
    /// A one-time authentication token.
    OneTimeToken,
}

impl CredentialKind {
    /// Every kind.
    pub const ALL: [Self; 5] = [Self::Login, Self::Session, Self::ApiKey, Self::EntityToken, Self::OneTimeToken];

    /// The kind that `text` claims to be, by its prefix or by the `typ` of its JWT header. Nothing is verified.
    #[must_use]
    pub fn claimed_by(text: &str) -> Option<Self> {
        let typ = type_of(text);
        Self::ALL.into_iter().find(|kind| match kind {
            Self::Login => typ.as_deref() == Some(LOGIN_TYPE),
            Self::Session => typ.as_deref() == Some(SESSION_TYPE),
            Self::ApiKey | Self::EntityToken | Self::OneTimeToken => text.starts_with(kind.prefix()),
        })
    }

    /// The kind's name, as `introspect` and the authorizer report it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Session => "session",
            Self::ApiKey => "api-key",
            Self::EntityToken => "entity-token",
            Self::OneTimeToken => "one-time-token",
        }
    }

    /// What the text of a sealed token begins with. Secret scanners recognise it; docs/security.md has the expressions.
    /// A JWT begins with nothing of its own.
    #[must_use]
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Login | Self::Session => "",
            Self::ApiKey => "lkapi_",
            Self::EntityToken => "lkent_",
            Self::OneTimeToken => "lkone_",
        }
    }
}

//! What an operation takes as a credential: what a 401 tells a caller who sent something else, or nothing.

/// The credential that an operation takes and the header in which it looks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CredentialRequirement {
    /// A login JWT.
    Login,
    /// An API key or a login JWT.
    Caller,
    /// The JWT of a session, an API key or a login JWT.
    CallerOrSession,
    /// The API key of an operation on an entity's tokens.
    EntityApiKey,
    /// The login JWT of an operation on an entity's tokens.
    EntityLogin,
    /// The user id of an operation on an entity's tokens.
    EntityUserId,
    /// Whatever the authorizer in front of the route takes.
    Authorizer,
}

impl CredentialRequirement {
    /// Every requirement.
    pub const ALL: [Self; 7] =
        [Self::Login, Self::Caller, Self::CallerOrSession, Self::EntityApiKey, Self::EntityLogin, Self::EntityUserId, Self::Authorizer];
}

//! The credential that an operation takes. A 401 names it to a caller who sent something else, or nothing.

/// The credential that an operation takes and the header in which it looks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CredentialRequirement {
    /// A login JWT.
    Login,
    /// An API key or a login JWT.
    Caller,
    /// The JWT of a session, an API key or a login JWT.
    CallerOrSession,
    /// The API key of an operation on entity tokens.
    EntityApiKey,
    /// The login JWT of an operation on entity tokens.
    EntityLogin,
    /// The user id of an operation on entity tokens.
    EntityUserId,
    /// What the authorizer in front of the route takes.
    Authorizer,
}

impl CredentialRequirement {
    /// Every requirement.
    pub const ALL: [Self; 7] =
        [Self::Login, Self::Caller, Self::CallerOrSession, Self::EntityApiKey, Self::EntityLogin, Self::EntityUserId, Self::Authorizer];
}

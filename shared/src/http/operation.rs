//! The trait of every operation, and its routes.

use std::future::Future;

use super::{Answer, ApiError, Request};

/// One operation of the API: one folder, one binary, one role.
pub trait Operation: Send + Sync + 'static {
    /// The operation's name everywhere: folder, binary, `operationId`, permission.
    const NAME: &'static str;
    /// The routes, as in the contract. Most operations have one.
    const ROUTES: &'static [Route];

    /// Answers one request.
    fn handle(&self, request: &Request) -> impl Future<Output = Result<Answer, ApiError>> + Send;
}

/// A method and a path with its parameters in braces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route {
    /// The method, in capitals.
    pub method: &'static str,
    /// The path.
    pub path: &'static str,
}

impl Route {
    /// The route `method path`.
    #[must_use]
    pub const fn new(method: &'static str, path: &'static str) -> Self {
        Self { method, path }
    }
}

/// Whose clients read an answer. It decides which extra members an error has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Login and auth headers: errors have `message`.
    Login,
    /// Entity tokens: errors have `success: false` and `error`, and wrong fields are 400.
    Entity,
    /// Everything else.
    Token,
}

impl Family {
    /// Whose clients use `routes`; the routes of one operation are of one family.
    #[must_use]
    pub fn of(routes: &[Route]) -> Self {
        match routes.first().and_then(|route| route.path.split('/').nth(1)) {
            Some("user" | "authheader") => Self::Login,
            Some("entities") => Self::Entity,
            _ => Self::Token,
        }
    }
}

//! Routes under /entities/{entityId}/users/{userId}/authentication-token.

mod create;
mod delete;
mod get;
mod membership;
mod refresh;
mod rights;
mod update;

//! Routes under /sessions, and whoever asks about a session or any other credential.

mod authorizer;
mod delete;
mod get;
mod introspect;

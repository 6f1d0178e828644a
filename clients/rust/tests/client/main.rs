//! The client against a stand-in of Latchkey, which makes what a running one cannot: sessions that have expired, forged ones, answers
//! that are lost. The tests of the workspace run the client against the real binaries.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "clippy.toml allows these inside test functions only, and this crate is nothing but tests"
)]

mod examples;
mod introspection;
#[cfg(feature = "axum")]
mod middleware;
mod session;
mod stand_in;

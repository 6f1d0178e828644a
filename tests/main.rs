//! Every operation through its public door, in process, against an embedded DynamoDB of its own for each test.
//!
//! The tree is the API's: `user/login.rs` tests `POST /user/login`. Beside it stand the suites that run over all operations
//! (`malformed`, `forged`, `costs`, `routes`), the house rules (`house_rules`), `stack`, which drives the real binaries
//! over HTTP (`make test` asks for it, and for `flood`), and `deploy`, which does so behind a real `sam deploy` (`make test-deploy`),
//! `sam_local`, which runs them in containers (`make test-sam-local`), and `dist`, which runs the release archive (`make test-dist`).

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "clippy.toml allows these inside test functions only, and this crate is nothing but tests"
)]

mod alarms;
mod authentication_tokens;
mod authheader;
mod breached_passwords;
mod cli;
mod closed_origin;
mod configuration;
mod contract;
mod costs;
mod deploy;
mod dist;
mod edge;
mod entities;
mod events;
mod failures;
mod first_keys;
mod flood;
mod forged;
mod house;
mod house_rules;
mod idempotency;
mod key_refresh;
mod least_privilege;
mod logs;
mod lost_answers;
mod mailer;
mod malformed;
mod operations;
mod oracle;
mod properties;
mod routes;
mod sam_local;
mod sessions;
mod stack;
mod template;
mod unsuitable_credentials;
mod upgrade;
mod user;
mod users;
mod vectors;
mod well_known;

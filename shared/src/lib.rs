//! What the operations of Latchkey are built from.
//!
//! | module | holds | may import of ours |
//! |---|---|---|
//! | [`domain`] | names, ids, times, permissions: pure rules, no I/O | nothing |
//! | [`audit`] | what a security team is told | `domain` |
//! | [`credentials`] | passwords, JWTs, sealed tokens, key rings: pure, keys arrive as values | `domain` |
//! | [`store`] | users, tokens and sessions over DynamoDB | `domain` |
//! | [`caller`] | who is asking, and what they may do | the four above |
//! | [`http`] | the `Operation` trait, request parsing, problem answers | the five above |
//! | [`runtime`] | configuration, keys, telemetry, mail, the one entry point that knows Lambda | all |
//!
//! `tests/house_rules/mod.rs` keeps this table true.

pub mod audit;
pub mod caller;
pub mod credentials;
pub mod domain;
pub mod http;
pub mod runtime;
pub mod store;

// `.cargo/config.toml` sets it, and AWS-LC is built by the same command. A build that passes that file by would spend
// 30 ms of every cold start on a seed.
const _: () = assert!(
    option_env!("AWS_LC_SYS_NO_JITTER_ENTROPY").is_some(),
    "AWS_LC_SYS_NO_JITTER_ENTROPY is not set: build in the project's folder, whose .cargo/config.toml sets it"
);

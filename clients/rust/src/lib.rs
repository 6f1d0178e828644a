//! A client of Latchkey for services that receive its credentials: verify sessions by the public keys, ask about a credential of any
//! kind, and protect the routes of axum or of any framework that is built on the crate `http`.
//!
//! ```no_run
//! # async fn example(token: &str) -> Result<(), Box<dyn std::error::Error>> {
//! use latchkey_client::Latchkey;
//! use std::env;
//!
//! let latchkey = Latchkey::builder("https://auth.example.org").api_key(env::var("LATCHKEY_API_KEY")?).build()?;
//! let caller = latchkey.verify_session(token).await?; // an error if it is anything else, such as a login
//! let asked = latchkey.introspect(token).await?; // None if it is not good
//! if asked.is_some_and(|asked| asked.can("read-invoices", "acme")) {
//!     println!("{}", caller.subject);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! With the feature `axum`, `axum::requires` is a layer for routes, and [`Caller`] an extractor. Elsewhere, a [`Guard`] decides by the
//! same [`Rule`].

#[cfg(feature = "axum")]
pub mod axum;
mod caller;
mod clock;
mod guard;
mod introspection;
mod keys;
mod known;
mod latchkey;
mod problem;
mod session;

pub use caller::{AclItem, Caller, Kind};
pub use guard::{Guard, InvalidRule, Refused, Rule};
pub use introspection::IntrospectError;
pub use keys::{Algorithm, KeysError};
pub use latchkey::{Builder, ConfigError, Latchkey};
pub use problem::{InvalidField, Problem};
pub use session::{InvalidSession, VerifyError};

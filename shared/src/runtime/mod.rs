//! Configuration, keys, AWS clients, mail, telemetry, and the one entry point that knows Lambda. Imports all of ours.
//!
//! A function's `main` is [`serve`]; an operation takes everything it needs from a [`Setup`] at start,
//! so that what is missing is found then and not at the first request.

mod authorizer;
mod aws;
mod breached_passwords;
mod closed_origin;
mod cold_start;
mod config;
mod custom_resource;
mod event;
mod events;
mod first_keys;
mod key_refresh;
mod key_secret;
mod key_source;
mod key_store;
mod keys;
mod mail;
mod serve;
pub mod settings;
mod setup;
mod stream;
mod task;
mod telemetry;

pub use authorizer::{Authorization, Authorize, AuthorizerEvent, AuthorizerService};
pub use breached_passwords::BreachedPasswords;
pub use config::{ConfigError, Environment};
pub use event::{GatewayAnswer, GatewayEvent};
pub use events::Events;
pub use first_keys::{FirstKeysError, KeyPlace, KeySets};
pub use key_secret::{KeyReading, KeySecret, KeySecretError};
pub use key_source::{KeySource, KeySourceError};
pub use keys::{CurrentKeys, Keys, Live};
pub use mail::{Mail, MailError, MailTransport};
pub use serve::{Service, serve, serve_authorizer, serve_consumer, serve_task};
pub use setup::{Setup, Start, Table};
pub use stream::{Consumer, ConsumerService, Delivery, DeliveryError};
pub use task::{Task, TaskError, TaskService, Trigger};
pub use telemetry::lines as log_lines;

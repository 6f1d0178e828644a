//! Names, ids, times and permissions: the rules that hold whatever the storage and the transport. Imports nothing of ours; no I/O.

mod acl;
mod claims;
mod client_address;
mod email_address;
mod idempotency;
mod ids;
mod json;
mod locator;
mod login_name;
mod mail;
mod name;
mod secret;
mod session_id;
mod text;
mod time;
mod user_agent;
mod username;

pub use acl::{Acl, AclItem, Dimension, Permission, PermittedEntities, Scope};
pub use claims::{ClaimsError, CustomClaims};
pub use client_address::ClientAddress;
pub use email_address::{EmailAddress, EmailAddressError};
pub use idempotency::{IdempotencyKey, IdempotencyKeyError};
pub use ids::{AttemptId, CustomerId, EntityId, EntityUserId, IdError, KeyId, RandomId, UserId};
pub use json::{JsonError, parse_json};
pub use locator::Locator;
pub use login_name::LoginName;
pub use mail::{MailRequest, MailSubject};
pub use name::{Name, NameError};
pub use secret::Secret;
pub use session_id::{SessionId, Subject};
pub use time::{Clock, SharedClock, SystemClock, Timestamp, TimestampError};
pub use user_agent::UserAgent;
pub use username::Username;

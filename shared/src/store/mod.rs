//! Users, tokens and sessions over DynamoDB. Imports `domain` only.
//!
//! Every state change is one conditional write or one transaction. The SDK repeats a write whose answer was lost, and
//! the repeated write meets its own effect. Each therefore carries something by which it recognises that effect: a
//! request token, the id of an attempt, the value it wrote. Every condition checks expiry, since TTL sweeps late. Every
//! read that decides something is consistent. No request scans; only the operator's [`Directory`] and the `eraser` do.
//!
//! | module | holds |
//! |---|---|
//! | [`schema`] | every key and attribute |
//! | `table`, `expression`, `write`, `update` | a request to one row, built from the schema |
//! | `transaction`, `batch` | several rows in one request |
//! | `retry`, `backoff` | what the SDK does not repeat by itself |
//! | the others | one type for each kind of row, with the calls that operations need |
//!
//! A binary holds only the calls that it makes.

mod api_keys;
mod attempts;
mod backoff;
mod batch;
pub mod bulk;
mod checks;
pub mod directory;
mod email_addresses;
mod entity_tokens;
pub mod erasure;
mod error;
mod expression;
mod failures;
mod idempotency;
mod key_versions;
mod listed_users;
mod mailboxes;
mod one_time_tokens;
mod outbox;
mod passwords;
mod retry;
mod rows;
pub mod schema;
mod sessions;
mod table;
mod transaction;
mod update;
mod user_change;
mod users;
mod write;

pub use api_keys::{ApiKeyPage, ApiKeyRow, ApiKeys, DeleteApiKeyError, MAX_API_KEYS, NewApiKeyError};
pub use attempts::{Attempt, LoginAttempts, ReserveError, Throttle, UsedUp};
pub use batch::{Batch, RowKey, Rows};
pub use checks::LoginSession;
pub use directory::Directory;
pub use email_addresses::EmailAddressRow;
pub use entity_tokens::{EntityTokenChange, EntityTokenRow, EntityTokens, GenerationState, Rotation};
pub use erasure::Erasure;
pub use error::StoreError;
pub use failures::{LoginRow, MOST_FAILURES};
pub use idempotency::{IdempotencyGuard, RepeatError};
pub use key_versions::{KeyVersions, KeyVersionsRow};
pub use listed_users::{ListedUser, ListedUsers};
pub use mailboxes::{BlockedMailboxRow, MailClaim, MailLimit, Mailboxes};
pub use one_time_tokens::{Exchange, ExchangeError, NewOneTimeTokenError, OneTimeTokenRow, OneTimeTokens, OtpAttemptError};
pub use outbox::{OutboxEntry, OutboxError};
pub use retry::RetryTransactionConflicts;
pub use sessions::{SessionKind, SessionRow, Sessions};
pub use user_change::{UserChange, UserChangeError};
pub use users::{NewUserError, UserRow, Users};

use aws_sdk_dynamodb::Client;

/// The names of the three tables.
#[derive(Clone, Debug)]
pub struct Tables {
    /// Users and their attempts to log in.
    pub users: String,
    /// The list of users, API keys, entity tokens, what idempotency keys made, the attempts at one-time passwords, and mails.
    pub tokens: String,
    /// Sessions, and the one-time tokens that become sessions.
    pub sessions: String,
}

/// A client and its tables. Every store is made from one; a clone shares the connections.
#[derive(Clone, Debug)]
pub struct Database {
    pub(crate) client: Client,
    pub(crate) tables: std::sync::Arc<Tables>,
}

impl Database {
    /// The database behind `client`.
    #[must_use]
    pub fn new(client: Client, tables: Tables) -> Self {
        Self { client, tables: std::sync::Arc::new(tables) }
    }
}

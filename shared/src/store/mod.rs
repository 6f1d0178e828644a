//! Users, tokens and sessions over DynamoDB. Imports `domain` only.
//!
//! Every state change is one conditional write or one transaction. A write whose answer is lost is repeated by the SDK, and
//! then meets itself: each therefore carries something by which it recognises its own effect (a request token, an attempt's
//! id, the value it wrote). Expiry stands in every condition, since TTL sweeps late; every read behind a decision is
//! consistent; no function scans ([`Directory`], the operator's, does).
//!
//! [`schema`] has every key and attribute. The other modules have one type for each kind of row, with the few calls that
//! an operation needs; a binary holds only the calls it makes.

mod api_keys;
mod attempts;
mod batch;
pub mod bulk;
mod checks;
pub mod directory;
mod entity_tokens;
mod error;
mod expression;
mod idempotency;
mod one_time_tokens;
mod retry;
mod rows;
pub mod schema;
mod sessions;
mod table;
mod transaction;
mod update;
mod users;
mod write;

pub use api_keys::{ApiKeyRow, ApiKeys, DeleteApiKeyError, NewApiKeyError};
pub use attempts::{Attempt, LoginAttempts, ReserveError, Throttle};
pub use batch::{Batch, RowKey, Rows};
pub use checks::LoginSession;
pub use directory::Directory;
pub use entity_tokens::{EntityTokenChange, EntityTokenRow, EntityTokens, GenerationState, Rotation};
pub use error::StoreError;
pub use idempotency::{IdempotencyGuard, RepeatError};
pub use one_time_tokens::{Exchange, ExchangeError, NewOneTimeTokenError, OneTimeTokenRow, OneTimeTokens, OtpAttemptError};
pub use retry::RetryTransactionConflicts;
pub use sessions::{IssuedSessionRow, SessionKind, SessionRow, Sessions};
pub use users::{UserRow, Users};

use aws_sdk_dynamodb::Client;

/// The three tables' names.
#[derive(Clone, Debug)]
pub struct Tables {
    /// Users and their attempts to log in.
    pub users: String,
    /// API keys, entity tokens, one-time tokens and the attempts at one-time passwords.
    pub tokens: String,
    /// Sessions, of logins and of exchanges.
    pub sessions: String,
}

/// A client and the tables it works on; every store is made from one. A clone shares the connections.
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

//! Who is asking: the credentials in a request become a [`Caller`] with an ACL. Imports `domain`, `audit`,
//! `credentials` and `store`.
//!
//! There are two steps, so that an operation reads everything that it decides on in one request:
//!
//! 1. [`Gate`] finds the credential in the headers and checks its seal or signature without any I/O. A forged one ends
//!    here. The result is a [`Credential`], whose rows an operation adds to its batch ([`Credential::add_to`]).
//! 2. With the rows, the [`PendingCredential`] makes its user the caller ([`PendingCredential::caller`]), unless it has
//!    been revoked.

mod active;
mod credential;
mod entity;
mod gate;
mod headers;
mod login;
mod one_time;
mod password;
mod requirement;
mod rights;
mod session;
mod user;

use thiserror::Error;

use crate::store::StoreError;

pub use active::ActiveCredential;
pub use credential::{Credential, PendingCredential};
pub use entity::{EntityAccess, EntityCaller, EntityPath, EntitySubject};
pub use gate::{Gate, login};
pub use headers::{bearer, first_credential};
pub use login::{LoginLives, NewLogin};
pub use one_time::PendingOneTimeToken;
pub use password::{PasswordGate, PasswordGateError, PasswordGuess, ProvenUser};
pub use requirement::CredentialRequirement;
pub use rights::{Caller, may_issue_tokens};
pub use session::{PendingSession, SessionAccess, SessionCaller, SessionPath};
pub use user::{UserAccess, UserCaller, UserPath};

/// Why the credentials of a request do not make a caller.
#[derive(Debug, Error)]
pub enum CallerError {
    /// The request lacks the credential that the operation requires.
    #[error("no credentials")]
    Missing(CredentialRequirement),
    /// The request carries a credential of a kind, or in a header, that the operation does not take. Its form decides
    /// that; nobody checks whether it is valid.
    #[error("a credential that the operation does not take")]
    Unsuitable(CredentialRequirement),
    /// The credential is forged, expired or revoked. The log is told which, the caller is not.
    #[error("credentials refused: {0}")]
    Refused(&'static str),
    /// The login is good, and the password was proven longer ago than the operation takes.
    #[error("the password was proven too long ago")]
    Stale {
        /// The most seconds that the operation takes.
        max_age: u32,
    },
    /// The caller is known and lacks the permission.
    #[error("the caller lacks the permission")]
    Forbidden,
    /// The store did not answer, or a row is unreadable.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Adds why a credential is refused to the request's log lines; its sender is not told.
pub fn note_reason(reason: &str) {
    tracing::Span::current().record("reason", reason);
}

/// Adds the id of the row that the request is about to its log lines. The token or the path that names the row is never
/// logged.
pub fn note_row(id: impl std::fmt::Display) {
    tracing::Span::current().record("row", tracing::field::display(id));
}

//! Who is asking: credentials in a request become a [`Caller`] with an ACL. Imports `domain`, `audit`, `credentials` and `store`.
//!
//! It goes in two steps, so that an operation reads all it decides on in one request: [`Gate`] checks seals and signatures
//! without any I/O and refuses what is forged; what passed, a [`Credential`], names the rows it needs ([`Credential::add_to`]),
//! and with those rows makes its user a caller ([`PendingCredential::caller`]), unless it has been revoked.

mod active;
mod credential;
mod entity;
mod gate;
mod headers;
mod one_time;
mod password;
mod requirement;
mod rights;
mod session;

use thiserror::Error;

use crate::store::StoreError;

pub use active::ActiveCredential;
pub use credential::{Credential, PendingCredential};
pub use entity::{EntityAccess, EntityCaller, EntityPath};
pub use gate::{Gate, login};
pub use headers::{bearer, first_credential};
pub use one_time::PendingOneTimeToken;
pub use password::{PasswordGate, PasswordGateError, ProvenUser};
pub use requirement::CredentialRequirement;
pub use rights::{Caller, may_issue_tokens};
pub use session::{PendingSession, SessionAccess, SessionCaller, SessionPath, live_session};

/// Why a request's credentials do not make a caller.
#[derive(Debug, Error)]
pub enum CallerError {
    /// The request carries nothing where the operation looks for this, nor anything that belongs there.
    #[error("no credentials")]
    Missing(CredentialRequirement),
    /// The request carries a credential of a kind, or in a header, that the operation does not take. Its form alone says so; whether
    /// it is valid is not looked at.
    #[error("a credential that the operation does not take")]
    Unsuitable(CredentialRequirement),
    /// The credential is not one that this service made, or has expired or been revoked. Callers are not told which.
    #[error("credentials refused: {0}")]
    Refused(&'static str),
    /// The caller is known and may not do this.
    #[error("the caller lacks the permission")]
    Forbidden,
    /// The tables can not tell.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Writes the id of the row that a request is about into its log lines, in place of the token or the path that names it.
pub fn note_row(id: impl std::fmt::Display) {
    tracing::Span::current().record("row", tracing::field::display(id));
}

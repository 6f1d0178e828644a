//! Why a command failed, and its exit code.

use latchkey::store::StoreError;
use thiserror::Error;

/// The exit code of a usage error; the same as `clap`'s.
pub const USAGE: u8 = 2;

/// Why a command failed. The text is for the operator, and holds no secret.
#[derive(Debug, Error)]
pub enum Failure {
    /// A wrong or missing argument.
    #[error("{0}")]
    Usage(String),
    /// What the arguments name does not exist.
    #[error("{0}")]
    NotFound(String),
    /// Not possible at present: a name is taken, somebody else changed the same thing, a step comes too early.
    #[error("{0}")]
    Refused(String),
    /// The command found something wrong, and reported it.
    #[error("{0}")]
    Unhealthy(String),
    /// Anything else: no connection, no permission, an unreadable file.
    #[error("{0:#}")]
    Failed(#[from] anyhow::Error),
}

impl Failure {
    /// The program's exit code.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Failed(_) | Self::Unhealthy(_) => 1,
            Self::Usage(_) => USAGE,
            Self::NotFound(_) => 3,
            Self::Refused(_) => 4,
        }
    }

    /// A stable word for scripts.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Failed(_) => "failed",
            Self::Unhealthy(_) => "unhealthy",
            Self::Usage(_) => "usage",
            Self::NotFound(_) => "not-found",
            Self::Refused(_) => "refused",
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let advice = match error {
            StoreError::Unavailable(_) => "the tables did not answer; run `latchkey doctor` to find out why",
            StoreError::Corrupt(_) => "a row is not what its key says it is",
        };
        Self::Failed(anyhow::Error::new(error).context(advice))
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::Failed(error.into())
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::Failed(error.into())
    }
}

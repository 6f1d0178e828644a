//! Why a command did not do what it was asked, and the exit code of that.

use latchkey::store::StoreError;
use thiserror::Error;

/// The exit code of a wrong usage; `clap`'s own.
pub const USAGE: u8 = 2;

/// Why a command did not do what it was asked. The text is for the operator; it holds no secret.
#[derive(Debug, Error)]
pub enum Failure {
    /// What was asked can not be: a wrong argument, or one that the command needs and nobody gave.
    #[error("{0}")]
    Usage(String),
    /// What was named is not there.
    #[error("{0}")]
    NotFound(String),
    /// It can not be done as things stand: a name is taken, somebody else changed the same, a step comes too early.
    #[error("{0}")]
    Refused(String),
    /// The command found something wrong, which it has said.
    #[error("{0}")]
    Unhealthy(String),
    /// Anything else: no connection, no right, a file that can't be read.
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
            StoreError::Unavailable(_) => "the tables could not be used; `latchkey doctor` looks for the reason",
            StoreError::Corrupt(_) => "a row is not what it should be",
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

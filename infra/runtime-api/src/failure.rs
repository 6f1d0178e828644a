//! Why a function gave no answer.

use std::process::ExitStatus;

use serde::Deserialize;
use thiserror::Error;

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Failure {
    /// The function reported an error, in its start or in this call. In a call it lives on.
    #[error(transparent)]
    Function(#[from] FunctionError),
    /// The process has ended.
    #[error("the function's process has ended ({0})")]
    Ended(ExitStatus),
    /// There was no answer in time. The process was killed, as in Lambda.
    #[error("the function gave no answer in time")]
    TimedOut,
    /// The answer is longer than Lambda takes.
    #[error("the function's answer exceeds 6 MiB")]
    TooLong,
    /// The process can no longer be watched.
    #[error("the function's process is lost")]
    Lost,
}

/// What a function reports of an error.
#[derive(Clone, Debug, PartialEq, Eq, Error, Deserialize)]
#[error("{kind}: {message}")]
pub struct FunctionError {
    /// `errorType`.
    #[serde(rename = "errorType", default)]
    pub kind: String,
    /// `errorMessage`.
    #[serde(rename = "errorMessage", default)]
    pub message: String,
}

impl FunctionError {
    /// The error of a report's body. One that is not the documented JSON is its own message.
    pub(crate) fn parse(body: &[u8]) -> Self {
        let text = || Self { kind: "Unknown".to_owned(), message: String::from_utf8_lossy(body).into_owned() };
        serde_json::from_slice(body).unwrap_or_else(|_| text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_has_its_type_and_its_message() {
        let documented = FunctionError::parse(br#"{"errorType": "Config", "errorMessage": "ISSUER is not set", "stackTrace": []}"#);
        let other = FunctionError::parse(b"oops");

        assert_eq!(documented.to_string(), "Config: ISSUER is not set");
        assert_eq!(other.to_string(), "Unknown: oops");
    }
}

//! A key set in Secrets Manager, replaced whole.

use aws_sdk_secretsmanager::error::SdkError;
use aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueError;
use aws_sdk_secretsmanager::operation::put_secret_value::PutSecretValueError;
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::domain::Secret;

/// A secret that holds a key set, or will.
#[derive(Clone, Debug)]
pub struct KeySecret {
    client: aws_sdk_secretsmanager::Client,
    arn: String,
}

/// A set as it was read.
#[derive(Clone, Debug)]
pub struct KeyReading {
    /// The document; nothing where the secret is still empty.
    pub text: Option<Secret>,
    version: Option<String>,
}

/// Why a key set was not read or not written.
#[derive(Debug, Error)]
pub enum KeySecretError {
    /// Somebody else wrote it since it was read; nothing is written.
    #[error("somebody else changed {0} at the same time; it was left as it is")]
    Meanwhile(String),
    /// Secrets Manager refused or did not answer.
    #[error("{arn} can't be {done}")]
    SecretsManager {
        /// The secret.
        arn: String,
        /// `read` or `written`.
        done: &'static str,
        /// What Secrets Manager said; never a secret's value.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl KeySecret {
    /// The secret `arn`.
    #[must_use]
    pub fn new(client: aws_sdk_secretsmanager::Client, arn: String) -> Self {
        Self { client, arn }
    }

    /// The secret's ARN.
    #[must_use]
    pub fn arn(&self) -> &str {
        &self.arn
    }

    /// The set as it is now.
    ///
    /// # Errors
    /// If it can't be read; an empty one can.
    pub async fn read(&self) -> Result<KeyReading, KeySecretError> {
        match self.client.get_secret_value().secret_id(&self.arn).send().await {
            Ok(value) => Ok(KeyReading { text: value.secret_string.map(Secret::new), version: value.version_id }),
            // A secret that was made without a value has no current version.
            Err(error) if error.as_service_error().is_some_and(GetSecretValueError::is_resource_not_found_exception) => {
                Ok(KeyReading { text: None, version: None })
            }
            Err(error) => Err(self.failed("read", error)),
        }
    }

    /// Replaces the whole set by `text` if it is still what was `read`.
    ///
    /// Secrets Manager has no conditional put, but takes one version of an id only: the new version's id is derived from the one
    /// that was read, so that of two who read the same version one is refused. A retry whose first answer was lost writes the same
    /// content, which is taken as done.
    ///
    /// # Errors
    /// [`KeySecretError::Meanwhile`] if somebody else replaced it meanwhile: nothing is written then.
    pub async fn replace(&self, read: &KeyReading, text: &str) -> Result<(), KeySecretError> {
        // Narrows the gap in which somebody writes without this program.
        if self.read().await?.version != read.version {
            return Err(KeySecretError::Meanwhile(self.arn.clone()));
        }
        let put = self.client.put_secret_value().secret_id(&self.arn).secret_string(text);
        match put.client_request_token(successor(&self.arn, read.version.as_deref())).send().await {
            Ok(_) => Ok(()),
            Err(error) if error.as_service_error().is_some_and(PutSecretValueError::is_resource_exists_exception) => {
                Err(KeySecretError::Meanwhile(self.arn.clone()))
            }
            Err(error) => Err(self.failed("written", error)),
        }
    }

    fn failed<E: std::error::Error + Send + Sync + 'static>(
        &self,
        done: &'static str,
        error: SdkError<E, aws_smithy_runtime_api::http::Response>,
    ) -> KeySecretError {
        KeySecretError::SecretsManager { arn: self.arn.clone(), done, source: Box::new(error) }
    }
}

/// The id of the version after `version`: a UUID of 16 bytes of SHA-256.
fn successor(arn: &str, version: Option<&str>) -> String {
    let hash = Sha256::digest(format!("{arn}\n{}", version.unwrap_or_default()));
    let bytes = hash.first_chunk::<16>().copied().unwrap_or_default();
    uuid::Builder::from_custom_bytes(bytes).into_uuid().to_string()
}

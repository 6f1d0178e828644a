//! A key set in Secrets Manager, which is always replaced whole.

use aws_sdk_secretsmanager::Config;
use aws_sdk_secretsmanager::config::retry::RetryConfig;
use aws_sdk_secretsmanager::error::SdkError;
use aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueError;
use aws_sdk_secretsmanager::operation::put_secret_value::PutSecretValueError;
use aws_sdk_secretsmanager::types::SecretValueEntry;
use futures_util::future::join_all;
use sha2::{Digest, Sha256};
use thiserror::Error;

use super::telemetry::chain;
use crate::domain::Secret;

/// A secret for a key set. It may still be empty.
#[derive(Clone, Debug)]
pub struct KeySecret {
    client: aws_sdk_secretsmanager::Client,
    arn: String,
}

/// A key set as it was read, with the version that a replacement expects.
#[derive(Clone, Debug)]
pub struct KeyReading {
    /// The document. `None` while the secret is empty.
    pub text: Option<Secret>,
    version: Option<String>,
}

/// Why a key set was not read or not written.
#[derive(Debug, Error)]
pub enum KeySecretError {
    /// Somebody else replaced it since it was read. Nothing was written.
    #[error("somebody else changed {0} at the same time; it was left as it is")]
    Meanwhile(String),
    /// Secrets Manager refused or did not answer.
    #[error("{arn} can't be {done}")]
    SecretsManager {
        /// The secret.
        arn: String,
        /// `read` or `written`.
        done: &'static str,
        /// The error of Secrets Manager. It never holds a secret's value.
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

    /// The current set.
    ///
    /// # Errors
    /// If Secrets Manager refuses or does not answer. An empty secret is not an error.
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

    /// The current sets of several secrets, in their order: one request for all, which also needs the right to
    /// BatchGetSecretValue. What that does not give is read by itself. AWS allows an account 100 such requests a second,
    /// and 10,000 of the single ones: a burst of starts must not fail at the lower limit.
    pub async fn read_all(secrets: &[&Self]) -> Vec<Result<KeyReading, KeySecretError>> {
        let mut batch = match secrets {
            [first, _, ..] => first.read_batch(secrets).await,
            _ => Vec::new(),
        };
        let mut of_batch = |secret: &Self| {
            let place = batch.iter().position(|(arn, _)| *arn == secret.arn)?;
            Some(batch.swap_remove(place).1)
        };
        let readings = secrets.iter().map(|secret| {
            let reading = of_batch(secret);
            async move { if let Some(reading) = reading { Ok(reading) } else { secret.read().await } }
        });
        join_all(readings).await
    }

    /// What one request gives of `secrets`, by ARN; nothing if it fails.
    async fn read_batch(&self, secrets: &[&Self]) -> Vec<(String, KeyReading)> {
        let arns = secrets.iter().map(|secret| secret.arn.clone()).collect();
        let request = self.client.batch_get_secret_value().set_secret_id_list(Some(arns)).customize();
        // One attempt: the single requests are the second one.
        let once = Config::builder().retry_config(RetryConfig::disabled());
        match request.config_override(once).send().await {
            Ok(batch) => {
                let reading = |value: SecretValueEntry| {
                    let reading = KeyReading { text: value.secret_string.map(Secret::new), version: value.version_id };
                    Some((value.arn?, reading))
                };
                batch.secret_values.unwrap_or_default().into_iter().filter_map(reading).collect()
            }
            Err(error) => {
                tracing::debug!(error = chain(&error), "the key sets could not be read in one request");
                Vec::new()
            }
        }
    }

    /// Replaces the whole set by `text` if it is still what was `read`.
    ///
    /// Secrets Manager has no conditional put, but accepts each version id only once. The id of the new version derives
    /// from the one that was read, so of two callers who read the same version one is refused. A retry after a lost
    /// answer writes the same content under the same id, which Secrets Manager accepts.
    ///
    /// # Errors
    /// [`KeySecretError::Meanwhile`] if somebody else replaced it first. Nothing is written then.
    pub async fn replace(&self, read: &KeyReading, text: &str) -> Result<(), KeySecretError> {
        // Detects a write by somebody who does not use this program, unless it happens between here and the put.
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

/// The id of the version after `version`: a UUID from 16 bytes of SHA-256.
fn successor(arn: &str, version: Option<&str>) -> String {
    let hash = Sha256::digest(format!("{arn}\n{}", version.unwrap_or_default()));
    let bytes = hash.first_chunk::<16>().copied().unwrap_or_default();
    uuid::Builder::from_custom_bytes(bytes).into_uuid().to_string()
}

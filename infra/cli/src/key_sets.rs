//! Where the three key sets are kept, read, and replaced whole: files locally, secrets in AWS.
//!
//! A set is replaced only if it is still the one that was read, so that of two operators at the same time one is refused. A
//! reader sees the document before or the one after, never a part.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use aws_sdk_secretsmanager::error::DisplayErrorContext;
use aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueError;
use aws_sdk_secretsmanager::operation::put_secret_value::PutSecretValueError;
use latchkey::domain::Secret;
use sha2::{Digest, Sha256};

use crate::{Failure, private_file};

/// The three key sets of a stack.
#[derive(Clone, Debug)]
pub struct KeySets {
    /// The private keys that sign JWTs.
    pub signing: KeySet,
    /// Their public halves.
    pub verification: KeySet,
    /// The ring of opaque tokens.
    pub token: KeySet,
}

/// A key set's place.
#[derive(Clone, Debug)]
pub enum KeySet {
    /// A file.
    File(PathBuf),
    /// A secret.
    Secret {
        /// The client.
        client: aws_sdk_secretsmanager::Client,
        /// The secret's ARN.
        arn: String,
    },
}

/// A set as it was read.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The document; nothing where the set is still empty.
    pub text: Option<Secret>,
    /// Of a secret: the version's id.
    version: Option<String>,
}

impl KeySet {
    /// What an operator calls it.
    #[must_use]
    pub fn place(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Secret { arn, .. } => arn.clone(),
        }
    }

    /// The set as it is now.
    ///
    /// # Errors
    /// If it can't be read; an empty one can.
    pub async fn read(&self) -> Result<Reading, Failure> {
        match self {
            Self::File(path) => Ok(Reading { text: read_file(path)?, version: None }),
            Self::Secret { client, arn } => match client.get_secret_value().secret_id(arn).send().await {
                Ok(value) => Ok(Reading { text: value.secret_string.map(Secret::new), version: value.version_id }),
                // A secret that was made without a value has no current version.
                Err(error) if error.as_service_error().is_some_and(GetSecretValueError::is_resource_not_found_exception) => {
                    Ok(Reading { text: None, version: None })
                }
                Err(error) => Err(Failure::Failed(anyhow!("{arn} can't be read: {}", DisplayErrorContext(&error)))),
            },
        }
    }

    /// Replaces the whole set by `text` if it is still what was `read`.
    ///
    /// # Errors
    /// [`Failure::Refused`] if somebody else replaced it meanwhile: nothing is written then.
    pub async fn replace(&self, read: &Reading, text: &str) -> Result<(), Failure> {
        match self {
            Self::File(path) => self.replace_file(path, read, text),
            Self::Secret { client, arn } => self.put_secret(client, arn, read, text).await,
        }
    }

    fn meanwhile(&self) -> Failure {
        Failure::Refused(format!(
            "Somebody else changed {} at the same time; it was left as it is. Look at `latchkey keys list`.",
            self.place()
        ))
    }

    /// Under a lock, to a draft that takes the file's place in one step. The lock is let go of by the kernel, however this ends.
    fn replace_file(&self, path: &Path, read: &Reading, text: &str) -> Result<(), Failure> {
        let lock = File::create(path.with_extension("lock")).and_then(|lock| lock.lock().map(|()| lock));
        let _lock = lock.with_context(|| format!("{} can't be locked", path.display()))?;
        if read_file(path)? != read.text {
            return Err(self.meanwhile());
        }
        private_file::write(path, text).with_context(|| format!("{} can't be written", path.display())).map_err(Failure::from)
    }

    /// Secrets Manager has no conditional put, but takes one version of an id only: the new version's id is derived from the one
    /// that was read, so that of two operators who read the same version one is refused. Its own retry writes the same content,
    /// which is taken as done.
    async fn put_secret(&self, client: &aws_sdk_secretsmanager::Client, arn: &str, read: &Reading, text: &str) -> Result<(), Failure> {
        // Narrows the gap in which somebody writes without this program.
        if self.read().await?.version != read.version {
            return Err(self.meanwhile());
        }
        let token = successor(arn, read.version.as_deref());
        match client.put_secret_value().secret_id(arn).secret_string(text).client_request_token(token).send().await {
            Ok(_) => Ok(()),
            Err(error) if error.as_service_error().is_some_and(PutSecretValueError::is_resource_exists_exception) => Err(self.meanwhile()),
            Err(error) => Err(Failure::Failed(anyhow!("{arn} can't be written: {}", DisplayErrorContext(&error)))),
        }
    }
}

/// The id of the version after `version`: a UUID of 16 bytes of SHA-256.
fn successor(arn: &str, version: Option<&str>) -> String {
    let hash = Sha256::digest(format!("{arn}\n{}", version.unwrap_or_default()));
    let bytes = hash.first_chunk::<16>().copied().unwrap_or_default();
    uuid::Builder::from_custom_bytes(bytes).into_uuid().to_string()
}

fn read_file(path: &Path) -> Result<Option<Secret>, Failure> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(Secret::new(text))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("{} can't be read", path.display())).map_err(Failure::from),
    }
}

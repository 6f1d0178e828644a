//! Where key sets are read from.

use std::fs;

use super::ConfigError;
use super::first_keys::KeyPlace;
use super::key_secret::{KeySecret, KeySecretError};
use crate::credentials::generate::GenerateError;
use crate::credentials::{KeyDocument, KeySetError};
use crate::domain::Secret;

/// Where a key set is read from.
#[derive(Clone, Debug)]
pub enum KeySource {
    /// `file:<path>`.
    File(std::path::PathBuf),
    /// `secretsmanager:<arn>`.
    Secret(KeySecret),
}

/// Why a key set cannot be used or filled.
#[derive(Debug, thiserror::Error)]
pub enum KeySourceError {
    /// The file cannot be read.
    #[error("could not be read: {0}")]
    Io(#[from] std::io::Error),
    /// Secrets Manager refused or did not answer.
    #[error(transparent)]
    Secret(#[from] KeySecretError),
    /// The secret has no value yet.
    #[error("is still empty")]
    Empty,
    /// The keys cannot be used.
    #[error("{0}")]
    KeySet(#[from] KeySetError),
    /// It is not a JWK set with a `kid` and a `status` for each key.
    #[error("is not a JWK set whose keys have a kid and a status")]
    Document(#[from] GenerateError),
    /// A file, which only the local stack has.
    #[error("is no secret: only a secret is filled")]
    NoSecret,
}

impl KeySource {
    /// The error of a variable that names no source.
    pub(super) fn unknown(variable: &'static str) -> ConfigError {
        ConfigError::invalid(variable, "must be secretsmanager:<arn> or file:<path>")
    }

    /// The texts of several sets, in the order of `sources`. The secrets among them take one request.
    pub async fn read_all(sources: &[&Self]) -> Vec<Result<Secret, KeySourceError>> {
        let secrets: Vec<_> = sources.iter().filter_map(|source| source.secret()).collect();
        let mut readings = KeySecret::read_all(&secrets).await.into_iter();
        let text = |source: &&Self| match source {
            Self::File(path) => Ok(fs::read_to_string(path)?.into()),
            Self::Secret(_) => readings.next().ok_or(KeySourceError::Empty)??.text.ok_or(KeySourceError::Empty),
        };
        sources.iter().map(text).collect()
    }

    /// The set, with what a rotation must know about its keys.
    ///
    /// # Errors
    /// If it cannot be read, is empty, or is not a key set.
    pub async fn document(&self) -> Result<KeyDocument, KeySourceError> {
        let text = Self::read_all(&[self]).await.pop().ok_or(KeySourceError::Empty)??;
        Ok(KeyDocument::parse(text.expose())?)
    }

    fn secret(&self) -> Option<&KeySecret> {
        match self {
            Self::File(_) => None,
            Self::Secret(secret) => Some(secret),
        }
    }

    /// Whether it is kept in Secrets Manager.
    pub fn is_secret(&self) -> bool {
        self.secret().is_some()
    }
}

impl KeyPlace for KeySource {
    type Error = KeySourceError;

    async fn find(&self) -> Result<Option<Secret>, KeySourceError> {
        Ok(self.secret().ok_or(KeySourceError::NoSecret)?.find().await?)
    }

    async fn insert_new(&self, text: &str) -> Result<bool, KeySourceError> {
        Ok(self.secret().ok_or(KeySourceError::NoSecret)?.insert_new(text).await?)
    }
}

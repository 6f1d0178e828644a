//! The three key sets, read and replaced whole: files locally, secrets in AWS.
//!
//! A set is replaced only if it is still the one that was read, so of two operators at the same time one is refused. A
//! reader sees the old document or the new one, never a part.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::Context;
use latchkey::domain::Secret;
use latchkey::runtime::{KeyPlace, KeyReading, KeySecret, KeySecretError};

use crate::{Failure, private_file};

/// The three key sets of a stack.
pub type KeySets = latchkey::runtime::KeySets<KeySet>;

/// Where a key set is kept.
#[derive(Clone, Debug)]
pub enum KeySet {
    /// A file.
    File(PathBuf),
    /// A secret.
    Secret(KeySecret),
}

/// A key set as it was read.
#[derive(Clone, Debug)]
pub enum Reading {
    /// The text of a file; `None` if there is no file.
    File(Option<Secret>),
    /// A version of a secret.
    Secret(KeyReading),
}

impl Reading {
    /// The document; `None` if the set is empty.
    #[must_use]
    pub fn text(&self) -> Option<&Secret> {
        match self {
            Self::File(text) => text.as_ref(),
            Self::Secret(reading) => reading.text.as_ref(),
        }
    }
}

impl KeySet {
    /// The path or ARN that an operator knows it by.
    #[must_use]
    pub fn place(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Secret(secret) => secret.arn().to_owned(),
        }
    }

    /// Reads the set.
    ///
    /// # Errors
    /// If it cannot be read. An empty set is no error.
    pub async fn read(&self) -> Result<Reading, Failure> {
        match self {
            Self::File(path) => Ok(Reading::File(read_file(path)?)),
            Self::Secret(secret) => Ok(Reading::Secret(secret.read().await?)),
        }
    }

    /// Replaces the whole set by `text` if it is still what was `read`.
    ///
    /// # Errors
    /// [`Failure::Refused`] if somebody else replaced it meanwhile; nothing is written then.
    pub async fn replace(&self, read: &Reading, text: &str) -> Result<(), Failure> {
        match (self, read) {
            (Self::File(path), Reading::File(read)) => replace_file(path, read.as_ref(), text),
            (Self::Secret(secret), Reading::Secret(read)) => Ok(secret.replace(read, text).await?),
            (set, _) => Err(meanwhile(&set.place())),
        }
    }
}

impl KeyPlace for KeySet {
    type Error = Failure;

    async fn find(&self) -> Result<Option<Secret>, Failure> {
        Ok(self.read().await?.text().cloned())
    }

    async fn insert_new(&self, text: &str) -> Result<bool, Failure> {
        match self {
            Self::File(path) => match replace_file(path, None, text) {
                Ok(()) => Ok(true),
                Err(Failure::Refused(_)) => Ok(false),
                Err(error) => Err(error),
            },
            Self::Secret(secret) => Ok(secret.insert_new(text).await?),
        }
    }
}

impl From<KeySecretError> for Failure {
    fn from(error: KeySecretError) -> Self {
        match error {
            KeySecretError::Meanwhile(arn) => meanwhile(&arn),
            error => Self::Failed(error.into()),
        }
    }
}

fn meanwhile(place: &str) -> Failure {
    Failure::Refused(format!("Somebody else changed {place} at the same time; nothing was written. See `latchkey keys list`."))
}

/// Replaces the file in one step, under a lock. The kernel releases the lock however this ends.
fn replace_file(path: &Path, read: Option<&Secret>, text: &str) -> Result<(), Failure> {
    let lock = File::create(path.with_extension("lock")).and_then(|lock| lock.lock().map(|()| lock));
    let _lock = lock.with_context(|| format!("{} cannot be locked", path.display()))?;
    if read_file(path)?.as_ref() != read {
        return Err(meanwhile(&path.display().to_string()));
    }
    private_file::write(path, text).with_context(|| format!("{} cannot be written", path.display())).map_err(Failure::from)
}

fn read_file(path: &Path) -> Result<Option<Secret>, Failure> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(Secret::new(text))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("{} cannot be read", path.display())).map_err(Failure::from),
    }
}

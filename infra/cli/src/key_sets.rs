//! Where the three key sets are kept, read, and replaced whole: files locally, secrets in AWS.
//!
//! A set is replaced only if it is still the one that was read, so that of two operators at the same time one is refused. A
//! reader sees the document before or the one after, never a part.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::Context;
use latchkey::domain::Secret;
use latchkey::runtime::{KeyPlace, KeyReading, KeySecret, KeySecretError};

use crate::{Failure, private_file};

/// The three key sets of a stack.
pub type KeySets = latchkey::runtime::KeySets<KeySet>;

/// A key set's place.
#[derive(Clone, Debug)]
pub enum KeySet {
    /// A file.
    File(PathBuf),
    /// A secret.
    Secret(KeySecret),
}

/// A set as it was read.
#[derive(Clone, Debug)]
pub enum Reading {
    /// A file's text; nothing where there is no file.
    File(Option<Secret>),
    /// A secret's version.
    Secret(KeyReading),
}

impl Reading {
    /// The document; nothing where the set is still empty.
    #[must_use]
    pub fn text(&self) -> Option<&Secret> {
        match self {
            Self::File(text) => text.as_ref(),
            Self::Secret(reading) => reading.text.as_ref(),
        }
    }
}

impl KeySet {
    /// What an operator calls it.
    #[must_use]
    pub fn place(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Secret(secret) => secret.arn().to_owned(),
        }
    }

    /// The set as it is now.
    ///
    /// # Errors
    /// If it can't be read; an empty one can.
    pub async fn read(&self) -> Result<Reading, Failure> {
        match self {
            Self::File(path) => Ok(Reading::File(read_file(path)?)),
            Self::Secret(secret) => Ok(Reading::Secret(secret.read().await?)),
        }
    }

    /// Replaces the whole set by `text` if it is still what was `read`.
    ///
    /// # Errors
    /// [`Failure::Refused`] if somebody else replaced it meanwhile: nothing is written then.
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
    Failure::Refused(format!("Somebody else changed {place} at the same time; it was left as it is. Look at `latchkey keys list`."))
}

/// Under a lock, to a draft that takes the file's place in one step. The lock is let go of by the kernel, however this ends.
fn replace_file(path: &Path, read: Option<&Secret>, text: &str) -> Result<(), Failure> {
    let lock = File::create(path.with_extension("lock")).and_then(|lock| lock.lock().map(|()| lock));
    let _lock = lock.with_context(|| format!("{} can't be locked", path.display()))?;
    if read_file(path)?.as_ref() != read {
        return Err(meanwhile(&path.display().to_string()));
    }
    private_file::write(path, text).with_context(|| format!("{} can't be written", path.display())).map_err(Failure::from)
}

fn read_file(path: &Path) -> Result<Option<Secret>, Failure> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(Secret::new(text))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("{} can't be read", path.display())).map_err(Failure::from),
    }
}

//! The first keys of a stack: made where there are none, by a deploy or by an operator.

use std::future::Future;

use thiserror::Error;

use crate::credentials::Algorithm;
use crate::credentials::KeyDocument;
use crate::credentials::generate::{self, GenerateError};
use crate::domain::{Secret, Timestamp};

use super::key_secret::{KeySecret, KeySecretError};

/// A place for one key set.
pub trait KeyPlace: Sync {
    /// Why it can't be read or written.
    type Error: Send;

    /// The set that is there.
    fn find(&self) -> impl Future<Output = Result<Option<Secret>, Self::Error>> + Send;

    /// Puts `text` there if nothing is there, at this instant; whether it did.
    fn insert_new(&self, text: &str) -> impl Future<Output = Result<bool, Self::Error>> + Send;
}

/// The three key sets of a stack.
#[derive(Clone, Debug)]
pub struct KeySets<P> {
    /// The private keys that sign JWTs.
    pub signing: P,
    /// Their public halves.
    pub verification: P,
    /// The ring of opaque tokens.
    pub token: P,
}

/// Why the first keys were not made.
#[derive(Debug, Error)]
pub enum FirstKeysError<E> {
    /// There are public keys whose private halves are elsewhere.
    #[error("the verification keys are there and the signing keys are not: put their private halves back")]
    PublicOnly,
    /// No key could be made, or the signing keys that are there are no JWK set.
    #[error("the signing keys are no JWK set, or no key could be made")]
    Generate(#[from] GenerateError),
    /// Somebody else has just written the signing keys, and they can't be read yet.
    #[error("the signing keys were written by somebody else and can't be read yet: try again")]
    Unseen,
    /// A place can't be read or written.
    #[error(transparent)]
    Place(E),
}

impl<P: KeyPlace> KeySets<P> {
    /// Fills the sets that are empty, and tells which. What is there stays: of two who fill at once, one set of keys lives.
    ///
    /// The private set goes first: of an interrupted run the public one, which derives from it, can be made again.
    ///
    /// # Errors
    /// [`FirstKeysError`]; what was filled before stays filled, and the next run goes on there.
    pub async fn fill_empty(&self, algorithm: Algorithm, now: Timestamp) -> Result<Vec<&'static str>, FirstKeysError<P::Error>> {
        let (mut filled, mut made) = (Vec::new(), None);
        if find(&self.signing).await?.is_none() {
            if find(&self.verification).await?.is_some() {
                return Err(FirstKeysError::PublicOnly);
            }
            let text = since(&generate::signing_keys(algorithm)?, now)?;
            if insert(&self.signing, "signing", &text, &mut filled).await? {
                made = Some(text);
            }
        }
        if find(&self.verification).await?.is_none() {
            let signing = match made {
                // In hand: a read right after a write might not find it yet.
                Some(text) => text,
                // What another run has put there is what counts.
                None => find(&self.signing).await?.ok_or(FirstKeysError::Unseen)?.expose().to_owned(),
            };
            let public = KeyDocument::parse(&signing)?.public_half();
            insert(&self.verification, "verification", &public.to_text(), &mut filled).await?;
        }
        if find(&self.token).await?.is_none() {
            insert(&self.token, "token", &since(&generate::token_keys()?, now)?, &mut filled).await?;
        }
        Ok(filled)
    }
}

async fn find<P: KeyPlace>(place: &P) -> Result<Option<Secret>, FirstKeysError<P::Error>> {
    place.find().await.map_err(FirstKeysError::Place)
}

async fn insert<P: KeyPlace>(
    place: &P,
    name: &'static str,
    text: &str,
    filled: &mut Vec<&'static str>,
) -> Result<bool, FirstKeysError<P::Error>> {
    let inserted = place.insert_new(text).await.map_err(FirstKeysError::Place)?;
    if inserted {
        filled.push(name);
    }
    Ok(inserted)
}

fn since(made: &str, now: Timestamp) -> Result<String, GenerateError> {
    let mut document = KeyDocument::parse(made)?;
    for key in document.states() {
        document.set_since(&key.kid, now);
    }
    Ok(document.to_text())
}

impl KeyPlace for KeySecret {
    type Error = KeySecretError;

    async fn find(&self) -> Result<Option<Secret>, KeySecretError> {
        Ok(self.read().await?.text)
    }

    async fn insert_new(&self, text: &str) -> Result<bool, KeySecretError> {
        let reading = self.read().await?;
        if reading.text.is_some() {
            return Ok(false);
        }
        match self.replace(&reading, text).await {
            Ok(()) => Ok(true),
            Err(KeySecretError::Meanwhile(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

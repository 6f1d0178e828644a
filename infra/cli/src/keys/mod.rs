//! `latchkey keys`: the key sets that sign JWTs and seal opaque tokens.

pub mod announce;
mod init;
mod list;
mod plan;
mod rotate;

use anyhow::anyhow;
use clap::{Subcommand, ValueEnum};
use latchkey::credentials::{Algorithm, KeyDocument, KeySetError, SigningKeys, TokenKeys, VerificationKeys};

use crate::Failure;
use crate::connection::Connection;
use crate::key_sets::{KeySet, Reading};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the keys: id, status and its age, never the keys themselves
    List,
    /// Fill the sets that are empty, as after the first deploy; existing keys stay
    Init {
        /// The algorithm that signs JWTs
        #[arg(long, value_enum, default_value = "es256", ignore_case = true)]
        algorithm: AlgorithmName,
    },
    /// Tell the running functions that a set was changed in another way than by this program
    Announce,
    /// Take the next step of a rotation (next → current → retired → removed), if it is time
    #[command(subcommand)]
    Rotate(rotate::Rotate),
}

/// A signing algorithm, as an argument.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum AlgorithmName {
    /// ECDSA on P-256: small, and supported everywhere
    Es256,
    /// RSA: required by the native JWT authorizers of HTTP APIs
    Rs256,
    /// Ed25519
    Eddsa,
}

impl From<AlgorithmName> for Algorithm {
    fn from(name: AlgorithmName) -> Self {
        match name {
            AlgorithmName::Es256 => Self::ES256,
            AlgorithmName::Rs256 => Self::RS256,
            AlgorithmName::Eddsa => Self::EdDSA,
        }
    }
}

pub async fn run(connection: &Connection, command: Command) -> Result<(), Failure> {
    match command {
        Command::List => list::run(connection).await,
        Command::Init { algorithm } => init::run(connection, algorithm.into()).await,
        Command::Announce => announce::run(connection).await,
        Command::Rotate(rotate) => rotate::run(connection, rotate).await,
    }
}

/// A key set as it was read and parsed.
struct Loaded<'c> {
    set: &'c KeySet,
    reading: Reading,
    document: KeyDocument,
    check: Check,
}

/// Checks that the functions can use a set.
type Check = fn(&str) -> Result<(), KeySetError>;

fn check_signing(text: &str) -> Result<(), KeySetError> {
    SigningKeys::parse(text).map(drop)
}

fn check_verification(text: &str) -> Result<(), KeySetError> {
    VerificationKeys::parse(text).map(drop)
}

fn check_token(text: &str) -> Result<(), KeySetError> {
    TokenKeys::parse(text).map(drop)
}

impl<'c> Loaded<'c> {
    /// Reads `set`, which must not be empty.
    async fn read(set: &'c KeySet, check: Check) -> Result<Self, Failure> {
        let reading = set.read().await?;
        let text = reading.text();
        let text = text.ok_or_else(|| Failure::NotFound(format!("{} is empty. Run `latchkey keys init` to fill it.", set.place())))?;
        let document = KeyDocument::parse(text.expose())
            .map_err(|_| Failure::Failed(anyhow!("{} is not a JWK set whose keys have a kid and a status", set.place())))?;
        Ok(Self { set, reading, document, check })
    }

    /// Replaces the set by `document`, if it is still what was read and if the functions can use the new one.
    async fn replace(&self, document: &KeyDocument) -> Result<(), Failure> {
        let text = document.to_text();
        (self.check)(&text).map_err(|error| {
            let place = self.set.place();
            Failure::Refused(format!("{place} {error}; nothing was written. Repair it by hand, or restore the last version."))
        })?;
        self.set.replace(&self.reading, &text).await
    }
}

//! The key sets, as files in place of Secrets Manager. Imports [`crate::data`] and `latchkey::credentials`.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use latchkey::credentials::Algorithm;
use latchkey::credentials::generate::{public_half, signing_keys, token_keys};

use crate::data::{read, write_private};

/// The files that hold the key sets.
#[derive(Clone, Debug)]
pub struct KeyFiles {
    /// The private JWK set that signs JWTs.
    pub signing: PathBuf,
    /// Its public half.
    pub verification: PathBuf,
    /// The symmetric JWK set that opaque tokens are derived under.
    pub token: PathBuf,
}

/// A key set as the functions find it.
#[derive(Clone, Copy, Debug)]
pub struct KeySecret<'f> {
    /// The variable that names it.
    pub variable: &'static str,
    /// The secret's id.
    pub id: &'static str,
    /// The file that stands for the secret.
    pub file: &'f Path,
}

impl KeyFiles {
    /// The secrets that the files are to the functions.
    #[must_use]
    pub fn secrets(&self) -> [KeySecret<'_>; 3] {
        [
            KeySecret { variable: "SIGNING_KEYS", id: "latchkey-signing", file: &self.signing },
            KeySecret { variable: "VERIFICATION_KEYS", id: "latchkey-verification", file: &self.verification },
            KeySecret { variable: "TOKEN_KEYS", id: "latchkey-token", file: &self.token },
        ]
    }
}

/// The key files in `directory`; those that are not there yet are made.
///
/// The public half is written from the private set each time, so that a rotation by hand needs one edit.
///
/// # Errors
/// If a key can't be made, or a file can't be read or written.
pub fn ensure(directory: &Path) -> Result<KeyFiles> {
    let file = |name: &str| directory.join(name).with_extension("json");
    let files = KeyFiles { signing: file("signing"), verification: file("verification"), token: file("token") };

    let private = ensure_one(&files.signing, || Ok(signing_keys(Algorithm::ES256)?))?;
    let public = public_half(&private).with_context(|| format!("{} holds no JWK set", files.signing.display()))?;
    if read(&files.verification)?.as_ref() != Some(&public) {
        write_private(&files.verification, &public)?;
    }
    ensure_one(&files.token, || Ok(token_keys()?))?;
    Ok(files)
}

fn ensure_one(path: &Path, make: impl FnOnce() -> Result<String>) -> Result<String> {
    if let Some(there) = read(path)? {
        return Ok(there);
    }
    let made = make()?;
    write_private(path, &made)?;
    Ok(made)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_second_start_keeps_the_keys() {
        let directory = std::env::temp_dir().join(format!("latchkey-local-keys-{}", uuid::Uuid::new_v4()));
        fs::create_dir_all(&directory).unwrap();
        let texts = |files: &KeyFiles| [&files.signing, &files.verification, &files.token].map(|path| fs::read_to_string(path).unwrap());

        let first = texts(&ensure(&directory).unwrap());
        let second = texts(&ensure(&directory).unwrap());

        assert_eq!(first, second);
        assert!(first[0].contains("\"d\"") && !first[1].contains("\"d\""));
        fs::remove_dir_all(directory).unwrap();
    }
}

//! The data directory: what outlives the program, for one program at a time. Imports nothing of ours.
//!
//! | path | holds |
//! |---|---|
//! | `dynamodb.sqlite` | the tables |
//! | `keys/` | the JWK sets that Secrets Manager would hold |
//! | `sam-local.json` | the variables that `sam local` gives a function |
//! | `sam-local.dockerfile` | the image that `sam local start-api` runs it in |
//! | `demo.json` | name and password of the demo user |
//! | `mail/` | the mails that SES would send |
//! | `stream-tokens` | how far the stream of that table was read |
//! | `stack.json` | addresses and credentials, for scripts; there while the stack answers |

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// A data directory that no other program uses while this value lives.
#[derive(Debug)]
pub struct DataDirectory {
    root: PathBuf,
    // The kernel lets go of the lock with the program, however it ends.
    _lock: File,
}

impl DataDirectory {
    /// Opens `path`, which is made if it is not there, readable by its owner alone.
    ///
    /// # Errors
    /// If it can't be made, or another program uses it.
    pub fn open(path: &Path) -> Result<Self> {
        let root = std::path::absolute(path)?;
        for directory in [root.clone(), root.join("keys"), root.join("mail")] {
            let made = DirBuilder::new().recursive(true).mode(0o700).create(&directory);
            made.with_context(|| format!("{} can't be made", directory.display()))?;
        }
        let lock = File::create(root.join("lock"))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => bail!(
                "{0} is in use by another local stack; its address is in {0}/stack.json. Stop that one, or name another directory: \
                 --data-dir /tmp/latchkey --port 9001",
                path.display()
            ),
            Err(TryLockError::Error(error)) => return Err(error).with_context(|| format!("{} can't be locked", path.display())),
        }
        // Wherever the directory is, no git may take the keys.
        fs::write(root.join(".gitignore"), "*\n")?;
        Ok(Self { root, _lock: lock })
    }

    /// The file of the embedded DynamoDB.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.root.join("dynamodb.sqlite")
    }

    /// The directory of the key sets.
    #[must_use]
    pub fn keys(&self) -> PathBuf {
        self.root.join("keys")
    }

    /// The directory that mails are written to.
    #[must_use]
    pub fn mail(&self) -> PathBuf {
        self.root.join("mail")
    }

    /// How far the stream of `table` was read.
    #[must_use]
    pub fn stream(&self, table: &str) -> PathBuf {
        self.root.join(format!("stream-{table}"))
    }

    /// The demo user's name and password.
    #[must_use]
    pub fn demo(&self) -> PathBuf {
        self.root.join("demo.json")
    }

    /// The variables for `sam local`.
    #[must_use]
    pub fn sam(&self) -> PathBuf {
        self.root.join("sam-local.json")
    }

    /// The image for `sam local start-api`.
    #[must_use]
    pub fn sam_image(&self) -> PathBuf {
        self.root.join("sam-local.dockerfile")
    }

    /// What scripts read.
    #[must_use]
    pub fn stack(&self) -> PathBuf {
        self.root.join("stack.json")
    }
}

/// Writes `text` to `path` so that a reader sees all of it or nothing, and nobody but the owner sees it at all.
///
/// # Errors
/// If the file can't be written.
pub fn write_private(path: &Path, text: &str) -> Result<()> {
    let draft = path.with_extension("draft");
    // A draft that a killed program left behind could have another mode.
    remove(&draft)?;
    let write = || {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&draft, path)
    };
    write().with_context(|| format!("{} can't be written", path.display()))
}

/// The text of `path`, or nothing if there is no such file.
///
/// # Errors
/// If the file is there and can't be read.
pub fn read(path: &Path) -> Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("{} can't be read", path.display())),
    }
}

/// Removes `path` if it is there.
///
/// # Errors
/// If it is there and can't be removed.
pub fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error).with_context(|| format!("{} can't be removed", path.display())),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn scratch(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("latchkey-local-{name}-{}", uuid::Uuid::new_v4()));
        fs::create_dir_all(&path).unwrap();
        path
    }

    #[test]
    fn a_directory_in_use_is_refused_until_it_is_let_go() {
        let path = scratch("lock");
        let first = DataDirectory::open(&path).unwrap();

        let second = DataDirectory::open(&path);
        drop(first);
        let third = DataDirectory::open(&path);

        assert!(second.unwrap_err().to_string().contains("in use"));
        assert!(third.is_ok());
        fs::remove_dir_all(path).unwrap();
    }

    #[test]
    fn a_private_file_is_the_owners_alone_even_over_a_draft_left_behind() {
        let path = scratch("private").join("keys.json");
        fs::write(path.with_extension("draft"), "half").unwrap();

        write_private(&path, "whole").unwrap();

        assert_eq!(read(&path).unwrap().as_deref(), Some("whole"));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        fs::remove_dir_all(path.parent().unwrap()).unwrap();
    }

    #[test]
    fn a_file_that_is_not_there_reads_as_nothing() {
        assert_eq!(read(Path::new("/no/such/file")).unwrap(), None);
    }
}

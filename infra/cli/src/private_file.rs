//! Files that only their owner can read, written whole or not at all. Imports nothing of ours.

use std::fs::Permissions;
use std::io::{Result, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Replaces `path` by a file with `text` in one step: a reader sees what was there before, or all of `text`.
pub fn write(path: &Path, text: &str) -> Result<()> {
    let mut draft = tempfile::Builder::new().permissions(Permissions::from_mode(0o600)).tempfile_in(folder_of(path))?;
    draft.write_all(text.as_bytes())?;
    draft.as_file().sync_all()?;
    draft.persist(path)?;
    Ok(())
}

/// The folder that `path` is in.
pub fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

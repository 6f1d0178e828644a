//! A file that exists once it is whole, and not before. Imports [`crate::private_file`].

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use tempfile::NamedTempFile;

use crate::private_file::folder_of;

/// Where an export goes: standard output, or `FILE.partial`, which becomes FILE in one step at the end.
///
/// An export that fails deletes its `FILE.partial`. One that is killed leaves it behind, and the next one to the same
/// FILE starts it afresh. Only its owner can read it: what somebody else laid out under that name is refused.
pub struct Sink {
    out: BufWriter<Box<dyn Write + Send>>,
    file: Option<(NamedTempFile, PathBuf)>,
}

impl Sink {
    /// Opens `path`; `-` is standard output.
    pub fn open(path: &Path) -> io::Result<Self> {
        if path == Path::new("-") {
            return Ok(Self { out: BufWriter::new(Box::new(io::stdout())), file: None });
        }
        let name = path.file_name().ok_or(ErrorKind::IsADirectory)?;
        let partial = tempfile::Builder::new().prefix(name).suffix(".partial").rand_bytes(0).make_in(folder_of(path), open)?;
        partial.as_file().set_len(0)?;
        let out = BufWriter::new(Box::new(partial.as_file().try_clone()?) as Box<dyn Write + Send>);
        Ok(Self { out, file: Some((partial, path.to_owned())) })
    }

    /// Writes `line` and its end.
    pub fn line(&mut self, line: &[u8]) -> io::Result<()> {
        self.out.write_all(line)?;
        self.out.write_all(b"\n")
    }

    /// Ends the file: makes it durable, and gives it its name.
    pub fn finish(mut self) -> io::Result<()> {
        self.out.flush()?;
        let Some((partial, path)) = self.file.take() else { return Ok(()) };
        partial.as_file().sync_all()?;
        partial.persist(&path)?;
        File::open(folder_of(&path))?.sync_all()
    }
}

/// Opens `path` and locks it, whether it is new or a killed export left it there.
fn open(path: &Path) -> io::Result<File> {
    let file = create_or_reopen(path)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(io::Error::other("another export is writing it")),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

fn create_or_reopen(path: &Path) -> io::Result<File> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        created => return created,
    }
    // Does not wait for a reader if it is a pipe.
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
    let refused = || io::Error::other(format!("{} exists, and is not a file that only you can read", path.display()));
    let file = OpenOptions::new().write(true).custom_flags(flags).open(path).map_err(|_| refused())?;
    let found = file.metadata()?;
    let is_ours = found.uid() == rustix::process::geteuid().as_raw() && found.nlink() <= 1;
    if found.is_file() && is_ours && found.mode() & 0o7777 == 0o600 { Ok(file) } else { Err(refused()) }
}

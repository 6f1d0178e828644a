//! A file that is there when it is whole, and not before. Imports nothing of ours.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Where an export goes: standard output, or `FILE.partial`, which becomes FILE in one step at the end.
///
/// A killed export leaves `FILE.partial` behind; the next one to the same FILE begins it anew. Its owner alone can read it.
pub struct Sink {
    out: BufWriter<Box<dyn Write + Send>>,
    file: Option<Partial>,
}

struct Partial {
    file: File,
    partial: PathBuf,
    path: PathBuf,
}

impl Sink {
    /// Opens `path`; `-` is standard output.
    pub fn open(path: &Path) -> io::Result<Self> {
        if path == Path::new("-") {
            return Ok(Self { out: BufWriter::new(Box::new(io::stdout())), file: None });
        }
        let mut partial: OsString = path.as_os_str().to_owned();
        partial.push(".partial");
        let partial = PathBuf::from(partial);
        let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&partial)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(io::Error::other("another export is writing it")),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        file.set_len(0)?;
        let out = BufWriter::new(Box::new(file.try_clone()?) as Box<dyn Write + Send>);
        Ok(Self { out, file: Some(Partial { file, partial, path: path.to_owned() }) })
    }

    /// Writes `line` and its end.
    pub fn line(&mut self, line: &[u8]) -> io::Result<()> {
        self.out.write_all(line)?;
        self.out.write_all(b"\n")
    }

    /// Everything is written: makes it last, and gives it its name.
    pub fn finish(mut self) -> io::Result<()> {
        self.out.flush()?;
        let Some(Partial { file, partial, path }) = self.file.take() else { return Ok(()) };
        file.sync_all()?;
        fs::rename(&partial, &path)?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder)?.sync_all()
    }
}

impl Drop for Sink {
    /// What failed is of no use to anybody.
    fn drop(&mut self) {
        if let Some(Partial { partial, .. }) = &self.file {
            let _ = fs::remove_file(partial);
        }
    }
}

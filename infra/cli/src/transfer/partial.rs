//! A file that is there when it is whole, and not before. Imports nothing of ours.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

/// Where an export goes: standard output, or `FILE.partial`, which becomes FILE in one step at the end.
///
/// A killed export leaves `FILE.partial` behind; the next one to the same FILE begins it anew. Its owner alone can read it:
/// what somebody else laid out under that name is refused.
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
        let file = open(&partial)?;
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

/// Makes the file `path`, or opens the one that a killed export left there.
fn open(path: &Path) -> io::Result<File> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        made => return made,
    }
    // Waits for no reader, should it be a pipe.
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
    let refused = || io::Error::other(format!("{} is there already, and is no file that only you can read", path.display()));
    let file = OpenOptions::new().write(true).custom_flags(flags).open(path).map_err(|_| refused())?;
    let found = file.metadata()?;
    let is_ours = found.uid() == rustix::process::geteuid().as_raw() && found.nlink() <= 1;
    if found.is_file() && is_ours && found.mode() & 0o7777 == 0o600 { Ok(file) } else { Err(refused()) }
}

impl Drop for Sink {
    /// What failed is of no use to anybody.
    fn drop(&mut self) {
        if let Some(Partial { partial, .. }) = &self.file {
            let _ = fs::remove_file(partial);
        }
    }
}

//! What a whole run of the tests noted: lines in a file, which the next run begins anew.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Mutex;

/// A set of lines that every test of the run may add to, and that a later process reads.
pub struct RunLog {
    name: &'static str,
    noted: Mutex<BTreeSet<String>>,
}

impl RunLog {
    /// The log in the file `name`.
    pub const fn new(name: &'static str) -> Self {
        Self { name, noted: Mutex::new(BTreeSet::new()) }
    }

    fn file(&self) -> PathBuf {
        PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(self.name)
    }

    /// Adds `line`; one that is there already is not repeated.
    pub fn note(&self, line: String) {
        let mut noted = self.noted.lock().unwrap();
        let mut options = std::fs::OpenOptions::new();
        // The first of a run forgets the run before.
        let options = if noted.is_empty() { options.create(true).write(true).truncate(true) } else { options.append(true) };
        if !noted.contains(&line) {
            writeln!(options.open(self.file()).unwrap(), "{line}").unwrap();
            noted.insert(line);
        }
    }

    /// The lines of the last run, sorted.
    pub fn of_the_last_run(&self) -> BTreeSet<String> {
        let text =
            std::fs::read_to_string(self.file()).unwrap_or_else(|error| panic!("{}: no run has been watched yet: {error}", self.name));
        text.lines().map(str::to_owned).collect()
    }
}

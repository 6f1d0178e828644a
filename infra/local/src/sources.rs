//! Whether the functions' sources have changed. Imports nothing of ours.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use tokio::time::interval;

/// Some 150 files: looking at all of them costs a millisecond.
const LOOK_EVERY: Duration = Duration::from_millis(700);

/// What functions are built from, under the project's root.
const SOURCES: [&str; 4] = ["Cargo.toml", "Cargo.lock", "functions", "shared"];

/// The sources as they were last seen.
#[derive(Debug)]
pub struct Sources {
    root: PathBuf,
    seen: BTreeMap<PathBuf, SystemTime>,
}

impl Sources {
    /// The sources under `root` as they are now.
    #[must_use]
    pub fn new(root: &Path) -> Self {
        Self { root: root.to_owned(), seen: now(root) }
    }

    /// Returns when they have changed and then stayed the same for a moment.
    ///
    /// Whoever drops the future sees the change at the next call.
    pub async fn changed(&mut self) {
        let mut ticks = interval(LOOK_EVERY);
        let mut before = now(&self.root);
        loop {
            ticks.tick().await;
            let seen = now(&self.root);
            if seen == before && seen != self.seen {
                self.seen = seen;
                return;
            }
            before = seen;
        }
    }
}

fn now(root: &Path) -> BTreeMap<PathBuf, SystemTime> {
    let mut files = BTreeMap::new();
    let mut paths: Vec<_> = SOURCES.iter().map(|name| root.join(name)).collect();
    while let Some(path) = paths.pop() {
        // What disappears meanwhile is a change that the next look sees.
        let Ok(found) = fs::metadata(&path) else { continue };
        if found.is_dir() {
            paths.extend(fs::read_dir(&path).into_iter().flatten().flatten().map(|entry| entry.path()));
        } else if let Ok(modified) = found.modified() {
            files.insert(path, modified);
        }
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_the_functions_are_sources_and_others_are_not() {
        let root = std::env::temp_dir().join(format!("latchkey-local-sources-{}", uuid::Uuid::new_v4()));
        let write = |path: &str, text: &str| {
            fs::create_dir_all(root.join(path).parent().unwrap()).unwrap();
            fs::write(root.join(path), text).unwrap();
        };
        write("functions/a/src/main.rs", "1");
        let first = now(&root);

        write("target/debug/a", "1");
        let second = now(&root);
        write("shared/src/b.rs", "1");
        let third = now(&root);

        assert_eq!(first, second);
        assert_eq!(third.len(), 2);
        fs::remove_dir_all(root).unwrap();
    }
}

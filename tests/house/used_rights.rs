//! What each function has asked of AWS in a whole run of the tests: a line for each right, in a file that the next run begins anew.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::PathBuf;
use std::sync::Mutex;

/// An action as IAM names it, and the table, secret or sender that it is done to.
pub type Right = (String, String);

/// The rights of each function.
pub type Rights = BTreeMap<String, BTreeSet<Right>>;

static USED: Mutex<Rights> = Mutex::new(Rights::new());

fn file() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("used-rights")
}

/// Writes down that `function` used these.
pub fn write_down(function: &str, rights: &[Right]) {
    let mut used = USED.lock().unwrap();
    let mut options = std::fs::OpenOptions::new();
    // The first of a run forgets the run before.
    let options = if used.is_empty() { options.create(true).write(true).truncate(true) } else { options.append(true) };
    let fresh: Vec<_> = rights.iter().filter(|right| used.entry(function.to_owned()).or_default().insert((*right).clone())).collect();
    if !fresh.is_empty() {
        let mut file = options.open(file()).unwrap();
        for (action, resource) in fresh {
            writeln!(file, "{function} {action} {resource}").unwrap();
        }
    }
}

/// What the last run's functions used.
pub fn of_the_last_run() -> Rights {
    let text = std::fs::read_to_string(file()).unwrap_or_else(|error| panic!("no run has been watched yet: {error}"));
    let mut used = Rights::new();
    for line in text.lines() {
        let [function, action, resource] = line.splitn(3, ' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
        used.entry(function.to_owned()).or_default().insert((action.to_owned(), resource.to_owned()));
    }
    used
}

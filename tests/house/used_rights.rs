//! What each function has asked of AWS in a whole run of the tests.

use std::collections::{BTreeMap, BTreeSet};

use super::run_log::RunLog;

/// An action as IAM names it, and the table, secret or sender that it is done to.
pub type Right = (String, String);

/// The rights of each function.
pub type Rights = BTreeMap<String, BTreeSet<Right>>;

static USED: RunLog = RunLog::new("used-rights");

/// Writes down that `function` used these.
pub fn write_down(function: &str, rights: &[Right]) {
    for (action, resource) in rights {
        USED.note(format!("{function} {action} {resource}"));
    }
}

/// What the last run's functions used.
pub fn of_the_last_run() -> Rights {
    let mut used = Rights::new();
    for line in USED.of_the_last_run() {
        let [function, action, resource] = line.splitn(3, ' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
        used.entry(function.to_owned()).or_default().insert((action.to_owned(), resource.to_owned()));
    }
    used
}

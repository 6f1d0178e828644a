//! What the program says to the person in front of it. Imports nothing of ours.

use std::io::{Write, stdout};

/// Writes `text` and a line's end to standard output.
///
/// A console that is gone is no reason to stop the stack, so a failure is ignored.
pub fn say(text: impl AsRef<str>) {
    let mut out = stdout().lock();
    let _ = writeln!(out, "{}", text.as_ref()).and_then(|()| out.flush());
}

//! What the program says: lines for the person in front of it, or JSON for a machine. Imports nothing of ours.

use std::io::{Write, stdout};

use serde_json::{Value, json};

/// Standard output, and who reads it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Console {
    /// Whether a machine reads it: then each line is a JSON object with a `type`.
    pub json: bool,
}

impl Console {
    /// Says something that only a person cares for.
    pub fn say(self, text: impl AsRef<str>) {
        let text = text.as_ref();
        self.report("message", text, || json!({ "message": text }));
    }

    /// Says `line` to a person, or the members of `document` and its type, `kind`, to a machine.
    pub fn report(self, kind: &str, line: &str, document: impl FnOnce() -> Value) {
        if !self.json {
            return say(line);
        }
        let mut document = document();
        if let Some(members) = document.as_object_mut() {
            members.insert("type".to_owned(), kind.into());
        }
        say(document.to_string());
    }
}

/// Writes `text` and a line's end to standard output.
///
/// A console that is gone is no reason to stop the stack, so a failure is ignored.
pub fn say(text: impl AsRef<str>) {
    let mut out = stdout().lock();
    let _ = writeln!(out, "{}", text.as_ref()).and_then(|()| out.flush());
}

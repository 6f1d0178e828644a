//! The terminal that text goes to and comes from. Imports nothing of ours.

use std::io::{IsTerminal, Read, Write, stderr, stdin, stdout};

use latchkey::domain::Secret;

/// Talks to the person or the script that runs the program.
pub trait Terminal: Send + Sync {
    /// Writes `text` and a newline to standard output.
    fn say(&self, text: &str);
    /// Writes `text` and a newline to standard error.
    fn complain(&self, text: &str);
    /// Whether a person sees standard error, and with it progress bars.
    fn is_watched(&self) -> bool;
    /// Asks a person for a line; `None` if there is nobody to ask.
    ///
    /// # Errors
    /// If it cannot be read.
    fn ask(&self, question: &str) -> std::io::Result<Option<String>>;
    /// Asks a person for a password, which is not echoed; `None` if there is nobody to ask.
    ///
    /// # Errors
    /// If it cannot be read.
    fn ask_password(&self, question: &str) -> std::io::Result<Option<Secret>>;
    /// Reads all of standard input.
    ///
    /// # Errors
    /// If it cannot be read, or is not UTF-8.
    fn read_all(&self) -> std::io::Result<Secret>;
}

/// The terminal of this process.
#[derive(Clone, Copy, Debug)]
pub struct ProcessTerminal;

impl Terminal for ProcessTerminal {
    // A reader that is gone (`| head`) is no error.
    fn say(&self, text: &str) {
        let mut out = stdout().lock();
        let _ = writeln!(out, "{text}").and_then(|()| out.flush());
    }

    fn complain(&self, text: &str) {
        let _ = writeln!(stderr().lock(), "{text}");
    }

    fn is_watched(&self) -> bool {
        stderr().is_terminal()
    }

    fn ask(&self, question: &str) -> std::io::Result<Option<String>> {
        if !stdin().is_terminal() {
            return Ok(None);
        }
        let mut err = stderr().lock();
        write!(err, "{question} ").and_then(|()| err.flush())?;
        let mut line = String::new();
        stdin().read_line(&mut line)?;
        Ok(Some(line.trim_end_matches(['\n', '\r']).to_owned()))
    }

    fn ask_password(&self, question: &str) -> std::io::Result<Option<Secret>> {
        if !stdin().is_terminal() {
            return Ok(None);
        }
        rpassword::prompt_password(format!("{question} ")).map(|password| Some(Secret::new(password)))
    }

    fn read_all(&self) -> std::io::Result<Secret> {
        let mut text = String::new();
        stdin().lock().read_to_string(&mut text)?;
        Ok(Secret::new(text))
    }
}

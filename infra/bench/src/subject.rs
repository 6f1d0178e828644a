//! What is measured: a program that Lambda could run, and the events that it is given. Imports [`crate::operations`].

use std::ffi::OsString;
use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use latchkey_runtime_api::{Output, Process, Program};
use serde_json::Value;

use crate::operations::Staff;

/// As long as a call may take: much, under a small share of a CPU.
const CALL_WITHIN: Duration = Duration::from_secs(60);

/// Who wrote a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A function of ours.
    Ours,
    /// What does next to nothing.
    Bare,
    /// What one could deploy in its place.
    Other,
}

/// A program to measure.
pub struct Subject {
    /// The row's name.
    pub name: String,
    /// One line on what it does.
    pub what: String,
    /// Who wrote it.
    pub kind: Kind,
    /// What is run.
    pub binary: PathBuf,
    /// Its arguments.
    pub arguments: Vec<OsString>,
    /// Its variables.
    pub environment: Vec<(OsString, OsString)>,
    /// What is uploaded: files and folders, in the folder `.0`.
    pub package: (PathBuf, Vec<String>),
    /// What it is called with; nothing for what is only started.
    pub calls: Option<Calls>,
    /// How many password hashes a call computes.
    pub hashes: u32,
}

/// The events of a subject.
#[derive(Clone)]
pub enum Calls {
    /// The same one each time.
    Same(Value),
    /// New ones each time.
    Made(Arc<Staff>),
}

impl Subject {
    /// The program, whose logs go to `log`.
    ///
    /// # Errors
    /// If the log can't be opened.
    pub fn program(&self, log: &Path) -> Result<Program> {
        let log = OpenOptions::new().create(true).append(true).open(log).with_context(|| log.display().to_string())?;
        let program = Program::new(self.name.as_str(), &self.binary).environment(self.environment.clone()).output(Output::File(log));
        Ok(self.arguments.iter().fold(program, Program::argument))
    }

    /// `count` events; none for what is only started.
    ///
    /// # Errors
    /// If what they need can't be made.
    pub async fn events(&self, count: usize) -> Result<Vec<Value>> {
        match &self.calls {
            None => Ok(Vec::new()),
            Some(Calls::Same(event)) => Ok(vec![event.clone(); count]),
            Some(Calls::Made(staff)) => staff.events(&self.name, count).await?.context("no events"),
        }
    }
}

/// The answer of `process` to `event`, which has to be one of success.
///
/// # Errors
/// If it is not.
pub async fn call(process: &Process, event: &Value) -> Result<Value> {
    let answer = process.invoke(event.to_string(), CALL_WITHIN).await?;
    let answer: Value = serde_json::from_slice(&answer)?;
    if answer.get("isAuthorized").is_some_and(|is| is == true) {
        return Ok(answer);
    }
    let status = answer.get("statusCode").and_then(Value::as_u64).unwrap_or_default();
    ensure!((200..400).contains(&status), "the answer is {answer}");
    if status == 302 && !answer.to_string().contains("/authorize") && !answer.to_string().contains("access_token") {
        bail!("the answer is {answer}");
    }
    Ok(answer)
}

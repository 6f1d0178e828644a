//! What the program has around it. Imports [`crate::terminal`].

use std::path::PathBuf;
use std::sync::Arc;

use latchkey::domain::{SharedClock, SystemClock};
use latchkey::runtime::Environment;

use crate::terminal::{ProcessTerminal, Terminal};

/// The environment, directory, clock and terminal of the program. Tests inject their own.
#[derive(Clone)]
pub struct ProcessContext {
    /// The environment variables.
    pub environment: Environment,
    /// The directory that it was started in.
    pub directory: PathBuf,
    /// The clock.
    pub clock: SharedClock,
    /// The person or the script that runs it.
    pub terminal: Arc<dyn Terminal>,
}

impl ProcessContext {
    /// The context of this process.
    ///
    /// # Errors
    /// If its directory is gone.
    pub fn of_process() -> std::io::Result<Self> {
        Ok(Self {
            environment: Environment::of_process(),
            directory: std::env::current_dir()?,
            clock: Arc::new(SystemClock),
            terminal: Arc::new(ProcessTerminal),
        })
    }
}

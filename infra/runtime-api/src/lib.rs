//! Runs Lambda functions on this machine: starts a function's binary, hands it events and takes its answers over [Lambda's
//! Runtime API](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html), as Lambda itself does.
//!
//! ```no_run
//! use std::time::Duration;
//!
//! use latchkey_runtime_api::{Host, Program};
//!
//! # async fn first_call() -> Result<(), Box<dyn std::error::Error>> {
//! let host = Host::new()?;
//! let process = host.start(&Program::new("jwks", "target/lambda/jwks/bootstrap")).await?;
//! process.ready().await?;
//! let answer = process.invoke(br#"{"version": "2.0"}"#.to_vec(), Duration::from_secs(10)).await?;
//! # Ok(())
//! # }
//! ```
//!
//! One [`Process`] is one execution environment: it has a port of its own and answers one event at a time. A [`Pool`] is a function: it
//! starts processes as events need them, and replaces those that have ended.
//!
//! No process outlives its [`Process`], nor the host, even if the host is killed: a watchdog waits for the end of a pipe that only
//! the host holds ([`watchdog`]).
//!
//! Imports nothing of ours.

mod api;
mod browser;
mod command;
mod failure;
mod pool;
mod process;
mod program;
mod watchdog;

use std::io;
use std::sync::Arc;

pub use browser::refuse_browsers;
pub use failure::{Failure, FunctionError};
pub use pool::{InvokeError, Pool};
pub use process::Process;
pub use program::{Output, Program};

use watchdog::Watchdog;

/// What starts processes and has them killed when it dies. Clones share one watchdog.
#[derive(Clone, Debug)]
pub struct Host {
    watchdog: Arc<Watchdog>,
}

impl Host {
    /// Starts the watchdog.
    ///
    /// # Errors
    /// If there is a shell and it cannot be started.
    pub fn new() -> io::Result<Self> {
        Ok(Self { watchdog: Arc::new(Watchdog::start()?) })
    }

    /// Starts a process of `program`. It is not [`ready`](Process::ready) yet.
    ///
    /// # Errors
    /// If no port is free or the binary cannot be run.
    pub async fn start(&self, program: &Program) -> io::Result<Process> {
        Process::start(program, Arc::clone(&self.watchdog)).await
    }

    /// Kills every process, before anything that they talk to goes away, and starts no other. A machine without a shell leaves that to
    /// the end of each [`Process`].
    pub fn end(&self) {
        self.watchdog.end();
    }

    /// Runs any other program to its end, with its output where that is piped. It is killed, with what it has started, when the future is
    /// dropped or the host dies.
    ///
    /// # Errors
    /// If it cannot be run.
    pub async fn output(&self, command: tokio::process::Command) -> io::Result<std::process::Output> {
        command::output(command, Arc::clone(&self.watchdog)).await
    }
}

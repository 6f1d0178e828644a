//! A function: as many processes of it as its events need, up to a bound, as Lambda runs one.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use thiserror::Error;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::{Failure, Host, Process, Program};

/// Time for a start. Lambda gives ten seconds, and its machines are not busy.
const START_WITHIN: Duration = Duration::from_secs(60);

/// The processes of one function. They start when events need them; one that has ended, or was too slow, is replaced at the next event.
///
/// Events beyond the bound wait, and go out in the order in which they came.
#[derive(Debug)]
pub struct Pool {
    host: Host,
    within: Duration,
    places: Semaphore,
    release: Mutex<Release>,
}

/// A binary, and those of its processes that wait for an event.
#[derive(Debug)]
struct Release {
    number: u64,
    program: Arc<Program>,
    idle: Vec<Process>,
}

/// Why an event got no answer.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum InvokeError {
    /// No process could be started for it, for this reason.
    #[error("the function does not start: {0}")]
    NotStarted(String),
    /// It reached a process, which did not answer.
    #[error(transparent)]
    Failed(#[from] Failure),
}

impl Pool {
    /// At most `processes` of `program`, each of which is killed when it does not answer an event `within` that time.
    #[must_use]
    pub fn new(host: Host, program: Program, processes: usize, within: Duration) -> Self {
        let release = Release { number: 0, program: Arc::new(program), idle: Vec::new() };
        Self { host, within, places: Semaphore::new(processes), release: Mutex::new(release) }
    }

    /// The function's answer to `event`.
    ///
    /// A caller that stops waiting stops nothing: as in Lambda, a function that has begun runs to its end.
    ///
    /// # Errors
    /// If the function does not start, fails, is too slow or ends.
    pub async fn invoke(self: &Arc<Self>, event: impl Into<Bytes>) -> Result<Bytes, InvokeError> {
        let (pool, event) = (Arc::clone(self), event.into());
        let call = tokio::spawn(async move { pool.call(event).await });
        call.await.unwrap_or(Err(Failure::Lost.into()))
    }

    /// Hands later events to processes of `program`. Those that are at work finish first, and take no other event.
    pub fn replace(&self, program: Program) {
        let mut release = self.release();
        release.number += 1;
        release.program = Arc::new(program);
        release.idle.clear();
    }

    async fn call(&self, event: Bytes) -> Result<Bytes, InvokeError> {
        let _place = self.places.acquire().await.map_err(|_| Failure::Lost)?;
        let (number, process) = self.process().await?;
        let outcome = process.invoke(event, self.within).await;
        if !matches!(outcome, Err(Failure::Ended(_) | Failure::TimedOut | Failure::Lost)) {
            self.put_back(number, process);
        }
        Ok(outcome?)
    }

    /// A process that waits for an event, and the number of its release.
    async fn process(&self) -> Result<(u64, Process), InvokeError> {
        loop {
            let (number, program, idle) = {
                let mut release = self.release();
                (release.number, Arc::clone(&release.program), release.idle.pop())
            };
            let Some(process) = idle else { return Ok((number, self.start(&program).await?)) };
            // It may have ended since its last answer, or still be at work behind it.
            if matches!(timeout(self.within, process.idle()).await, Ok(Ok(()))) {
                return Ok((number, process));
            }
        }
    }

    async fn start(&self, program: &Program) -> Result<Process, InvokeError> {
        let failed = |error: io::Error| InvokeError::NotStarted(error.to_string());
        let process = self.host.start(program).await.map_err(failed)?;
        match timeout(START_WITHIN, process.ready()).await {
            Ok(Ok(_)) => Ok(process),
            Ok(Err(failure)) => Err(InvokeError::NotStarted(failure.to_string())),
            Err(_) => Err(InvokeError::NotStarted(Failure::TimedOut.to_string())),
        }
    }

    fn put_back(&self, number: u64, process: Process) {
        let mut release = self.release();
        if release.number == number {
            release.idle.push(process);
        }
    }

    fn release(&self) -> MutexGuard<'_, Release> {
        self.release.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

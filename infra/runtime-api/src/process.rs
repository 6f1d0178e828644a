//! One process of a function, from its start to its end.

use std::io;
use std::net::Ipv4Addr;
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Bytes;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::net::TcpListener;
use tokio::process::Child;
use tokio::sync::{Mutex, mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use uuid::Uuid;

use crate::api::{Api, Invocation, Phase};
use crate::browser::refuse_browsers;
use crate::failure::Failure;
use crate::program::Program;
use crate::watchdog::Watchdog;

/// A process. It is killed when this value is dropped, with whatever it has started.
#[derive(Debug)]
pub struct Process {
    shared: Arc<Shared>,
    started: Instant,
    serving: JoinHandle<()>,
}

/// What an invocation needs, also when its caller no longer waits for it.
#[derive(Debug)]
struct Shared {
    group: Pid,
    // One event at a time.
    turn: Mutex<mpsc::Sender<Invocation>>,
    phase: watch::Receiver<Phase>,
    ended: watch::Receiver<Option<ExitStatus>>,
}

impl Process {
    /// Starts a process of `program` that `watchdog` watches over.
    pub(crate) async fn start(program: &Program, watchdog: Arc<Watchdog>) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let mut command = program.command(listener.local_addr()?)?;
        let (events, received) = mpsc::channel(1);
        let api = Api::new(program.arn(), received);
        let phase = api.phase();

        let started = Instant::now();
        // A group of its own: Ctrl-C in a terminal reaches a whole group, and a process may start others.
        let mut child = command.process_group(0).kill_on_drop(true).spawn()?;
        program.outlet().follow(&mut child);
        let group = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        let group = group.ok_or_else(|| io::Error::other("the process has no id"))?;
        let serving = tokio::spawn(async move {
            // Ends with an error only if the listener does.
            let _ = axum::serve(listener, refuse_browsers(api.router())).await;
        });
        let (end, ended) = watch::channel(None);
        let process = Self { shared: Arc::new(Shared { group, turn: Mutex::new(events), phase, ended }), started, serving };
        watchdog.add(group)?;
        tokio::spawn(wait(child, group, end, watchdog));
        Ok(process)
    }

    /// The operating system's number of the process.
    #[must_use]
    pub fn id(&self) -> i32 {
        self.shared.group.as_raw_nonzero().get()
    }

    /// Waits until the function has started, and says how long that took from the start of the process to its first request for an
    /// event: Lambda's `Init Duration`, and the time that the kernel takes to load the binary.
    ///
    /// # Errors
    /// [`Failure::Function`] for an error that the function reports; [`Failure::Ended`] if the process ends instead.
    pub async fn ready(&self) -> Result<Duration, Failure> {
        let since = self.shared.idle().await?;
        Ok(since.saturating_duration_since(self.started))
    }

    /// Waits until the function asks for its next event: after an answer it may still be at work. Returns at once where it waits
    /// already.
    ///
    /// # Errors
    /// As [`ready`](Self::ready).
    pub async fn idle(&self) -> Result<(), Failure> {
        self.shared.idle().await.map(drop)
    }

    /// The function's answer to `event`. Events that come while it is at work wait for their turn, which `within` does not count.
    ///
    /// A caller that stops waiting stops nothing: as in Lambda, a function that has begun runs to its end.
    ///
    /// # Errors
    /// If there is no answer. After [`Failure::TimedOut`] and [`Failure::Ended`] there will be no other.
    pub async fn invoke(&self, event: impl Into<Bytes>, within: Duration) -> Result<Bytes, Failure> {
        let (shared, event) = (Arc::clone(&self.shared), event.into());
        let call = tokio::spawn(async move { shared.invoke(event, within).await });
        call.await.unwrap_or(Err(Failure::Lost))
    }

    /// Waits for the process to end by itself.
    ///
    /// # Errors
    /// [`Failure::Lost`] if it cannot be waited for.
    pub async fn ended(&self) -> Result<ExitStatus, Failure> {
        self.shared.ended().await
    }

    /// Kills the process and waits for its end.
    pub async fn stop(self) {
        self.shared.kill();
        let _ = self.ended().await;
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.shared.kill();
        self.serving.abort();
    }
}

impl Shared {
    async fn invoke(&self, event: Bytes, within: Duration) -> Result<Bytes, Failure> {
        let turn = self.turn.lock().await;
        self.idle().await?;
        let (answer, answered) = oneshot::channel();
        let invocation = Invocation { id: Uuid::new_v4().to_string(), event, within, answer };
        turn.send(invocation).await.map_err(|_| Failure::Lost)?;
        tokio::select! {
            // An answer that came before the end counts.
            biased;
            answer = timeout(within, answered) => match answer {
                Ok(Ok(outcome)) => outcome,
                // The API is gone with the process.
                Ok(Err(_)) => Err(self.end().await),
                Err(_) => {
                    self.kill();
                    Err(Failure::TimedOut)
                }
            },
            ended = self.end() => Err(ended),
        }
    }

    /// Since when the function waits for an event.
    async fn idle(&self) -> Result<Instant, Failure> {
        let mut phase = self.phase.clone();
        let arrived = async {
            let arrived = phase.wait_for(|phase| matches!(phase, Phase::Idle(_) | Phase::Failed(_))).await;
            match arrived.as_deref() {
                Ok(Phase::Idle(since)) => Ok(*since),
                Ok(Phase::Failed(error)) => Err(Failure::Function(error.clone())),
                _ => Err(Failure::Lost),
            }
        };
        tokio::select! {
            // A process that reports why it fails, and ends, is asked for its reason. One that was idle when it ended is not idle.
            biased;
            failed = self.failed() => Err(failed),
            arrived = arrived => arrived,
        }
    }

    /// Why there will be no event: the error that the process reported, or its end.
    async fn failed(&self) -> Failure {
        let end = self.end().await;
        match &*self.phase.borrow() {
            Phase::Failed(error) => Failure::Function(error.clone()),
            _ => end,
        }
    }

    async fn end(&self) -> Failure {
        self.ended().await.map_or_else(|failure| failure, Failure::Ended)
    }

    async fn ended(&self) -> Result<ExitStatus, Failure> {
        let mut ended = self.ended.clone();
        let status = ended.wait_for(Option::is_some).await.ok().and_then(|status| *status);
        status.ok_or(Failure::Lost)
    }

    fn kill(&self) {
        // The number of a process that was waited for may be somebody else's by now.
        if self.ended.borrow().is_none() && self.ended.has_changed().is_ok() {
            let _ = kill_process_group(self.group, Signal::KILL);
        }
    }
}

/// Waits for the end of `child`.
async fn wait(mut child: Child, group: Pid, end: watch::Sender<Option<ExitStatus>>, watchdog: Arc<Watchdog>) {
    let status = child.wait().await;
    watchdog.remove(group);
    end.send_replace(status.ok());
}

//! The processes that the stack starts, none of which outlives it. Imports nothing of ours.
//!
//! Each is started through [`become_guarded`]: this program runs itself again, asks the kernel for its own death with its
//! parent's, and turns into the command. That holds for `kill -9` as well, where nobody is left to clean up. The functions
//! need no guard: their calls to `cargo lambda watch` fail when it is gone, and they end.

use std::convert::Infallible;
use std::env;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// The program's argument that makes it turn into the command after it.
pub const GUARDED: &str = "guarded";

/// How long a process may take to end when it is asked to: `cargo lambda watch` stops the functions in a tenth of it, and then
/// waits for connections that nobody closes.
const END_WITHIN: Duration = Duration::from_secs(1);

/// A process, with those it started.
#[derive(Debug)]
pub struct Guarded {
    child: Child,
    group: Option<Pid>,
}

impl Guarded {
    /// Starts `command` in `directory` with the variables of `set` and without those of `removed`.
    ///
    /// To be called on the main thread: what the kernel watches is the thread that starts the process.
    ///
    /// # Errors
    /// If it can't be started.
    pub fn start(command: &[&OsStr], directory: &Path, set: &[(OsString, OsString)], removed: &[&str]) -> Result<Self> {
        let mut guarded = Command::new(env::current_exe()?);
        guarded.arg(GUARDED).args(command).current_dir(directory).envs(set.iter().cloned()).stdin(Stdio::null());
        for name in removed {
            guarded.env_remove(name);
        }
        // A group of its own: Ctrl-C in a terminal reaches every process of a group, and the order of the end is ours.
        let child =
            guarded.process_group(0).spawn().with_context(|| format!("{} can't be started", command.join(OsStr::new(" ")).display()))?;
        let group = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        Ok(Self { child, group })
    }

    /// Waits for the process to end by itself.
    ///
    /// # Errors
    /// If it can't be waited for.
    pub async fn ended(&mut self) -> io::Result<ExitStatus> {
        self.child.wait().await
    }

    /// Ends the process and those of its group, at once if they do not do so themselves when asked.
    pub async fn stop(mut self) {
        self.signal(Signal::TERM);
        let _ = timeout(END_WITHIN, self.child.wait()).await;
        self.signal(Signal::KILL);
        let _ = self.child.wait().await;
    }

    fn signal(&self, signal: Signal) {
        if let Some(group) = self.group {
            // Nobody left to signal is what is wanted.
            let _ = kill_process_group(group, signal);
        }
    }
}

/// Turns this process into `command`, and has it killed when its parent ends.
///
/// # Errors
/// If `command` can't be run; otherwise it does not return.
pub fn become_guarded(command: &[OsString]) -> Result<Infallible> {
    let (program, arguments) = command.split_first().context("no command")?;
    die_with_parent()?;
    let error = std::process::Command::new(program).args(arguments).exec();
    Err(error).with_context(|| format!("{} can't be run", program.display()))
}

#[cfg(target_os = "linux")]
fn die_with_parent() -> Result<()> {
    use rustix::process::{getppid, set_parent_process_death_signal};

    let parent = getppid();
    set_parent_process_death_signal(Some(Signal::KILL))?;
    // The parent may have ended in between; then nobody would tell.
    anyhow::ensure!(getppid() == parent, "the local stack is gone");
    Ok(())
}

/// Elsewhere only an orderly end takes the processes along.
#[cfg(not(target_os = "linux"))]
#[expect(clippy::unnecessary_wraps, reason = "fails on Linux")]
fn die_with_parent() -> Result<()> {
    Ok(())
}

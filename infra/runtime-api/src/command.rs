//! Any other program, under the same watchdog.

use std::io;
use std::process::Output;
use std::sync::Arc;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::Command;

use crate::watchdog::Watchdog;

/// A process group that is killed when this value is dropped.
struct Group {
    id: Pid,
    watchdog: Arc<Watchdog>,
}

impl Drop for Group {
    fn drop(&mut self) {
        // Nobody left to signal is what is wanted.
        let _ = kill_process_group(self.id, Signal::KILL);
        self.watchdog.remove(self.id);
    }
}

/// Runs `command` to its end, with its output. It is killed, with what it has started, when the future is dropped.
pub async fn output(mut command: Command, watchdog: Arc<Watchdog>) -> io::Result<Output> {
    let child = command.process_group(0).kill_on_drop(true).spawn()?;
    let id = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    let group = Group { id: id.ok_or_else(|| io::Error::other("the process has no id"))?, watchdog };
    group.watchdog.add(group.id)?;
    child.wait_with_output().await
}

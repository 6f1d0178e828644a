//! Ends every process with the host, however the host ends.
//!
//! A shell reads from a pipe which process groups there are. The pipe closes with the host, also by `kill -9`, and then the shell
//! kills those that are left. Unlike a signal at the parent's death this works on every Unix, and does not depend on which thread
//! has started a process.
//!
//! A process that is started in the instant before the host dies may not be in the list yet. It ends by itself: nobody listens at its
//! Runtime API. The same holds for every process on a machine without a shell, such as a container that holds nothing else: there
//! is no watchdog there.

use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use rustix::process::Pid;

/// `+ 17` adds a group, `- 17` removes it. Signals that end the host leave the watchdog alone: it has a group of its own.
const SCRIPT: &str = r#"
trap '' HUP INT TERM
groups=' '
while read -r sign group; do
  case $sign in
    +) groups="$groups$group " ;;
    -) groups="${groups%% "$group" *} ${groups#* "$group" }" ;;
  esac
done
for group in $groups; do
  kill -s KILL -- "-$group" 2>/dev/null
done
exit 0
"#;

/// The watchdog of one host, if there is a shell to run it.
#[derive(Debug)]
pub struct Watchdog {
    shell: Option<Mutex<Child>>,
    pipe: Mutex<Option<ChildStdin>>,
}

impl Watchdog {
    /// Starts it.
    pub fn start() -> io::Result<Self> {
        Self::start_in("/bin/sh")
    }

    fn start_in(shell: &str) -> io::Result<Self> {
        let mut command = Command::new(shell);
        command.args(["-c", SCRIPT]).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        let mut shell = match command.spawn() {
            Ok(shell) => Some(shell),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        let pipe = Mutex::new(shell.as_mut().and_then(|shell| shell.stdin.take()));
        Ok(Self { shell: shell.map(Mutex::new), pipe })
    }

    /// Has `group` killed when the host dies.
    pub fn add(&self, group: Pid) -> io::Result<()> {
        self.tell('+', group)
    }

    /// Forgets `group`, which has ended: its number may be given to somebody else's.
    pub fn remove(&self, group: Pid) {
        // A watchdog that is gone kills nobody.
        let _ = self.tell('-', group);
    }

    /// Kills what is left now, and lets nothing start any more.
    pub fn end(&self) {
        self.pipe.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(shell) = &self.shell {
            let _ = shell.lock().unwrap_or_else(PoisonError::into_inner).wait();
        }
    }

    fn tell(&self, sign: char, group: Pid) -> io::Result<()> {
        if self.shell.is_none() {
            return Ok(());
        }
        let mut pipe = self.pipe.lock().unwrap_or_else(PoisonError::into_inner);
        let pipe = pipe.as_mut().ok_or(io::ErrorKind::BrokenPipe)?;
        // One write, shorter than a pipe's buffer: all or nothing.
        pipe.write_all(format!("{sign} {}\n", group.as_raw_nonzero()).as_bytes())
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.end();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sleeper() -> (Child, Pid) {
        let child = Command::new("sleep").arg("600").process_group(0).spawn().unwrap();
        let group = Pid::from_child(&child);
        (child, group)
    }

    #[test]
    fn a_machine_without_a_shell_has_no_watchdog_and_starts_processes_all_the_same() {
        let watchdog = Watchdog::start_in("/no/such/shell").unwrap();
        let (mut process, group) = sleeper();

        watchdog.add(group).unwrap();
        watchdog.remove(group);
        drop(watchdog);

        assert!(process.try_wait().unwrap().is_none());
        process.kill().unwrap();
        process.wait().unwrap();
    }

    #[test]
    fn the_end_of_the_pipe_kills_the_groups_that_are_left() {
        let watchdog = Watchdog::start().unwrap();
        let [(mut first, a), (mut second, b), (mut third, c)] = [sleeper(), sleeper(), sleeper()];
        for group in [a, b, c] {
            watchdog.add(group).unwrap();
        }
        watchdog.remove(b);

        drop(watchdog);

        assert!(!first.wait().unwrap().success());
        assert!(!third.wait().unwrap().success());
        assert!(second.try_wait().unwrap().is_none());
        second.kill().unwrap();
        second.wait().unwrap();
    }
}

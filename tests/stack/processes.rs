//! The functions' processes: one that dies is replaced, and none outlives the stack.

use std::process::Command;
use std::time::{Duration, Instant};

use super::people::moment;
use super::running::Stack;

/// How long a process that was killed may still be listed.
const PATIENCE: Duration = Duration::from_secs(20);

pub async fn one_that_dies_is_replaced(stack: &Stack) {
    stack.demo().await;
    let logins: Vec<_> = stack.children().into_iter().filter(|(_, command)| command.ends_with("/user-login")).collect();
    assert!(!logins.is_empty(), "{:?}", stack.children());

    let dead: Vec<_> = logins.into_iter().map(|(id, _)| id).collect();
    let ids = dead.iter().map(ToString::to_string);
    assert!(Command::new("kill").arg("-KILL").args(ids).status().unwrap().success());
    until_gone(&dead).await;

    stack.demo().await;
}

pub async fn none_outlives_a_stack_that_is_killed(stack: &mut Stack) {
    stack.demo().await;
    let children: Vec<_> = stack.children().into_iter().map(|(id, _)| id).collect();
    assert!(children.len() > 2, "functions and what watches over them");

    stack.kill();

    until_gone(&children).await;
    stack.kill_and_start_again().await;
}

async fn until_gone(ids: &[u32]) {
    let started = Instant::now();
    while listed().iter().any(|(id, _, _)| ids.contains(id)) {
        assert!(started.elapsed() < PATIENCE, "{ids:?} of {:?}", listed());
        moment().await;
    }
}

impl Stack {
    /// Number and command of each process that the stack has started.
    fn children(&self) -> Vec<(u32, String)> {
        let children = listed().into_iter().filter(|(_, parent, _)| *parent == self.id());
        children.map(|(id, _, command)| (id, command)).collect()
    }
}

/// Number, parent and command of every process of this machine that still runs.
fn listed() -> Vec<(u32, u32, String)> {
    let output = Command::new("ps").args(["-A", "-o", "pid=", "-o", "ppid=", "-o", "stat=", "-o", "args="]).output().unwrap();
    let line = |line: &str| {
        let mut words = line.split_whitespace();
        let (id, parent) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
        // A process that nobody has waited for yet runs no more.
        let runs = !words.next()?.starts_with('Z');
        runs.then(|| (id, parent, words.collect::<Vec<_>>().join(" ")))
    };
    String::from_utf8_lossy(&output.stdout).lines().filter_map(line).collect()
}

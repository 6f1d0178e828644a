//! The share of a CPU that Lambda gives a function, by a control group. Imports nothing of ours.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// Lambda gives a whole CPU at 1,769 MB, and of the rest in proportion.
const MEMORY_MB: f64 = 512.0;
const MEMORY_OF_A_CPU_MB: f64 = 1769.0;
/// How often Lambda's scheduler gives it: every 20 ms.
const PERIOD_MICROSECONDS: u64 = 20_000;

const NAME: &str = "latchkey-bench";

/// How much of a CPU a process gets.
#[derive(Clone, Debug)]
pub enum Share {
    /// All of one that it asks for.
    Whole,
    /// What Lambda gives 512 MB.
    OfLambda(Group),
}

/// A control group with a quota, and where this process was before.
#[derive(Clone, Debug)]
pub struct Group {
    inside: PathBuf,
    outside: PathBuf,
}

impl Share {
    /// Makes the control group.
    ///
    /// # Errors
    /// Says why there can be none.
    pub fn of_lambda() -> Result<Self> {
        if !rustix::process::geteuid().is_root() {
            bail!("only root can make a control group. Try: sudo -E make bench");
        }
        let quota = (fraction() * 20_000.0).round();
        let v1 = Path::new("/sys/fs/cgroup/cpu");
        if v1.join("cpu.cfs_quota_us").exists() {
            let group = v1.join(NAME);
            make(&group)?;
            write(&group.join("cpu.cfs_period_us"), &PERIOD_MICROSECONDS.to_string())?;
            write(&group.join("cpu.cfs_quota_us"), &quota.to_string())?;
            return Ok(Self::OfLambda(Group {
                inside: group.join("cgroup.procs"),
                outside: v1.join(own_group("cpu")?).join("cgroup.procs"),
            }));
        }
        let v2 = Path::new("/sys/fs/cgroup");
        if !v2.join("cgroup.controllers").exists() {
            bail!("there are no control groups in /sys/fs/cgroup");
        }
        write(&v2.join("cgroup.subtree_control"), "+cpu").context("the CPU can't be shared out here")?;
        let group = v2.join(NAME);
        make(&group)?;
        write(&group.join("cpu.max"), &format!("{quota} {PERIOD_MICROSECONDS}"))?;
        Ok(Self::OfLambda(Group { inside: group.join("cgroup.procs"), outside: v2.join(own_group("")?).join("cgroup.procs") }))
    }

    /// The share as a number.
    pub fn number(&self) -> f64 {
        match self {
            Self::Whole => 1.0,
            Self::OfLambda(_) => crate::statistics::rounded(fraction(), 2),
        }
    }

    /// Has the processes that are started from now on, until [`leave`](Self::leave), get this share. This process joins them for so
    /// long: a process is born into its parent's group, so that nothing of its start escapes.
    ///
    /// # Errors
    /// If the group can't be joined.
    pub fn enter(&self) -> Result<()> {
        if let Self::OfLambda(group) = self { write(&group.inside, "0") } else { Ok(()) }
    }

    /// Removes the control group, which is empty by now.
    ///
    /// # Errors
    /// If it is not.
    pub fn remove(self) -> Result<()> {
        let Self::OfLambda(group) = self else { return Ok(()) };
        let folder = group.inside.parent().context("the control group has no folder")?;
        fs::remove_dir(folder).with_context(|| format!("{} can't be removed", folder.display()))
    }

    /// Goes back to where this process was.
    ///
    /// # Errors
    /// If the group can't be left.
    pub fn leave(&self) -> Result<()> {
        if let Self::OfLambda(group) = self { write(&group.outside, "0") } else { Ok(()) }
    }
}

fn fraction() -> f64 {
    MEMORY_MB / MEMORY_OF_A_CPU_MB
}

fn make(group: &Path) -> Result<()> {
    fs::create_dir_all(group).with_context(|| format!("{} can't be made", group.display()))
}

fn write(file: &Path, text: &str) -> Result<()> {
    fs::write(file, text).with_context(|| format!("{} can't be written", file.display()))
}

/// This process's control group of `controller`, which is empty for version 2, relative to the mount.
fn own_group(controller: &str) -> Result<PathBuf> {
    let groups = fs::read_to_string("/proc/self/cgroup")?;
    let of = |line: &str| {
        let mut parts = line.splitn(3, ':').skip(1);
        let controllers = parts.next()?;
        let group = parts.next()?;
        controllers.split(',').any(|one| one == controller).then(|| group.trim_start_matches('/').into())
    };
    groups.lines().find_map(of).context("this process has no control group")
}

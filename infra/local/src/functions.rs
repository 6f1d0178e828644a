//! The functions: built by cargo, run by `cargo lambda watch`. Imports [`crate::processes`], [`crate::sources`].

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Stdio;

use anyhow::{Result, ensure};
use tokio::process::Command;

use crate::console::say;
use crate::environment::REMOVED;
use crate::processes::Guarded;
use crate::sources::Sources;

/// The functions of a project.
#[derive(Debug)]
pub struct Functions {
    /// The project's folder.
    pub root: PathBuf,
    /// The functions' binaries.
    pub operations: BTreeSet<String>,
    /// Processes of each at most.
    pub concurrency: u16,
    /// The variables of all of them.
    pub environment: Vec<(OsString, OsString)>,
}

impl Functions {
    /// Builds all at once, which `cargo lambda watch` would do one after the other at their first requests; whether that went
    /// well.
    ///
    /// The arguments choose what its `cargo run` chooses: with other ones cargo would build the libraries twice.
    ///
    /// # Errors
    /// If cargo can't be run.
    pub async fn build(&self) -> Result<bool> {
        say("Building the functions.");
        let mut command: Vec<&OsStr> = vec!["cargo".as_ref(), "build".as_ref()];
        for operation in &self.operations {
            command.extend::<[&OsStr; 2]>(["--bin".as_ref(), operation.as_ref()]);
        }
        let mut build = Guarded::start(&command, &self.root, &[], &[])?;
        Ok(build.ended().await?.success())
    }

    /// Returns when the sources have changed and are built; until then the functions run on as they were.
    ///
    /// # Errors
    /// If cargo can't be run.
    pub async fn rebuilt(&self, sources: &mut Sources) -> Result<()> {
        loop {
            sources.changed().await;
            if self.build().await? {
                return Ok(());
            }
            say("The functions do not build, so they stay as they were.");
        }
    }

    /// Starts `cargo lambda watch` at `address`; it starts a function at its first request.
    ///
    /// # Errors
    /// If it can't be started.
    pub fn start(&self, address: SocketAddr) -> Result<Guarded> {
        say(format!("Starting {} functions.", self.operations.len()));
        let [ip, port, concurrency] = [address.ip().to_string(), address.port().to_string(), self.concurrency.to_string()];
        let manifest = self.root.join("Cargo.toml");
        let mut command: Vec<&OsStr> = vec!["cargo".as_ref(), "lambda".as_ref(), "watch".as_ref()];
        command.extend(["--quiet", "--disable-cors", "--ignore-changes"].map(OsStr::new));
        command.extend(["--invoke-address", &ip, "--invoke-port", &port, "--concurrency", &concurrency].map(OsStr::new));
        command.extend([OsStr::new("--manifest-path"), manifest.as_os_str()]);

        // Its own log, which tells of each process that it starts and stumbles over each that it stops. The functions read LOG_LEVEL.
        let mut environment = self.environment.clone();
        environment.push((OsString::from("RUST_LOG"), OsString::from("warn,watchexec=off")));
        // In a small folder: it watches all of the one that it runs in, and only then ignores what changes there.
        Guarded::start(&command, &self.root.join("infra"), &environment, &REMOVED)
    }
}

/// Succeeds if there is a `cargo lambda`.
///
/// # Errors
/// Says how to get it.
pub async fn check() -> Result<()> {
    let mut command = Command::new("cargo");
    command.args(["lambda", "--version"]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let there = command.status().await.is_ok_and(|status| status.success());
    ensure!(there, "`cargo lambda` is missing. `make run` gets it into .venv and starts this with it.");
    Ok(())
}

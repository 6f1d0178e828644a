//! The functions' binaries, as cargo builds them or as a release archive has them. Imports [`crate::console`],
//! [`crate::installation`], [`crate::sources`].

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Stdio;

use anyhow::{Context, Result};
use latchkey_runtime_api::Host;
use serde_json::Value;
use tokio::process::Command;

use crate::console::Console;
use crate::installation::{Installation, packed};
use crate::sources::Sources;

/// The functions of an installation.
#[derive(Debug)]
pub struct Functions {
    /// Where they lie.
    pub installation: Installation,
    /// The functions' names.
    pub operations: BTreeSet<String>,
    /// What cargo ends with.
    pub host: Host,
    /// Where to say what happens.
    pub console: Console,
}

impl Functions {
    /// Builds all of them where they are not built yet, and finds each one's binary; `None` if they do not build, which cargo has
    /// explained.
    ///
    /// The arguments choose what `make run` chooses: with other ones cargo would build the libraries twice.
    ///
    /// # Errors
    /// If cargo can't be run, or an archive lacks one.
    pub async fn build(&self) -> Result<Option<BTreeMap<String, PathBuf>>> {
        let root = match &self.installation {
            Installation::Archive(root) => return packed(root, &self.operations).map(Some),
            Installation::Checkout(root) => root,
        };
        self.console.say("Building the functions.");
        let mut command = Command::new("cargo");
        command.args(["build", "--message-format", "json-render-diagnostics"]).current_dir(root);
        command.args(self.operations.iter().flat_map(|operation| ["--bin", operation]));
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let built = self.host.output(command).await.context("cargo can't be run. Install Rust as https://rustup.rs says")?;
        Ok(built.status.success().then(|| binaries(&built.stdout)))
    }

    /// Returns when the sources have changed and are built; until then the functions run on as they were.
    ///
    /// # Errors
    /// If cargo can't be run.
    pub async fn rebuilt(&self, sources: &mut Sources) -> Result<BTreeMap<String, PathBuf>> {
        loop {
            sources.changed().await;
            if let Some(binaries) = self.build().await? {
                return Ok(binaries);
            }
            self.console.say("The functions do not build, so they stay as they were.");
        }
    }
}

/// The binaries that cargo's messages name, one message a line.
fn binaries(messages: &[u8]) -> BTreeMap<String, PathBuf> {
    let lines = messages.split(|byte| *byte == b'\n');
    let artifacts = lines.filter_map(|line| serde_json::from_slice::<Value>(line).ok());
    let binary = |artifact: Value| {
        let text = |pointer: &str| artifact.pointer(pointer).and_then(Value::as_str);
        Some((text("/target/name")?.to_owned(), PathBuf::from(text("/executable")?)))
    };
    artifacts.filter_map(binary).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_binary_is_where_cargo_says() {
        let messages = "{\"reason\":\"compiler-artifact\",\"target\":{\"name\":\"latchkey\"},\"executable\":null}\n\
                        {\"reason\":\"compiler-artifact\",\"target\":{\"name\":\"jwks\"},\"executable\":\"/target/debug/jwks\"}\n\
                        {\"reason\":\"build-finished\",\"success\":true}\n";

        let found = binaries(messages.as_bytes());

        assert_eq!(found, BTreeMap::from([("jwks".to_owned(), PathBuf::from("/target/debug/jwks"))]));
    }
}

//! The password hash alone: ours, that of `@node-rs/argon2`, and the C reference. Imports [`crate::competitors`].

use std::path::Path;

use anyhow::{Context, Result, ensure};
use latchkey_local::console::say;
use serde_json::Value;
use tokio::process::Command;

use crate::Arguments;
use crate::competitors::Node;
use crate::operations::FIRST_PASSWORD;
use crate::stand_ins::BINARIES;
use crate::statistics::Sample;

/// Python with argon2-cffi; `make bench` makes it.
const PYTHON: &str = ".venv-bench/bin/python";

/// An implementation's times, in milliseconds.
#[derive(Clone, Debug, Default)]
pub struct Hash {
    /// Its name.
    pub name: &'static str,
    /// The first verification in a process.
    pub first: Sample,
    /// Those after it.
    pub warm: Sample,
    /// Their CPU.
    pub warm_cpu: Sample,
}

/// Our own, in the release profile of the functions.
pub const OURS: &str = "Latchkey";
/// The binding for Node.js.
pub const NODE_RS: &str = "@node-rs/argon2";
/// The C reference.
pub const C_REFERENCE: &str = "argon2-cffi (C reference)";

/// Verifies the same password against the same hash in each, interleaved, each start in a new process.
///
/// # Errors
/// If one of them fails.
pub async fn compare(arguments: &Arguments) -> Result<Vec<Hash>> {
    let node = Node::find().await?;
    let seed = node.seed().await?;
    let stored = seed.get("argon2").and_then(Value::as_str).context("no hash")?;
    let warm = arguments.warm.to_string();
    let given = [warm.as_str(), stored, FIRST_PASSWORD];
    let mut hashes = [OURS, NODE_RS, C_REFERENCE].map(|name| Hash { name, ..Hash::default() });
    for start in 1..=arguments.starts {
        say(format!("Start {start} of {} of the password hashes", arguments.starts));
        for hash in &mut hashes {
            let times = match hash.name {
                OURS => output(Command::new(Path::new(BINARIES).join("bench-hash/bootstrap")).args(given)).await,
                NODE_RS => node.run("hash", &given).await,
                _ => output(Command::new(PYTHON).arg("infra/bench/hash/c_reference.py").args(given)).await,
            };
            let times = times.with_context(|| hash.name.to_owned())?;
            let times: Vec<[f64; 2]> = serde_json::from_value(times)?;
            let ([first, _], warm) = times.split_first().context("no first")?;
            hash.first.add(*first);
            for [wall, cpu] in warm {
                hash.warm.add(*wall);
                hash.warm_cpu.add(*cpu);
            }
        }
    }
    Ok(hashes.into())
}

async fn output(command: &mut Command) -> Result<Value> {
    let output = command.output().await?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(serde_json::from_slice(&output.stdout)?)
}

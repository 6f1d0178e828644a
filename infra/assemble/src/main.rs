//! `make template`: writes what is assembled. With `--rollout` it prints the template of a gradual rollout instead.

use std::io::Write;
use std::path::Path;
use std::{fs, io};

use anyhow::{Context, Result};
use clap::Parser;

/// Writes template.yaml, the assembled parts of README.md and docs/, and docs/llms.txt and docs/llms-full.txt. Run it in the project's root.
#[derive(Debug, Parser)]
struct Arguments {
    /// Print the template that shifts the traffic this way, such as Canary10Percent5Minutes, and write nothing
    #[arg(long, requires = "release")]
    rollout: Option<String>,
    /// What tells this rollout from all before it, such as the time
    #[arg(long, requires = "rollout")]
    release: Option<String>,
}

fn main() -> Result<()> {
    let root = Path::new(".");
    let arguments = Arguments::parse();
    if let (Some(rollout), Some(release)) = (arguments.rollout, arguments.release) {
        let text = latchkey_assemble::rollout(root, &rollout, &release)?;
        return io::stdout().write_all(text.as_bytes()).context("the template can't be printed");
    }
    for file in latchkey_assemble::assemble(root)? {
        fs::write(root.join(&file.path), file.text).with_context(|| format!("{} can't be written", file.path))?;
    }
    Ok(())
}

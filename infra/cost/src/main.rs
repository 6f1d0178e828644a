//! `make cost`: prints what Latchkey costs and what limits it, and writes both into the docs.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{fs, io};

use anyhow::{Context, Result};
use clap::Parser;
use latchkey_cost::document::{Medium, render, written};
use latchkey_cost::{Inputs, PAGES, picture};

/// Prints what Latchkey costs in AWS, and the first limit of each operation. Run it in the project's root.
#[derive(Debug, Parser)]
struct Arguments {
    /// Print only, and leave docs/pricing.md, docs/limits.md and docs/alternatives.svg as they are
    #[arg(long)]
    print: bool,
    /// Take the units from this file, in the form of docs/costs.md, and print only
    #[arg(long, requires = "bench")]
    costs: Option<PathBuf>,
    /// Take the times from this file, in the form of docs/performance/bench.json, and print only
    #[arg(long, requires = "costs")]
    bench: Option<PathBuf>,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Who reads neither gets the exit code.
            let _ = writeln!(io::stderr().lock(), "{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<()> {
    let root = Path::new(".");
    let (inputs, print) = match (&arguments.costs, &arguments.bench) {
        (Some(costs), Some(bench)) => (Inputs::with(root, &read(costs)?, &read(bench)?)?, true),
        _ => (Inputs::read(root)?, arguments.print),
    };
    if !print {
        fs::write(root.join(picture::PATH), picture::draw(&inputs)?).with_context(|| format!("{} can't be written", picture::PATH))?;
    }
    for (path, blocks) in PAGES {
        let blocks = blocks(&inputs)?;
        writeln!(io::stdout().lock(), "{}", render(&blocks, Medium::Terminal)).context("the tables can't be printed")?;
        if !print {
            let page = fs::read_to_string(root.join(path)).with_context(|| format!("{path} can't be read"))?;
            let page = written(&page, &render(&blocks, Medium::Markdown)).context(path)?;
            fs::write(root.join(path), page).with_context(|| format!("{path} can't be written"))?;
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("{} can't be read", path.display()))
}

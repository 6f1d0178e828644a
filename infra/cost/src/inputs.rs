//! The files that everything is reckoned from. Imports their readers.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::de::DeserializeOwned;

use crate::bench::Bench;
use crate::facts::Facts;
use crate::limits::Limits;
use crate::model::Model;
use crate::prices::Prices;
use crate::units::Units;

/// What was measured, what it costs and what is assumed.
#[derive(Debug)]
pub struct Inputs {
    pub(crate) units: Units,
    pub(crate) bench: Bench,
    pub(crate) prices: Prices,
    pub(crate) model: Model,
    pub(crate) limits: Limits,
    pub(crate) facts: Facts,
}

/// A file that a command writes, and that command.
const MEASURED: [(&str, &str); 2] = [(BENCH, "make bench"), (UNITS, "make costs")];
const BENCH: &str = "docs/performance/bench.json";
const UNITS: &str = "docs/costs.md";

impl Inputs {
    /// Reads the files of the project in `root`.
    ///
    /// # Errors
    /// If a file is missing or malformed. The error names it, and the command that writes it.
    pub fn read(root: &Path) -> Result<Self> {
        let missing = missing(root);
        if !missing.is_empty() {
            bail!("{}", missing.join("\n"));
        }
        Self::with(root, &read(root, UNITS)?, &read(root, BENCH)?)
    }

    /// The same with `units` as docs/costs.md and `bench` as docs/performance/bench.json.
    ///
    /// # Errors
    /// As [`Inputs::read`].
    pub fn with(root: &Path, units: &str, bench: &str) -> Result<Self> {
        Ok(Self {
            units: Units::parse(units).context(UNITS)?,
            bench: Bench::parse(bench).context(BENCH)?,
            prices: toml(root, "infra/pricing.toml")?,
            model: toml(root, "infra/cost/model.toml")?,
            limits: toml(root, "infra/cost/limits.toml")?,
            facts: Facts::read(root)?,
        })
    }
}

/// What has not been measured yet in the project in `root`, and which command does it.
#[must_use]
pub fn missing(root: &Path) -> Vec<String> {
    let mut missing: Vec<_> = MEASURED
        .iter()
        .filter(|(path, _)| !root.join(path).exists())
        .map(|(path, command)| format!("{path} is missing: `{command}` writes it."))
        .collect();
    if read(root, UNITS).is_ok_and(|text| !Units::are_apart(&text)) {
        missing.push(format!("{UNITS} does not count reads and writes apart: `make costs` writes the columns `reads` and `writes`."));
    }
    missing
}

pub(crate) fn read(root: &Path, path: &str) -> Result<String> {
    fs::read_to_string(root.join(path)).with_context(|| format!("{path} can't be read"))
}

fn toml<T: DeserializeOwned>(root: &Path, path: &str) -> Result<T> {
    toml::from_str(&read(root, path)?).with_context(|| path.to_owned())
}

//! The files that everything is reckoned from. Imports their readers.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
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

const BENCH: &str = "docs/performance/bench.json";
const UNITS: &str = "docs/costs.md";

impl Inputs {
    /// Reads the files of the project in `root`.
    ///
    /// # Errors
    /// If a file is missing or malformed. The error names it, and the command that writes it.
    pub fn read(root: &Path) -> Result<Self> {
        ensure!(!is_unmeasured(root), "{BENCH} is missing: `make bench` writes it.");
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

/// Whether nobody has run `make bench` in the project in `root`.
#[must_use]
pub fn is_unmeasured(root: &Path) -> bool {
    !root.join(BENCH).exists()
}

pub(crate) fn read(root: &Path, path: &str) -> Result<String> {
    fs::read_to_string(root.join(path)).with_context(|| format!("{path} can't be read"))
}

fn toml<T: DeserializeOwned>(root: &Path, path: &str) -> Result<T> {
    toml::from_str(&read(root, path)?).with_context(|| path.to_owned())
}

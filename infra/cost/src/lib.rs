//! What Latchkey costs in AWS, and the first limit that AWS sets to each operation.
//!
//! Everything is reckoned from files of the project ([`Inputs`]): the units that `make costs` measured, the times and log lines that
//! `make bench` measured, the dated prices of `infra/pricing.toml`, and the assumptions of `model.toml` and `limits.toml` beside
//! this program. Nothing is asked of a network.

mod bench;
pub mod document;
mod facts;
mod inputs;
mod limits;
mod limits_page;
mod model;
pub mod picture;
mod prices;
mod pricing_page;
mod units;

use anyhow::Result;

use document::Block;
pub use inputs::{Inputs, is_unmeasured};

/// A page, and what stands in it.
pub type Page = (&'static str, fn(&Inputs) -> Result<Vec<Block>>);

/// The pages that `make cost` writes.
pub const PAGES: [Page; 2] = [("docs/pricing.md", pricing_page::blocks), ("docs/limits.md", limits_page::blocks)];

//! Users as JSON lines: import and export.
//!
//! A file has a header line, a line for each user and, if the header announces it, an end line, without which the file
//! was cut off ([`line`]). Both directions hold only a few pages of users in memory.

mod export;
mod import;
mod line;
mod parse;
mod partial;
mod progress;
mod reader;

use std::path::PathBuf;

use clap::{Args, ValueEnum};

pub use export::export;
pub use import::import;

/// The arguments of `import`.
#[derive(Debug, Args)]
pub struct ImportArguments {
    /// The file, or - for standard input
    pub file: PathBuf,
    /// What to do with a user who exists and differs
    #[arg(long, value_enum, default_value_t = OnConflict::Fail, value_name = "WHAT")]
    pub on_conflict: OnConflict,
    /// Check every line and compare it with the table, but write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// How many transactions, of up to 14 users each, run in parallel
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u8).range(1..=64), value_name = "N")]
    pub concurrency: u8,
}

/// What to do with a user who exists and differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OnConflict {
    /// Leave and report the user; the exit code is 4
    Fail,
    /// Leave and count the user
    Skip,
    /// Replace the user by what the file says, if name and id are the same
    Replace,
}

/// The arguments of `export`.
#[derive(Debug, Args)]
pub struct ExportArguments {
    /// The file, or - for standard output
    #[arg(default_value = "-")]
    pub file: PathBuf,
    /// The users table to read instead of the stack's own: one that DynamoDB restored beside it
    #[arg(long, value_name = "NAME")]
    pub table: Option<String>,
    /// How many parts of the table are read in parallel
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=64), value_name = "N")]
    pub segments: u16,
}

//! Users as JSON lines: import and export.
//!
//! A file has a header line, a line for each user, and, if the header announces it, an end line by which a file that was cut off is
//! known ([`line`]). Both directions hold no more than a few pages of users in memory.

mod export;
mod import;
mod line;
mod partial;
mod progress;
mod reader;

use std::path::PathBuf;

use clap::{Args, ValueEnum};

pub use export::export;
pub use import::import;

/// What `import` is told.
#[derive(Debug, Args)]
pub struct ImportArguments {
    /// The file, or - for standard input
    pub file: PathBuf,
    /// What becomes of a user who is there and not equal
    #[arg(long, value_enum, default_value_t = OnConflict::Fail, value_name = "WHAT")]
    pub on_conflict: OnConflict,
    /// Check every line, and compare it with who is there; write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// How many transactions of up to 50 users are under way at once
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u8).range(1..=64), value_name = "N")]
    pub concurrency: u8,
}

/// What becomes of a user who is there and not equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OnConflict {
    /// Stays as it is, and is told; the exit code is 4
    Fail,
    /// Stays as it is, and is counted
    Skip,
    /// Becomes what the file says, if name and id are the same
    Replace,
}

/// What `export` is told.
#[derive(Debug, Args)]
pub struct ExportArguments {
    /// The file, or - for standard output
    #[arg(default_value = "-")]
    pub file: PathBuf,
    /// The table of users to read in place of the stack's own: one that DynamoDB has restored beside it
    #[arg(long, value_name = "NAME")]
    pub table: Option<String>,
    /// How many parts of the table are read at once
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=64), value_name = "N")]
    pub segments: u16,
}

/// A number as people read it: 100,000.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

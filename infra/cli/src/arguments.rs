//! What can be asked of the program.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::{forget, key, keys, session, transfer, user};

/// Operates a Latchkey stack: its users, their keys and sessions, its key sets.
///
/// Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not found, 4 refused as things stand (try again, or later).
#[derive(Debug, Parser)]
#[command(name = "latchkey", version, propagate_version = true)]
pub struct Arguments {
    #[command(flatten)]
    pub target: Target,
    #[command(subcommand)]
    pub command: Command,
}

/// Which stack, and how to answer.
#[derive(Clone, Debug, Default, Args)]
pub struct Target {
    /// The stack that `make run` runs here; DIR is its data directory
    #[arg(long, global = true, value_name = "DIR", num_args = 0..=1, require_equals = true, default_missing_value = ".local")]
    pub local: Option<PathBuf>,
    /// The CloudFormation stack of that name in AWS; LATCHKEY_STACK names one as well
    #[arg(long, global = true, value_name = "NAME", conflicts_with = "local")]
    pub stack: Option<String>,
    /// Answer in JSON: one document, or one a line for a list
    #[arg(long, global = true)]
    pub json: bool,
    /// The file that is told what was changed
    #[arg(long, global = true, value_name = "FILE")]
    pub journal: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Users: make, show, list, disable, enable, give a password, grant rights
    #[command(subcommand)]
    User(user::Command),
    /// A user's API keys: list, revoke
    #[command(subcommand)]
    Key(key::Command),
    /// A user's sessions: list, revoke
    #[command(subcommand)]
    Session(session::Command),
    /// The key sets that sign and seal: make, list, rotate
    #[command(subcommand)]
    Keys(keys::Command),
    /// Take users from a file
    Import(transfer::ImportArguments),
    /// Write all users to a file
    Export(transfer::ExportArguments),
    /// Everything about one person: write it to a file, erase it
    Forget(forget::Arguments),
    /// Look for what is wrong with the stack, and say what to do
    Doctor,
}

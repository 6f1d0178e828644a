//! The program's commands.

use clap::{Parser, Subcommand};

use crate::connection::Target;
use crate::{dev, forget, key, keys, session, transfer, user};

/// Operates a Latchkey stack: its users, their keys and sessions, its key sets. Or runs one on this machine.
///
/// Exit codes: 0 done, 1 failed, 2 usage error, 3 not found, 4 refused for now (try again, or later).
#[derive(Debug, Parser)]
#[command(name = "latchkey", version, propagate_version = true)]
pub struct Arguments {
    #[command(flatten)]
    pub target: Target,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Users: add, show, list, disable, enable, set a password, grant rights
    #[command(subcommand)]
    User(user::Command),
    /// A user's API keys: list, revoke
    #[command(subcommand)]
    Key(key::Command),
    /// A user's sessions: list, revoke
    #[command(subcommand)]
    Session(session::Command),
    /// The key sets that sign and seal: create, list, rotate
    #[command(subcommand)]
    Keys(keys::Command),
    /// Import users from a file
    Import(transfer::ImportArguments),
    /// Export all users to a file
    Export(transfer::ExportArguments),
    /// Export or erase everything about one person
    Forget(forget::Arguments),
    /// Find out what is wrong with the stack, and say what to do
    Doctor,
    /// Run Latchkey on this machine, without an AWS account: the functions' real binaries behind an HTTP API and a DynamoDB
    Dev(dev::Arguments),
}

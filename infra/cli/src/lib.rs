//! The program `latchkey`: the operator's commands for users, their keys and sessions, key sets, import and export, and a doctor; and the
//! local stack, `latchkey dev`.
//!
//! The commands work directly on the tables and key sets, of the local stack and of a stack in AWS alike ([`connection`]). Each
//! command is a module with its arguments and one function for each subcommand. It answers through [`output`], fails
//! with a [`Failure`], which has the exit code, and records what it changed in the [`journal`].
//!
//! May import `latchkey`, and in one module the local stack.

mod addresses;
mod arguments;
pub mod connection;
mod context;
mod dev;
mod doctor;
mod failure;
mod forget;
pub mod journal;
mod key;
pub mod key_sets;
mod keys;
pub mod output;
mod passwords;
mod private_file;
pub mod progress;
mod scan;
mod session;
pub mod terminal;
pub mod transfer;
mod user;

use std::ffi::OsString;

use clap::Parser;

use arguments::{Arguments, Command};
use connection::Connection;
pub use context::ProcessContext;
pub use failure::Failure;
use output::Output;
use terminal::Terminal;

/// Runs the command that `arguments` name (the first is the program's name). Returns the exit code, which [`Failure`]
/// explains.
pub async fn run(arguments: impl IntoIterator<Item = OsString>, context: ProcessContext) -> u8 {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => return usage(&error, context.terminal.as_ref()),
    };
    let output = Output::new(context.terminal.clone(), arguments.target.json);
    match Box::pin(act(arguments, context, output.clone())).await {
        Ok(()) => 0,
        Err(failure) => {
            output.failed(&failure);
            failure.exit_code()
        }
    }
}

/// Prints help, which was asked for, or a usage error.
fn usage(error: &clap::Error, terminal: &dyn Terminal) -> u8 {
    let text = error.render().to_string();
    if error.use_stderr() {
        terminal.complain(text.trim_end());
        return failure::USAGE;
    }
    terminal.say(text.trim_end());
    0
}

async fn act(arguments: Arguments, context: ProcessContext, output: Output) -> Result<(), Failure> {
    if let Command::Dev(options) = arguments.command {
        return dev::run(options, arguments.target.json).await;
    }
    let connection = Connection::open(&arguments.target, context, output).await?;
    match arguments.command {
        Command::User(command) => user::run(&connection, command).await,
        Command::Key(command) => key::run(&connection, command).await,
        Command::Session(command) => session::run(&connection, command).await,
        Command::Keys(command) => keys::run(&connection, command).await,
        Command::Import(arguments) => transfer::import(&connection, arguments).await,
        Command::Export(arguments) => transfer::export(&connection, arguments).await,
        Command::Forget(arguments) => forget::run(&connection, arguments).await,
        Command::Doctor => doctor::run(&connection).await,
        // Needs no connection: it is what others connect to.
        Command::Dev(_) => Ok(()),
    }
}

//! The operator's program `latchkey`: users, their keys and sessions, key sets, import and export, and what is wrong with a stack.
//!
//! It works on the tables and key sets themselves, of the local stack and of one in AWS alike ([`connection`]). A command is
//! a module that has its arguments and one function for each subcommand; what it says goes through [`output`], what went wrong
//! is a [`Failure`], which has the exit code, and what was changed is written down by [`journal`].
//!
//! May import `latchkey`; not the local stack, so that installing this program does not build a database.

mod arguments;
pub mod connection;
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
mod session;
pub mod terminal;
pub mod transfer;
mod user;

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Parser;
use latchkey::domain::{SharedClock, SystemClock};
use latchkey::runtime::Environment;

use arguments::{Arguments, Command};
use connection::Connection;
pub use failure::Failure;
use output::Output;
use terminal::{ProcessTerminal, Terminal};

/// What the program has around it; a test has its own.
#[derive(Clone)]
pub struct ProcessContext {
    /// The variables.
    pub environment: Environment,
    /// The folder that it was started in.
    pub directory: PathBuf,
    /// The clock.
    pub clock: SharedClock,
    /// The person, or the script, in front of it.
    pub terminal: Arc<dyn Terminal>,
}

impl ProcessContext {
    /// The context of this process.
    ///
    /// # Errors
    /// If its folder is gone.
    pub fn of_process() -> std::io::Result<Self> {
        Ok(Self {
            environment: Environment::of_process(),
            directory: std::env::current_dir()?,
            clock: Arc::new(SystemClock),
            terminal: Arc::new(ProcessTerminal),
        })
    }
}

/// Does what `arguments` say (the first is the program's name); returns the exit code, which [`Failure`] explains.
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

/// Help is what was asked for; anything else is a mistake.
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
    }
}

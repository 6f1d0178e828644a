//! `make run`: the local stack as a program.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use latchkey_local::console::say;
use latchkey_local::processes::become_guarded;
use latchkey_local::stack::{self, Options};

/// Runs Latchkey on this machine, without an AWS account: the functions' real binaries behind an HTTP API and a DynamoDB.
#[derive(Debug, Parser)]
#[command(args_conflicts_with_subcommands = true)]
struct Arguments {
    /// Port of the HTTP API
    #[arg(long, default_value_t = 9000)]
    port: u16,
    /// Port of `cargo lambda watch`; 0 is a free one
    #[arg(long, default_value_t = 0)]
    lambda_port: u16,
    /// Port of the embedded DynamoDB; 0 is a free one, which stack.json tells
    #[arg(long, default_value_t = 0)]
    dynamodb_port: u16,
    /// Where tables, keys, mails and stack.json are kept
    #[arg(long, default_value = ".local")]
    data_dir: PathBuf,
    /// Let Docker's containers reach the database, the keys and the mail, for `sam local`
    #[arg(long)]
    containers: bool,
    /// Processes of each function at most
    #[arg(long, default_value_t = 4)]
    concurrency: u16,
    /// Don't start functions again when their source changes
    #[arg(long)]
    no_watch: bool,
    /// Answer 429 above the template's request limits, as the deployed API does
    #[arg(long)]
    limits: bool,
    /// What users can do for themselves: the template's parameter SelfService
    #[arg(long, default_value = "sign-up", value_parser = ["none", "recovery", "sign-up"])]
    self_service: String,
    #[command(subcommand)]
    guarded: Option<Guarded>,
}

#[derive(Debug, Subcommand)]
enum Guarded {
    /// How this program starts others
    #[command(hide = true)]
    Guarded {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        command: Vec<OsString>,
    },
}

// The database's calls block their thread for a moment each; there are threads enough for the gateway besides.
#[tokio::main(worker_threads = 8)]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let ended = match arguments.guarded {
        Some(Guarded::Guarded { command }) => become_guarded(&command).map(|never| match never {}),
        None => {
            let Arguments { port, lambda_port, dynamodb_port, data_dir, containers, concurrency, no_watch, limits, self_service, .. } =
                arguments;
            let watch = !no_watch;
            let options = Options { port, lambda_port, dynamodb_port, data_dir, containers, concurrency, watch, limits, self_service };
            stack::run(options).await
        }
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

//! `latchkey dev`: the local stack, which is `latchkey-local`.

use std::path::PathBuf;

use clap::Args;
use latchkey_local::console::Console;
use latchkey_local::stack::{self, Options};

use crate::Failure;

/// How to run the local stack.
#[derive(Clone, Debug, Args)]
pub struct Arguments {
    /// Port of the HTTP API
    #[arg(long, default_value_t = 9000)]
    port: u16,
    /// Port of the embedded DynamoDB; 0 is a free one, which stack.json tells
    #[arg(long, default_value_t = 0)]
    dynamodb_port: u16,
    /// Where tables, keys, mails and stack.json are kept
    #[arg(long, default_value = ".local", value_name = "DIR")]
    data_dir: PathBuf,
    /// Let Docker's containers reach the database, the keys and the mail, for `sam local`
    #[arg(long)]
    containers: bool,
    /// Processes of each function at most
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..))]
    concurrency: u16,
    /// Don't build functions again when their source changes
    #[arg(long)]
    no_watch: bool,
    /// Answer 429 above the template's request limits, as the deployed API does
    #[arg(long)]
    limits: bool,
    /// Origins whose pages may call, separated by commas; `*` is all, and a port `*` is any
    #[arg(long, value_delimiter = ',', default_value = "http://localhost:*", value_name = "ORIGINS")]
    cors_origins: Vec<String>,
    /// Page that links in mails lead to; the sample page, which the stack then serves, by default
    #[arg(long, env = "APP_URL", value_name = "URL")]
    app_url: Option<String>,
    /// What users can do for themselves: the template's parameter SelfService
    #[arg(long, default_value = "sign-up", value_parser = ["none", "recovery", "sign-up"])]
    self_service: String,
}

/// Runs the stack until it is told to stop. With `json` the console is for a machine.
pub async fn run(arguments: Arguments, json: bool) -> Result<(), Failure> {
    let Arguments { port, dynamodb_port, data_dir, containers, concurrency, no_watch, limits, cors_origins, app_url, self_service } =
        arguments;
    let (watch, console) = (!no_watch, Console { json });
    let options =
        Options { port, dynamodb_port, data_dir, containers, concurrency, watch, limits, self_service, app_url, cors_origins, console };
    Ok(stack::run(options).await?)
}

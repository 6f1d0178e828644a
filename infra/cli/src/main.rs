//! `latchkey`: the operator's program.

use std::process::ExitCode;

use latchkey_cli::Surroundings;

#[tokio::main]
async fn main() -> ExitCode {
    let surroundings = match Surroundings::of_process() {
        Ok(surroundings) => surroundings,
        Err(_) => return ExitCode::FAILURE,
    };
    ExitCode::from(latchkey_cli::run(std::env::args_os(), surroundings).await)
}

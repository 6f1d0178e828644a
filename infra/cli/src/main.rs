//! `latchkey`: the operator's program.

use std::process::ExitCode;

use latchkey_cli::ProcessContext;

#[tokio::main]
async fn main() -> ExitCode {
    let context = match ProcessContext::of_process() {
        Ok(context) => context,
        Err(_) => return ExitCode::FAILURE,
    };
    ExitCode::from(latchkey_cli::run(std::env::args_os(), context).await)
}

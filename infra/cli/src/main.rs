//! `latchkey`: the operator's program and the local stack.

use std::process::ExitCode;

use latchkey_cli::ProcessContext;

// The local database's calls block their thread for a moment each; there are threads enough besides.
#[tokio::main(worker_threads = 8)]
async fn main() -> ExitCode {
    let context = match ProcessContext::of_process() {
        Ok(context) => context,
        Err(_) => return ExitCode::FAILURE,
    };
    ExitCode::from(latchkey_cli::run(std::env::args_os(), context).await)
}

//! The `session-get` function.

fn main() -> std::process::ExitCode {
    latchkey::runtime::serve::<session_get::SessionGet>()
}

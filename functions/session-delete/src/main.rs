//! The `session-delete` function.

fn main() -> std::process::ExitCode {
    latchkey::runtime::serve::<session_delete::SessionDelete>()
}

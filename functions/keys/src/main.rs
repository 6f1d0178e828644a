//! The `keys` function.

fn main() -> std::process::ExitCode {
    latchkey::runtime::serve_task::<keys::Keys>()
}

//! The `keys` function.

// Optimised, its futures stand deeper in each other than the compiler goes by itself.
#![recursion_limit = "256"]

fn main() -> std::process::ExitCode {
    latchkey::runtime::serve_task::<keys::Keys>()
}

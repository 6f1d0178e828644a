//! The `mailer` function.

fn main() -> std::process::ExitCode {
    latchkey::runtime::serve_consumer::<mailer::Mailer>()
}

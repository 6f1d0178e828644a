//! The `authorizer` function.

fn main() -> std::process::ExitCode {
    latchkey::runtime::serve_authorizer::<authorizer::Authorizer>()
}

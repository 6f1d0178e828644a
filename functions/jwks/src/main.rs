//! The `jwks` function.

fn main() -> std::process::ExitCode {
    latchkey::runtime::serve::<jwks::Jwks>()
}

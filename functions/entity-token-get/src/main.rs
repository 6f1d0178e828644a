//! The `entity-token-get` function.

fn main() -> std::process::ExitCode {
    latchkey::runtime::serve::<entity_token_get::EntityTokenGet>()
}

//! The `entity-token-update` function.

fn main() -> std::process::ExitCode {
    latchkey::runtime::serve::<entity_token_update::EntityTokenUpdate>()
}

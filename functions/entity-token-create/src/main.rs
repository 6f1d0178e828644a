//! The `entity-token-create` function.

fn main() -> std::process::ExitCode {
    latchkey::runtime::serve::<entity_token_create::EntityTokenCreate>()
}

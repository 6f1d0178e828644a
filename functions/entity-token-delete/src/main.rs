//! The `entity-token-delete` function.

fn main() -> std::process::ExitCode {
    latchkey::runtime::serve::<entity_token_delete::EntityTokenDelete>()
}

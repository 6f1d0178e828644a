//! The `entity-token-refresh` function.

fn main() -> std::process::ExitCode {
    latchkey::runtime::serve::<entity_token_refresh::EntityTokenRefresh>()
}

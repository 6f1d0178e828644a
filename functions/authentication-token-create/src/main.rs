//! The `authentication-token-create` function.

fn main() -> std::process::ExitCode {
    latchkey::runtime::serve::<authentication_token_create::AuthenticationTokenCreate>()
}

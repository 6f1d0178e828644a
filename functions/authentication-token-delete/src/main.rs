//! The `authentication-token-delete` function.

fn main() -> std::process::ExitCode {
    latchkey::runtime::serve::<authentication_token_delete::AuthenticationTokenDelete>()
}

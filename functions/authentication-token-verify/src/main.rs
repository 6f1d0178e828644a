//! The `authentication-token-verify` function.

fn main() -> std::process::ExitCode {
    latchkey::runtime::serve::<authentication_token_verify::AuthenticationTokenVerify>()
}

//! The `authentication-token-exchange` function.

fn main() -> std::process::ExitCode {
    latchkey::runtime::serve::<authentication_token_exchange::AuthenticationTokenExchange>()
}

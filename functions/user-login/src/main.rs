//! The `user-login` function.

fn main() -> std::process::ExitCode {
    latchkey::runtime::serve::<user_login::UserLogin>()
}

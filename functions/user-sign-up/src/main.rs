//! The `user-sign-up` function.

fn main() -> std::process::ExitCode {
    latchkey::runtime::serve::<user_sign_up::UserSignUp>()
}

//! The `user-forgot-password` function.

fn main() -> std::process::ExitCode {
    latchkey::runtime::serve::<user_forgot_password::UserForgotPassword>()
}

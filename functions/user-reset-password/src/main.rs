//! The `user-reset-password` function.

fn main() -> std::process::ExitCode {
    latchkey::runtime::serve::<user_reset_password::UserResetPassword>()
}

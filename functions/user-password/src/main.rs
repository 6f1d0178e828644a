//! The `user-password` function.

fn main() -> std::process::ExitCode {
    latchkey::runtime::serve::<user_password::UserPassword>()
}

//! The `user-email` function.

fn main() -> std::process::ExitCode {
    latchkey::runtime::serve::<user_email::UserEmail>()
}

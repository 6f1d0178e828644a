//! The `user-email-confirm` function.

fn main() -> std::process::ExitCode {
    latchkey::runtime::serve::<user_email_confirm::UserEmailConfirm>()
}

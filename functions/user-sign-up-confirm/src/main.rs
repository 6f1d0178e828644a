//! The `user-sign-up-confirm` function.

fn main() -> std::process::ExitCode {
    latchkey::runtime::serve::<user_sign_up_confirm::UserSignUpConfirm>()
}

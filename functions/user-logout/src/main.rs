//! The `user-logout` function.

fn main() -> std::process::ExitCode {
    latchkey::runtime::serve::<user_logout::UserLogout>()
}

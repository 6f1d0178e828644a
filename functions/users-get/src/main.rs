//! The `users-get` function.

fn main() -> std::process::ExitCode {
    latchkey::runtime::serve::<users_get::UsersGet>()
}

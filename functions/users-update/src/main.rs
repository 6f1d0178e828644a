//! The `users-update` function.

fn main() -> std::process::ExitCode {
    latchkey::runtime::serve::<users_update::UsersUpdate>()
}

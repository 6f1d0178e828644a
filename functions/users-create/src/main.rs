//! The `users-create` function.

fn main() -> std::process::ExitCode {
    latchkey::runtime::serve::<users_create::UsersCreate>()
}

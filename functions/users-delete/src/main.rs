//! The `users-delete` function.

fn main() -> std::process::ExitCode {
    latchkey::runtime::serve::<users_delete::UsersDelete>()
}

//! The `users-list` function.

fn main() -> std::process::ExitCode {
    latchkey::runtime::serve::<users_list::UsersList>()
}

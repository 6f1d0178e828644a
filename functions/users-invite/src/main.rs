//! The `users-invite` function.

fn main() -> std::process::ExitCode {
    latchkey::runtime::serve::<users_invite::UsersInvite>()
}

//! The `user-sessions-list` function.

fn main() -> std::process::ExitCode {
    latchkey::runtime::serve::<user_sessions_list::UserSessionsList>()
}

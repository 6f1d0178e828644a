//! The `user-sessions-end` function.

fn main() -> std::process::ExitCode {
    latchkey::runtime::serve::<user_sessions_end::UserSessionsEnd>()
}

//! The `user-renew` function.

fn main() -> std::process::ExitCode {
    latchkey::runtime::serve::<user_renew::UserRenew>()
}

//! The `authheader-list` function.

fn main() -> std::process::ExitCode {
    latchkey::runtime::serve::<authheader_list::AuthheaderList>()
}

//! The `authheader-add` function.

fn main() -> std::process::ExitCode {
    latchkey::runtime::serve::<authheader_add::AuthheaderAdd>()
}

//! The `authheader-delete` function.

fn main() -> std::process::ExitCode {
    latchkey::runtime::serve::<authheader_delete::AuthheaderDelete>()
}

//! The `introspect` function.

fn main() -> std::process::ExitCode {
    latchkey::runtime::serve::<introspect::Introspect>()
}

//! The `eraser` function.

fn main() -> std::process::ExitCode {
    latchkey::runtime::serve_task::<eraser::Eraser>()
}

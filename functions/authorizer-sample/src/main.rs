//! The `authorizer-sample` function.

fn main() -> std::process::ExitCode {
    latchkey::runtime::serve::<authorizer_sample::AuthorizerSample>()
}

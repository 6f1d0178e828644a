//! The sample page of docs/guides, used in a real browser. It comes from another origin than the API.

use std::path::PathBuf;
use std::process::{Command, Output};

use super::running::Stack;
use crate::house::root;

/// What the browser is called in Debian, in Ubuntu and by Google.
pub(super) const BROWSERS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

#[tokio::test]
#[ignore = "starts the local stack and a browser: `make test` runs it"]
async fn a_browser_signs_up_ends_sessions_and_sets_a_forgotten_password_on_the_sample_page() {
    let Some(browser) = browser() else {
        println!("No browser tried the sample page: there is no {} on the PATH.", BROWSERS.join(", "));
        return;
    };
    let mut stack = Stack::start().await;

    let mut walk = Command::new("node");
    walk.arg("tests/browser/accounts.mjs").current_dir(root());
    walk.env("CHROMIUM", browser).env("LATCHKEY_STACK", stack.folder.join(".local/stack.json"));
    walk.env("PICTURES", concat!(env!("CARGO_TARGET_TMPDIR"), "/accounts"));
    let Output { status, stdout, stderr } = walk.output().unwrap_or_else(|error| panic!("node: {error}. The tests need Node.js 20."));

    let text = format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    assert!(status.success(), "{text}");
    println!("{}", text.trim_end());
    stack.interrupt();
}

/// The browser that is on the PATH.
pub(super) fn browser() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let programs = BROWSERS.iter().flat_map(|name| std::env::split_paths(&path).map(move |folder| folder.join(name)));
    programs.into_iter().find(|program| program.is_file())
}

//! `/docs` in a real browser: the reference, in which operations are called, and the page that a problem's `type` leads to.

use std::process::{Command, Output};

use super::accounts::{BROWSERS, browser};
use super::site::Site;
use crate::house::root;

/// Opens it, authorizes, and calls the login there. Does nothing where there is no browser, and says so.
pub fn can_be_tried_in_a_browser(site: &Site) {
    let Some(browser) = browser() else {
        println!("No browser tried the reference: there is no {} on the PATH.", BROWSERS.join(", "));
        return;
    };
    let mut walk = Command::new("node");
    walk.arg("tests/browser/reference.mjs").current_dir(root());
    walk.env("CHROMIUM", browser).env("LATCHKEY_STACK", site.folder.join(".local/stack.json"));
    walk.env("PICTURES", concat!(env!("CARGO_TARGET_TMPDIR"), "/reference"));
    let Output { status, stdout, stderr } = walk.output().unwrap_or_else(|error| panic!("node: {error}. The tests need Node.js 20."));

    let text = format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    assert!(status.success(), "{text}");
    println!("{}", text.trim_end());
}

//! The tour: commands to paste, taken from docs/tour.md so that they are written once and tested there. Imports nothing of ours.

/// The address that docs/tour.md is written for.
pub const WRITTEN_FOR: &str = "http://127.0.0.1:9000";

/// The `sh` blocks of `page`, one after the other, for the stack at `url`.
#[must_use]
pub fn tour(page: &str, url: &str) -> String {
    let blocks = page.split("\n```sh\n").skip(1).filter_map(|rest| rest.split_once("\n```").map(|(block, _)| block));
    blocks.collect::<Vec<_>>().join("\n\n").replace(WRITTEN_FOR, url)
}

/// One call to begin with, for the stack at `url`: the demo user logs in.
#[must_use]
pub fn first_call(url: &str, username: &str, password: &str) -> String {
    format!("curl -sS {url}/user/login -d '{{\"username\": \"{username}\", \"password\": \"{password}\"}}'")
}

#[cfg(test)]
mod tests {
    use super::{first_call, tour};

    const PAGE: &str = "# x\n\n```sh\ncurl http://127.0.0.1:9000/a\necho\n```\n\nText.\n\n```json\n{}\n```\n\n```sh\nls\n```\n";

    #[test]
    fn the_tour_is_the_shell_blocks_with_this_stacks_address() {
        assert_eq!(tour(PAGE, "http://127.0.0.1:9001"), "curl http://127.0.0.1:9001/a\necho\n\nls");
    }

    #[test]
    fn a_page_without_shell_blocks_has_no_tour() {
        assert_eq!(tour("```json\n{}\n```\n", "http://127.0.0.1:9001"), "");
    }

    #[test]
    fn the_first_call_logs_the_demo_user_in() {
        let call = first_call("http://127.0.0.1:9001", "demo", "secret");

        assert_eq!(call, r#"curl -sS http://127.0.0.1:9001/user/login -d '{"username": "demo", "password": "secret"}'"#);
    }
}

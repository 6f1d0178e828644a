//! The tour: commands to paste, taken from README.md so that they are written once and tested there. Imports nothing of ours.

/// The address that README.md's tour is written for.
pub const WRITTEN_FOR: &str = "http://127.0.0.1:9000";

/// The fenced block between `<!-- tour -->` and `<!-- /tour -->` in `readme`, for the stack at `url`.
#[must_use]
pub fn tour(readme: &str, url: &str) -> Option<String> {
    let (_, rest) = readme.split_once("<!-- tour -->")?;
    let (section, _) = rest.split_once("<!-- /tour -->")?;
    let (_, rest) = section.split_once("```")?;
    // What follows the fence on its line is the language.
    let (_, rest) = rest.split_once('\n')?;
    let (block, _) = rest.split_once("```")?;
    Some(block.trim_end().replace(WRITTEN_FOR, url))
}

#[cfg(test)]
mod tests {
    use super::tour;

    const README: &str = "# x\n<!-- tour -->\nText.\n\n```sh\ncurl http://127.0.0.1:9000/a\necho\n```\n<!-- /tour -->\n```\nno\n```\n";

    #[test]
    fn the_tour_is_the_block_between_the_marks_with_this_stacks_address() {
        assert_eq!(tour(README, "http://127.0.0.1:9001").unwrap(), "curl http://127.0.0.1:9001/a\necho");
    }

    #[test]
    fn a_readme_without_marks_has_no_tour() {
        assert_eq!(tour("```sh\nls\n```", "http://127.0.0.1:9001"), None);
    }
}

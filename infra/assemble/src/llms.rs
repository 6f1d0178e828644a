//! The docs for language models: docs/llms.txt, and docs/llms-full.txt. Imports nothing of ours.
//!
//! The index of the docs is written in the form of llms.txt (a title, a summary, and lists of links with a sentence each), so
//! llms.txt is that page. llms-full.txt holds the pages themselves, but for those of the last list, `Optional`.

use anyhow::Result;

/// The page that lists all others.
pub const INDEX: &str = "docs/index.md";
const OPTIONAL: &str = "\n## Optional\n";

/// llms-full.txt: the summary of `index`, then each Markdown page that it lists and `read` reads, from the project's root.
///
/// # Errors
/// If a page can't be read.
pub fn full(index: &str, read: impl Fn(&str) -> Result<String>) -> Result<String> {
    let (needed, _) = index.split_once(OPTIONAL).unwrap_or((index, ""));
    let (summary, _) = needed.split_once("\n## ").unwrap_or((needed, ""));
    let mut full = format!("{}\n", summary.trim_end());
    for page in linked(needed) {
        let path = format!("docs/{page}");
        full.push_str(&format!("\n---\n\nThe page {path}:\n\n{}\n", without_comments(&read(&path)?).trim()));
    }
    Ok(full)
}

/// The Markdown pages that the lists in `index` name, in their order.
fn linked(index: &str) -> impl Iterator<Item = &str> {
    let items = index.lines().filter(|line| line.starts_with("- ["));
    let targets = items.filter_map(|line| line.split_once("](").and_then(|(_, rest)| rest.split_once(')')).map(|(target, _)| target));
    // Pages outside of docs/ belong to the repository.
    targets.filter(|target| target.ends_with(".md") && !target.starts_with("../"))
}

fn without_comments(text: &str) -> String {
    let mut parts = text.split("<!--");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.split_once("-->").map_or("", |(_, rest)| rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    const INDEX: &str =
        "# X\n\n> About x.\n\n## Start\n\n- [A](a.md): a\n- [The contract](../x.yaml): c\n\n## Optional\n\n- [B](b.md): b\n";

    #[test]
    fn the_full_text_holds_the_pages_of_the_index_but_for_the_optional_ones() {
        let text = full(INDEX, |path| Ok(format!("# {path}\n\n<!-- no -->Text.\n"))).unwrap();

        assert_eq!(text, "# X\n\n> About x.\n\n---\n\nThe page docs/a.md:\n\n# docs/a.md\n\nText.\n");
    }

    #[test]
    fn a_page_that_is_missing_is_an_error() {
        assert!(full(INDEX, |_| anyhow::bail!("gone")).is_err());
    }
}

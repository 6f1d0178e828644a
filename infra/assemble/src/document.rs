//! The assembled parts of a Markdown file. Imports nothing of ours.
//!
//! Such a part stands between two comments. The first one holds the template that the part is rendered from, as in
//! `<!-- assembled: {{ functions | length }} -->23<!-- /assembled -->`; what is in between is overwritten.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

/// What an assembled part begins with.
pub const BEGIN: &str = "<!-- assembled: ";
const SOURCE_ENDS: &str = " -->";
const END: &str = "<!-- /assembled -->";

/// README.md and the pages in `docs`, from the project's root.
pub fn paths(root: &Path) -> Result<Vec<String>> {
    let entries = fs::read_dir(root.join("docs")).context("docs/ can't be read")?;
    let names = entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect::<Result<Vec<_>>>()?;
    let mut pages: Vec<_> = names.into_iter().filter(|name| name.ends_with(".md")).map(|name| format!("docs/{name}")).collect();
    pages.sort();
    pages.insert(0, "README.md".to_owned());
    Ok(pages)
}

/// `text` with its assembled parts as `render` makes them from their templates.
///
/// # Errors
/// If a part has no end, or can't be rendered.
pub fn assemble(text: &str, render: impl Fn(&str) -> Result<String>) -> Result<String> {
    let mut assembled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, part)) = rest.split_once(BEGIN) {
        let (source, part) = part.split_once(SOURCE_ENDS).with_context(|| format!("a part after {BEGIN:?} has no {SOURCE_ENDS:?}"))?;
        let (_, after) = part.split_once(END).with_context(|| format!("the part {source:?} has no {END:?}"))?;
        assembled.extend([before, BEGIN, source, SOURCE_ENDS, &render(source)?, END]);
        rest = after;
    }
    Ok(assembled + rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_overwritten_and_the_rest_kept() {
        let text = "a <!-- assembled: one -->old<!-- /assembled --> b\n<!-- assembled: two --><!-- /assembled -->\n";

        let assembled = assemble(text, |source| Ok(source.to_uppercase())).unwrap();

        assert_eq!(assembled, "a <!-- assembled: one -->ONE<!-- /assembled --> b\n<!-- assembled: two -->TWO<!-- /assembled -->\n");
        assert_eq!(assemble(&assembled, |source| Ok(source.to_uppercase())).unwrap(), assembled);
    }

    #[test]
    fn a_part_without_an_end_is_refused() {
        for text in ["<!-- assembled: one", "<!-- assembled: one --> and no end"] {
            assert!(assemble(text, |_| Ok(String::new())).is_err(), "{text}");
        }
    }
}

//! Where a link of a page leads, when the page is served. Imports nothing of ours.

/// The links of the page whose file is `file`, from the project's root: `docs/guides/magic-links.md`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Links<'f> {
    pub(super) file: &'f str,
}

impl Links<'_> {
    /// Where `link` leads; `None` if it leads to a file that is not served.
    pub(super) fn resolve(&self, link: &str) -> Option<String> {
        let is_elsewhere = link.starts_with(['#', '/']) || link.contains("://") || link.starts_with("mailto:");
        if is_elsewhere {
            return Some(link.to_owned());
        }
        let (path, fragment) = link.split_once('#').map_or((link, None), |(path, fragment)| (path, Some(fragment)));
        let served = served(&self.join(path)?)?;
        Some(fragment.map_or(served.clone(), |fragment| format!("{served}#{fragment}")))
    }

    /// `html` with the links in its attributes resolved; one that leads nowhere stays.
    pub(super) fn resolve_html(&self, html: &str) -> String {
        let mut parts = html.split("=\"");
        let mut resolved = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let is_link = ["href", "src", "srcset"].iter().any(|name| resolved.ends_with(name));
            let (value, rest) = part.split_once('"').unwrap_or((part, ""));
            let link = is_link.then(|| self.resolve(value)).flatten();
            resolved.push_str("=\"");
            match link {
                Some(link) if part.contains('"') => resolved.extend([link.as_str(), "\"", rest]),
                _ => resolved.push_str(part),
            }
        }
        resolved
    }

    /// The file that `path` names beside this page's own.
    fn join(&self, path: &str) -> Option<String> {
        let mut folders: Vec<&str> = self.file.split('/').collect();
        folders.pop();
        for segment in path.split('/') {
            match segment {
                "." => {}
                ".." => drop(folders.pop()?),
                segment => folders.push(segment),
            }
        }
        Some(folders.join("/"))
    }
}

/// The path under which `file` is served.
fn served(file: &str) -> Option<String> {
    match file {
        "README.md" => Some("/docs/README".to_owned()),
        "infra/openapi.yaml" | "openapi.yaml" => Some("/docs".to_owned()),
        file => file.strip_prefix("docs/").map(|page| format!("/docs/{}", page.strip_suffix(".md").unwrap_or(page))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(file: &str, link: &str) -> Option<String> {
        Links { file }.resolve(link)
    }

    #[test]
    fn links_between_pages_lead_to_pages() {
        for (file, link, leads_to) in [
            ("docs/errors.md", "closed-origin.md", "/docs/closed-origin"),
            ("docs/errors.md", "operations.md#5xx", "/docs/operations#5xx"),
            ("docs/errors.md", "guides/magic-links.md", "/docs/guides/magic-links"),
            ("docs/guides/magic-links.md", "../concepts.md#what", "/docs/concepts#what"),
            ("docs/guides/magic-links.md", "./moving-in.md", "/docs/guides/moving-in"),
            ("docs/errors.md", "../README.md", "/docs/README"),
            ("docs/errors.md", "../infra/openapi.yaml", "/docs"),
            ("docs/performance.md", "performance.svg", "/docs/performance.svg"),
            ("README.md", "docs/concepts.svg", "/docs/concepts.svg"),
            ("README.md", "#start", "#start"),
            ("README.md", "https://example.com/a.md", "https://example.com/a.md"),
        ] {
            assert_eq!(resolved(file, link).as_deref(), Some(leads_to), "{link} in {file}");
        }
    }

    #[test]
    fn a_link_to_a_file_that_is_not_served_leads_nowhere() {
        for link in ["../template.yaml", "../shared/src/lib.rs", "../../etc/passwd", "../CHANGELOG.md"] {
            assert_eq!(resolved("docs/errors.md", link), None, "{link}");
        }
    }

    #[test]
    fn links_in_html_are_resolved_and_the_rest_stays() {
        let html = r#"<picture><source srcset="docs/a.svg" media="(x)"><img src="docs/b.svg" alt="docs/b.svg"></picture><a id="x"></a>"#;

        let resolved = Links { file: "README.md" }.resolve_html(html);

        assert_eq!(resolved, html.replace(r#"srcset="docs"#, r#"srcset="/docs"#).replace(r#"src="docs"#, r#"src="/docs"#));
        assert_eq!(Links { file: "README.md" }.resolve_html(r#"a < b, src="cut"#), r#"a < b, src="cut"#);
    }
}

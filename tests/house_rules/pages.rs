//! The pages that people read: each link and anchor leads somewhere, prose wraps at 120 columns, each block of code parses, the
//! README stays short, and docs/llms.txt holds what is there.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Component, Path, PathBuf};
use std::process::Command;

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

use crate::house::{http_file, root};

/// The longest line of prose, in characters.
const MAX_COLUMNS: usize = 120;

const MAX_README_LINES: usize = 150;

/// What is read of a page.
struct Page {
    /// From the project's root.
    path: PathBuf,
    text: String,
    /// The anchors of its headings, as GitHub makes them.
    anchors: BTreeSet<String>,
    /// Where its links and pictures lead.
    links: Vec<String>,
    /// Language and text of each block of code.
    blocks: Vec<(String, String)>,
    /// Where it has something else than prose: code, tables, comments and tags.
    other: Vec<Range<usize>>,
}

impl Page {
    fn read(path: PathBuf) -> Self {
        let text = std::fs::read_to_string(root().join(&path)).unwrap();
        let mut page = Self {
            path,
            text: text.clone(),
            anchors: BTreeSet::new(),
            links: Vec::new(),
            blocks: Vec::new(),
            other: written_by_programs(&text),
        };
        let (mut heading, mut code, mut seen) = (None::<String>, None::<(String, String)>, BTreeMap::<String, usize>::new());
        for (event, range) in Parser::new_ext(&text, Options::ENABLE_TABLES).into_offset_iter() {
            match event {
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::End(TagEnd::Heading(_)) => {
                    let anchor = anchor(&heading.take().unwrap());
                    let count = seen.entry(anchor.clone()).and_modify(|count| *count += 1).or_default();
                    page.anchors.insert(if *count == 0 { anchor } else { format!("{anchor}-{count}") });
                }
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => page.links.push(dest_url.into_string()),
                Event::Start(Tag::Table(_)) => page.other.push(range),
                Event::Start(Tag::CodeBlock(kind)) => {
                    page.other.push(range);
                    let language = if let CodeBlockKind::Fenced(language) = kind { language.into_string() } else { String::new() };
                    code = Some((language, String::new()));
                }
                Event::End(TagEnd::CodeBlock) => page.blocks.extend(code.take()),
                Event::Html(html) | Event::InlineHtml(html) => {
                    page.links.extend(sources(&html));
                    page.other.push(range);
                }
                Event::Text(piece) | Event::Code(piece) => {
                    for text in [heading.as_mut(), code.as_mut().map(|(_, text)| text)].into_iter().flatten() {
                        text.push_str(&piece);
                    }
                }
                _ => {}
            }
        }
        page
    }

    /// The lines of prose that are too long, with their numbers.
    fn long_lines(&self) -> Vec<(usize, &str)> {
        let mut start = 0;
        let mut long = Vec::new();
        for (number, line) in self.text.split_inclusive('\n').enumerate() {
            let is_prose = !self.other.iter().any(|range| range.contains(&start));
            if is_prose && without_addresses(line.trim_end()).chars().count() > MAX_COLUMNS {
                long.push((number + 1, line));
            }
            start += line.len();
        }
        long
    }
}

/// What stands between `<!-- name … -->` and `<!-- /name -->`.
fn written_by_programs(text: &str) -> Vec<Range<usize>> {
    let ends = text.match_indices("<!-- /");
    ends.filter_map(|(end, rest)| {
        let name = text[end + rest.len()..].split(' ').next()?;
        let start = text[..end].rfind(&format!("<!-- {name}"))?;
        Some(start..end)
    })
    .collect()
}

/// The addresses in tags: `src`, `srcset` and `href`.
fn sources(html: &str) -> impl Iterator<Item = String> + '_ {
    let after = ["src=\"", "srcset=\"", "href=\""].into_iter().flat_map(|name| html.split(name).skip(1));
    after.filter_map(|rest| rest.split('"').next().map(str::to_owned))
}

/// `line` without what stands in the round brackets of its links, which nothing can wrap.
fn without_addresses(line: &str) -> String {
    let mut parts = line.split("](");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |line, part| line + "](" + part.split_once(')').map_or("", |(_, rest)| rest))
}

/// The anchor that GitHub gives a heading.
fn anchor(heading: &str) -> String {
    let kept = heading.to_lowercase();
    let kept = kept.chars().filter(|letter| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_'));
    kept.map(|letter| if letter == ' ' { '-' } else { letter }).collect()
}

fn is_page(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "md")
}

/// Adds the Markdown files below `folder`, from the project's root.
fn collect_pages(folder: &Path, found: &mut BTreeSet<PathBuf>) {
    for entry in std::fs::read_dir(root().join(folder)).unwrap() {
        let entry = entry.unwrap();
        let path = folder.join(entry.file_name());
        if entry.path().is_dir() {
            collect_pages(&path, found);
        } else if is_page(&path) {
            found.insert(path);
        }
    }
}

/// The pages that are ours, by path.
fn pages() -> BTreeMap<PathBuf, Page> {
    let mut paths: BTreeSet<PathBuf> = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"].map(PathBuf::from).into();
    collect_pages(Path::new("docs"), &mut paths);
    for client in std::fs::read_dir(root().join("clients")).unwrap() {
        let readme = Path::new("clients").join(client.unwrap().file_name()).join("README.md");
        paths.extend(root().join(&readme).exists().then_some(readme));
    }
    paths.into_iter().map(|path| (path.clone(), Page::read(path))).collect()
}

/// `path` without `.` and `..`.
fn resolved(path: &Path) -> PathBuf {
    let mut resolved = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => drop(resolved.pop()),
            Component::CurDir => {}
            other => resolved.push(other),
        }
    }
    resolved
}

/// Why `link` of `page` leads nowhere.
fn fault(page: &Page, link: &str, pages: &BTreeMap<PathBuf, Page>) -> Option<String> {
    let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
    let target = if path.is_empty() { page.path.clone() } else { resolved(&page.path.parent().unwrap().join(path)) };
    if !root().join(&target).exists() {
        return Some(format!("{}: {link}: there is no such file", page.path.display()));
    }
    let is_there = anchor.is_empty() || pages.get(&target).is_none_or(|target| target.anchors.contains(anchor));
    (!is_there).then(|| format!("{}: {link}: there is no such heading", page.path.display()))
}

#[test]
fn every_link_leads_to_a_file_and_a_heading() {
    let pages = pages();
    let (mut faults, mut checked) = (Vec::new(), 0);

    for page in pages.values() {
        for link in page.links.iter().filter(|link| !link.starts_with("https://") && !link.starts_with("http://")) {
            faults.extend(fault(page, link, &pages));
            checked += 1;
        }
    }

    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(checked > 300, "{checked}");
}

#[test]
fn every_page_of_the_docs_is_reached_by_a_link() {
    let pages = pages();
    let linked: BTreeSet<PathBuf> = pages
        .values()
        .flat_map(|page| page.links.iter().map(|link| resolved(&page.path.parent().unwrap().join(link.split('#').next().unwrap()))))
        .collect();

    let lost: Vec<_> = pages.keys().filter(|path| path.starts_with("docs") && !linked.contains(*path)).collect();

    assert!(lost.is_empty(), "{lost:?}");
}

#[test]
fn prose_wraps_at_120_columns() {
    let pages = pages();

    let long: Vec<_> = pages
        .values()
        .flat_map(|page| {
            page.long_lines().into_iter().map(|(number, line)| format!("{}:{number}: {}", page.path.display(), line.trim_end()))
        })
        .collect();

    assert!(long.is_empty(), "{}", long.join("\n"));
}

#[test]
fn the_readme_is_read_in_one_sitting() {
    let lines = std::fs::read_to_string(root().join("README.md")).unwrap().lines().count();

    assert!(lines <= MAX_README_LINES, "{lines} lines");
}

/// Blocks in other languages are tried elsewhere: TypeScript, JavaScript and Python by the tests of the clients, the tour by
/// `crate::stack`.
#[test]
fn every_block_of_code_parses() {
    let pages = pages();
    let (mut faults, mut parsed) = (Vec::new(), 0);

    for page in pages.values() {
        for (language, block) in &page.blocks {
            let error = match language.as_str() {
                "json" => serde_json::from_str::<serde_json::Value>(block).err().map(|error| error.to_string()),
                "yaml" => latchkey_local::yaml::parse(block).err().map(|error| format!("{error:#}")),
                "sh" => shell_fault(block),
                "http" => http_file::parse(&format!("\n{block}")).err(),
                _ => continue,
            };
            faults.extend(error.map(|error| format!("{}: {error}\n{block}", page.path.display())));
            parsed += 1;
        }
    }

    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(parsed > 50, "{parsed}");
    let tour = http_file::parse(&std::fs::read_to_string(root().join("docs/tour.http")).unwrap()).unwrap();
    assert!(tour.requests.len() > 15, "{tour:?}");
}

/// What bash has against `script`.
fn shell_fault(script: &str) -> Option<String> {
    let output = Command::new("bash").args(["-n", "-c", script]).output().unwrap();
    (!output.status.success()).then(|| String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn an_anchor_is_made_as_github_makes_it() {
    assert_eq!(anchor("What a 503 means"), "what-a-503-means");
    assert_eq!(anchor("`sam local`, and Docker's"), "sam-local-and-dockers");
}

#[test]
fn a_link_that_leads_nowhere_is_found() {
    let pages = pages();
    let page = &pages[Path::new("docs/concepts.md")];

    assert!(fault(page, "jwt.md#claims", &pages).is_none());
    assert!(fault(page, "jwt.md#no-such-heading", &pages).is_some());
    assert!(fault(page, "no-such-page.md", &pages).is_some());
    assert!(fault(page, "#credentials", &pages).is_none());
    assert!(fault(page, "../README.md", &pages).is_none());
}

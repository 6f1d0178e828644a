//! The tests and log lines that the docs name exist, and the section "Standards" of docs/security.md says nothing that no test and no
//! reason bears out.

use std::collections::BTreeSet;
use std::path::Path;

use super::source;
use crate::house::root;

/// What a row of the standards can say.
const VERDICTS: [&str; 4] = ["kept", "by design", "not kept", "does not apply"];

/// How many requirements ASVS 5.0.0 has in each chapter that is scored. Of V10 the sections are scored.
const ASVS: [(&str, usize); 9] =
    [("6.", 47), ("7.", 19), ("8.", 13), ("9.", 7), ("10.", 7), ("11.", 24), ("13.", 21), ("14.", 13), ("16.", 17)];

/// Adds the name of every `fn` in the Rust sources below `folder`.
fn collect_functions(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            // Neither what a build leaves nor packages that tests install.
            if !path.ends_with("target") && !path.ends_with("node_modules") {
                collect_functions(&path, found);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            let names = text.split("fn ").skip(1).filter_map(|rest| rest.split(|letter: char| !is_of_a_name(letter)).next());
            found.extend(names.map(str::to_owned));
        }
    }
}

fn is_of_a_name(letter: char) -> bool {
    matches!(letter, 'a'..='z' | '0'..='9' | '_')
}

/// What stands in backticks in `line` and is named as tests are: a sentence of four words or more.
fn named_tests(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2).filter(|word| word.matches('_').count() >= 3 && word.chars().all(is_of_a_name))
}

fn security() -> String {
    std::fs::read_to_string(root().join("docs/security.md")).unwrap()
}

/// The last section of docs/security.md.
fn standards(security: &str) -> &str {
    let (_, section) = security.split_once("\n## Standards\n").unwrap();
    assert!(!section.contains("\n## "), "Standards is not the last section");
    section
}

/// The rows of `text` that begin with a requirement's number: number, requirement, verdict, and what bears it out.
fn rows(text: &str) -> Vec<[&str; 4]> {
    let rows = text.lines().filter_map(|line| line.strip_prefix("| ").filter(|row| row.starts_with(|first: char| first.is_ascii_digit())));
    rows.map(|row| {
        let cells: Vec<&str> = row.trim_end_matches('|').split(" | ").map(str::trim).collect();
        cells.try_into().unwrap_or_else(|cells: Vec<&str>| panic!("not four cells: {cells:?}"))
    })
    .collect()
}

#[test]
fn every_test_that_the_docs_name_exists() {
    let mut functions = BTreeSet::new();
    for folder in ["functions", "infra", "shared", "tests"] {
        collect_functions(&root().join(folder), &mut functions);
    }
    let pages = std::fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let mut named = 0;

    for page in pages.filter(|path| path.extension().is_some_and(|extension| extension == "md")) {
        for test in std::fs::read_to_string(&page).unwrap().lines().flat_map(named_tests) {
            assert!(functions.contains(test), "{} names {test}, which does not exist", page.display());
            named += 1;
        }
    }
    assert!(named > 100, "{named}");
}

/// Alarms and queries are written by this table, so a line that is reworded has to be found in it. What `LOG_LEVEL=DEBUG` adds is for who
/// reads the code.
#[test]
fn the_table_of_log_lines_has_every_line_of_the_functions() {
    let functions = std::fs::read_dir(root().join("functions")).unwrap().map(|entry| entry.unwrap().path());
    let crates = functions.chain([root().join("shared")]).flat_map(|folder| source::modules(&folder.join("src/lib.rs")));
    let logged: BTreeSet<_> = crates.flat_map(|module| module.logged).filter(|(level, _)| level != "DEBUG").collect();

    let page = std::fs::read_to_string(root().join("docs/operations.md")).unwrap();
    let mut named = BTreeSet::new();
    for (level, rest) in page.lines().filter_map(|line| line.strip_prefix("| ")?.split_once(" | ")) {
        if ["INFO", "WARN", "ERROR"].contains(&level) {
            let messages = rest.split('|').next().unwrap();
            named.extend(messages.split('`').skip(1).step_by(2).map(|message| (level.to_owned(), message.to_owned())));
        }
    }
    assert_eq!(named, logged);
}

#[test]
fn every_row_of_the_standards_has_a_verdict_and_every_kept_one_a_test() {
    let security = security();
    let rows = rows(standards(&security));

    assert!(rows.len() > 250, "{}", rows.len());
    for [number, requirement, verdict, reason] in rows {
        assert!(VERDICTS.contains(&verdict), "{number} is {verdict:?}");
        assert!(!requirement.is_empty() && !reason.is_empty(), "{number} says nothing");
        assert!(verdict != "kept" || named_tests(reason).next().is_some(), "{number} is kept by no test");
        assert!(!reason.contains("TODO"), "{number} is not done");
    }
}

#[test]
fn the_standards_leave_out_no_requirement_of_a_chapter() {
    let security = security();
    let (_, asvs) = standards(&security).split_once("\n### ASVS 5.0\n").unwrap();
    let (asvs, _) = asvs.split_once("\n### ").unwrap();
    let numbers: BTreeSet<&str> = rows(asvs).into_iter().filter_map(|[number, ..]| number.split(' ').next()).collect();

    for (chapter, requirements) in ASVS {
        let scored: Vec<_> = numbers.iter().filter(|number| number.starts_with(chapter)).collect();
        assert_eq!(scored.len(), requirements, "{scored:?}");
    }
    assert_eq!(numbers.len(), ASVS.iter().map(|(_, requirements)| requirements).sum::<usize>());
}

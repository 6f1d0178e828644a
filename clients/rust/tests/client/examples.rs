//! The pages show examples that are compiled as documentation of the sources.

use std::path::Path;

fn read(file: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap()
}

/// The blocks of `text` that begin with `fence`, without the lines that documentation hides.
fn blocks(text: &str, fence: &str) -> Vec<String> {
    let blocks = text.split(fence).skip(1).map(|rest| rest.split("```").next().unwrap());
    blocks.map(|block| block.lines().filter(|line| !line.starts_with("# ")).collect::<Vec<_>>().join("\n").trim().to_owned()).collect()
}

fn uncommented(line: &str) -> String {
    let line = line.trim_start_matches(['/', '!']);
    line.strip_prefix(' ').unwrap_or(line).to_owned()
}

#[test]
fn every_example_of_the_pages_is_compiled() {
    let documented: Vec<_> = ["src/axum.rs", "src/guard.rs", "src/lib.rs"]
        .iter()
        .flat_map(|file| {
            let comments = read(file).lines().map(uncommented).collect::<Vec<_>>();
            blocks(&comments.join("\n"), "```no_run\n")
        })
        .collect();
    let shown: Vec<_> = ["README.md", "../../docs/clients.md"].iter().flat_map(|page| blocks(&read(page), "```rust\n")).collect();

    for example in &shown {
        assert!(documented.contains(example), "{example}");
    }
    assert!(shown.len() > 3);
}

#[test]
fn a_route_of_axum_is_protected_in_six_lines() {
    let shown = blocks(&read("README.md"), "```rust\n");

    assert_eq!(shown[0].lines().filter(|line| !line.is_empty()).count(), 6);
}

//! The README shows the example of the module `axum`, which is compiled as its documentation.

use std::path::Path;

#[test]
fn the_readme_shows_the_example_that_is_compiled() {
    let read = |file: &str| std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
    let (source, readme) = (read("src/axum.rs"), read("README.md"));
    let documented = source.lines().map_while(|line| line.strip_prefix("//!")).map(|line| line.strip_prefix(' ').unwrap_or(line));

    let compiled = documented.skip_while(|line| *line != "```no_run").skip(1).take_while(|line| *line != "```");
    let compiled: Vec<_> = compiled.filter(|line| !line.starts_with("# ")).collect();
    let shown: Vec<_> = readme.lines().skip_while(|line| *line != "```rust").skip(1).take_while(|line| *line != "```").collect();

    assert_eq!(shown, compiled);
    assert_eq!(shown.iter().filter(|line| !line.is_empty()).count(), 6);
}

//! Who may import whom (docs/architecture.md): checked over the `use` lines and paths, so that it can't decay.

use std::path::{Path, PathBuf};

use crate::house::root;

pub fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

/// The code of a file above its tests, without comments.
fn code(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap();
    let above = text.split("#[cfg(test)]").next().unwrap().to_owned();
    above.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

#[test]
fn modules_of_shared_import_only_what_their_rank_allows() {
    let ranks: [(&str, &[&str]); 7] = [
        ("domain", &[]),
        ("credentials", &["domain"]),
        ("store", &["domain"]),
        ("audit", &["domain"]),
        ("caller", &["domain", "audit", "credentials", "store"]),
        ("http", &["domain", "audit", "credentials", "store", "caller"]),
        ("runtime", &["domain", "audit", "credentials", "store", "caller", "http"]),
    ];
    for (module, allowed) in ranks {
        for path in sources(&root().join("shared/src").join(module)) {
            for imported in code(&path).split("crate::").skip(1).map(|rest| rest.split([':', ';', ' ', ')', ',']).next().unwrap()) {
                assert!(imported == module || allowed.contains(&imported), "{} imports {imported}", path.display());
            }
        }
    }
}

#[test]
fn the_pure_modules_know_neither_aws_nor_lambda() {
    for module in ["domain", "audit", "credentials", "caller", "http"] {
        for path in sources(&root().join("shared/src").join(module)) {
            let code = code(&path);
            for foreign in ["aws_sdk", "aws_config", "aws_smithy", "lambda_", "std::env", "tokio::"] {
                assert!(!code.contains(foreign), "{} knows {foreign}", path.display());
            }
        }
    }
}

#[test]
fn a_function_knows_shared_only() {
    for entry in std::fs::read_dir(root().join("functions")).unwrap() {
        let folder = entry.unwrap().path();
        let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).unwrap();
        let dependencies = manifest.split("[dependencies]").nth(1).unwrap().split("[lints]").next().unwrap();
        for line in dependencies.lines().filter(|line| !line.is_empty()) {
            let name = line.split('.').next().unwrap();
            assert!(["futures-util", "http", "latchkey", "serde", "tracing"].contains(&name), "{} depends on {name}", folder.display());
        }
        let main = std::fs::read_to_string(folder.join("src/main.rs")).unwrap();
        assert_eq!(main.lines().filter(|line| !line.is_empty() && !line.starts_with("//")).count(), 3, "{}", folder.display());
    }
}

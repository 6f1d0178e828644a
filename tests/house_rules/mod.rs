//! Who may import whom (docs/architecture.md): checked over every path in the sources, so that it can't decay.

mod docs;
mod pages;
mod source;

use std::collections::{BTreeMap, BTreeSet};

use crate::house::root;
use source::Module;

/// The modules of shared by their layer.
fn layers() -> BTreeMap<String, Vec<Module>> {
    let mut layers = BTreeMap::<_, Vec<_>>::new();
    for module in source::modules(&root().join("shared/src/lib.rs")) {
        if let Some(layer) = module.place.first() {
            layers.entry(layer.clone()).or_default().push(module);
        }
    }
    layers
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
    let layers = layers();
    assert_eq!(layers.keys().map(String::as_str).collect::<BTreeSet<_>>(), ranks.iter().map(|(layer, _)| *layer).collect());
    for (layer, allowed) in ranks {
        for module in &layers[layer] {
            for name in module.names.iter().filter(|name| name[0] == "crate") {
                let imported = name.get(1).map_or("the crate's root", String::as_str);
                assert!(imported == layer || allowed.contains(&imported), "{} imports {}", module.file.display(), name.join("::"));
            }
        }
    }
}

#[test]
fn the_pure_modules_know_neither_aws_nor_lambda() {
    let layers = layers();
    for layer in ["domain", "audit", "credentials", "caller", "http"] {
        for module in &layers[layer] {
            for name in module.names.iter().map(|name| name.join("::")) {
                let foreign =
                    ["aws_sdk", "aws_config", "aws_smithy", "lambda_", "std::env", "tokio"].iter().any(|start| name.starts_with(start));
                assert!(!foreign, "{} knows {name}", module.file.display());
            }
        }
    }
}

/// An operation is read in one go.
const MAX_HANDLE_LINES: usize = 40;

#[test]
fn no_handle_is_longer_than_a_screen() {
    let mut handles = 0;
    for folder in std::fs::read_dir(root().join("functions")).unwrap() {
        let path = folder.unwrap().path().join("src/lib.rs");
        let text = std::fs::read_to_string(&path).unwrap();
        let Some((_, rest)) = text.split_once("    async fn handle(") else { continue };
        let lines = 1 + rest.lines().position(|line| line == "    }").unwrap();
        assert!(lines <= MAX_HANDLE_LINES, "{}: {lines} lines", path.display());
        handles += 1;
    }
    assert!(handles > 15);
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

/// They are released together; the archive takes the packages of its own version.
#[test]
fn the_contract_and_the_clients_have_the_version_of_the_workspace() {
    let version = concat!("version = \"", env!("CARGO_PKG_VERSION"), "\"");
    let read = |file: &str| std::fs::read_to_string(root().join(file)).unwrap();
    assert!(read("Cargo.toml").contains(version));
    assert!(read("clients/python/pyproject.toml").contains(version));
    assert!(read("clients/typescript/package.json").contains(concat!("\"version\": \"", env!("CARGO_PKG_VERSION"), "\"")));
    assert!(read("infra/openapi.yaml").contains(concat!("\n  version: ", env!("CARGO_PKG_VERSION"), "\n")));
}

/// AWS-LC's generator is seeded by the operating system, not by 30 ms of CPU jitter (`.cargo/config.toml`). This binary links the same
/// library as the functions, and still has its symbols.
#[test]
fn aws_lc_is_built_without_jitter_entropy() {
    let binary = std::fs::read(std::env::current_exe().unwrap()).unwrap();
    // Put together at run time, so that the texts of this test are not what it finds.
    let holds = |parts: [&str; 2]| {
        let symbol = parts.join("_");
        binary.windows(symbol.len()).any(|window| window == symbol.as_bytes())
    };

    assert!(holds(["vm_ube", "fallback_get_seed"]), "the symbols of AWS-LC are not in this binary, so this test would see nothing");
    assert!(!holds(["jent", "entropy_collector_alloc"]));
}

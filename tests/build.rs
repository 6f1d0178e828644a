//! Lists the operations for the tests: one module for each folder under `functions`, so that a new operation needs no line here.
//!
//! The modules of a function name each other by `super::`, since `crate::` is the tests here.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, error, fs};

fn main() -> Result<(), Box<dyn error::Error>> {
    // As it is now, not as it was where this program was compiled: checkouts may share one target directory.
    let here = env::var_os("CARGO_MANIFEST_DIR").ok_or("cargo gives CARGO_MANIFEST_DIR")?;
    let functions = Path::new(&here).join("../functions").canonicalize()?;
    println!("cargo::rerun-if-changed={}", functions.display());

    let mut folders = fs::read_dir(&functions)?.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>, std::io::Error>>()?;
    folders.sort();
    let (mut modules, mut suites) = (String::new(), String::new());
    for folder in folders {
        let name = folder.file_name().and_then(|name| name.to_str()).ok_or("a folder's name is not UTF-8")?;
        let (module, kind) = (name.replace('-', "_"), pascal_case(name));
        writeln!(modules, "#[path = {:?}]\n#[allow(dead_code)]\nmod {module};\npub use {module}::{kind};", folder.join("src/lib.rs"))?;
        let entry = folder.join("src/main.rs");
        let entry = fs::read_to_string(&entry).map_err(|error| format!("{}: {error}", entry.display()))?;
        // The others are `serve_authorizer`, which no route leads to, and `serve_task`.
        if entry.contains("runtime::serve::<") {
            writeln!(suites, "        $suite!($crate::operations::{kind});")?;
        }
    }

    let mut text = modules;
    writeln!(text, "/// Runs `$suite!(Type)` for each operation of the API.")?;
    writeln!(text, "macro_rules! each_operation {{\n    ($suite:ident) => {{\n{suites}    }};\n}}\npub(crate) use each_operation;")?;
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo gives OUT_DIR")?);
    fs::write(out.join("operations.rs"), text)?;
    Ok(())
}

/// `EntityTokenGet` for `entity-token-get`.
fn pascal_case(name: &str) -> String {
    let capitalized = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect::<String>()
    };
    name.split('-').map(capitalized).collect()
}

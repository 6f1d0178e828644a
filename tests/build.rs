//! Lists the operations for the tests: one module for each folder under `functions`, so that a new operation needs no line here.
//!
//! What a folder holds is read from its `main.rs`: `serve` is an operation of the API, `serve_authorizer` the authorizer,
//! `serve_task` a task.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, error, fs};

fn main() -> Result<(), Box<dyn error::Error>> {
    let functions = Path::new(env!("CARGO_MANIFEST_DIR")).join("../functions").canonicalize()?;
    println!("cargo::rerun-if-changed={}", functions.display());

    let mut folders = fs::read_dir(&functions)?.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>, std::io::Error>>()?;
    folders.sort();
    let (mut modules, mut suites) = (String::new(), String::new());
    for folder in folders {
        let name = folder.file_name().and_then(|name| name.to_str()).ok_or("a folder's name is not UTF-8")?;
        let (module, kind) = (name.replace('-', "_"), pascal_case(name));
        writeln!(modules, "#[path = {:?}]\n#[allow(dead_code)]\nmod {module};\npub use {module}::{kind};", folder.join("src/lib.rs"))?;
        if fs::read_to_string(folder.join("src/main.rs"))?.contains("runtime::serve::<") {
            writeln!(suites, "        $suite!($crate::operations::{kind});")?;
        }
    }
    let each = format!(
        "/// Runs `$suite!(Type)` for each operation of the API.\nmacro_rules! each_operation {{\n    ($suite:ident) => {{\n{suites}    }};\n}}\npub(crate) use each_operation;\n"
    );
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo gives OUT_DIR")?);
    fs::write(out.join("operations.rs"), modules + &each)?;
    Ok(())
}

/// `EntityTokenGet` for `entity-token-get`.
fn pascal_case(name: &str) -> String {
    name.split('-')
        .flat_map(|word| word.chars().enumerate().map(|(at, letter)| if at == 0 { letter.to_ascii_uppercase() } else { letter }))
        .collect()
}

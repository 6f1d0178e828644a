//! Clients that others generate from the contract: they compile, import, and take the tour's request bodies.

use std::process::Command;

use crate::house::root;
use crate::stack::python::python;

fn run(command: &mut Command) {
    let output =
        command.output().unwrap_or_else(|error| panic!("{command:?}: {error}. The tests need Node.js 20 and Python 3.11 or newer."));
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}\n{text}");
}

#[test]
#[ignore = "needs Node: `make test` runs it"]
fn what_openapi_typescript_generates_compiles_and_types_the_calls_of_the_readme() {
    let npm = |arguments: &[&str]| run(Command::new("npm").args(arguments).current_dir(root().join("tests/contract/generated")));

    npm(&["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
    npm(&["exec", "--", "openapi-typescript", "../../../infra/openapi.yaml", "--output", "contract.d.ts"]);
    npm(&["exec", "--", "tsc", "--project", "."]);
}

#[test]
#[ignore = "needs Python: `make test` runs it"]
fn what_openapi_python_client_generates_imports_and_takes_the_bodies_of_the_readme() {
    let python = python("generated-venv", "tests/contract/generated/requirements.txt");
    let folder = root().join("target/generated-python");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();

    let mut generate = Command::new(python.with_file_name("openapi-python-client"));
    generate.args(["generate", "--meta", "none", "--fail-on-warning", "--path"]).arg(root().join("infra/openapi.yaml"));
    // It formats with ruff, which it looks for in the PATH.
    let path = std::env::join_paths(
        [python.parent().unwrap().to_owned()].into_iter().chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())),
    );
    run(generate.arg("--output-path").arg(folder.join("client")).env("PATH", path.unwrap()));
    run(Command::new(python).arg(root().join("tests/contract/generated/imports.py")).arg(&folder));
}

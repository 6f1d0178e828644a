//! Python programs of the tests, each in an environment of its own that is made once.

use std::path::PathBuf;
use std::process::Command;

use crate::house::root;

/// The Python of the environment `name` under `target`, with what `requirements` names, a path in this project. pip takes no file whose hash
/// is not listed there, and builds none.
pub fn python(name: &str, requirements: &str) -> PathBuf {
    let (wanted, environment) = (root().join(requirements), root().join("target").join(name));
    let (made, wanted_text) = (environment.join("requirements.txt"), std::fs::read_to_string(&wanted).unwrap());
    let python = environment.join("bin/python");
    if std::fs::read_to_string(&made).ok().as_ref() != Some(&wanted_text) {
        run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&environment));
        let install =
            ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "--no-deps", "--only-binary", ":all:"];
        run(Command::new(&python).args(install).arg("--requirement").arg(&wanted));
        std::fs::write(made, wanted_text).unwrap();
    }
    python
}

fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}. The tests need Python."));
    assert!(output.status.success(), "{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
}

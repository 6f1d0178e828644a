//! schemathesis, with all its checks, against the real binaries.

use std::process::Command;

use crate::house::root;
use crate::stack::python::python;
use crate::stack::running::Stack;

/// For how long it may try.
const SECONDS: u32 = 240;

/// The same at each run, so that a failure can be repeated; LATCHKEY_TEST_SEED is another.
const SEED: &str = "20300317";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts the local stack: `make test-contract` runs it"]
async fn schemathesis_finds_nothing_that_the_contract_does_not_say() {
    let mut stack = Stack::start().await;
    let folder = root().join("tests/contract/schemathesis");
    let python = python("schemathesis-venv", "tests/contract/schemathesis/requirements.txt");
    let seed = std::env::var_os("LATCHKEY_TEST_SEED").map_or(SEED.to_owned(), |seed| seed.into_string().unwrap());
    println!("schemathesis with the seed {seed}");

    let mut schemathesis = Command::new(python.with_file_name("schemathesis"));
    schemathesis.args(["--config-file", "schemathesis.toml", "run", "--checks", "all", "--seed", &seed, "--no-color"]);
    schemathesis.args(["--max-time", &SECONDS.to_string(), "--url", &stack.url]).arg(root().join("infra/openapi.yaml"));
    let stack_file = stack.folder.join(".local/stack.json");
    let status = schemathesis.current_dir(folder).env("LATCHKEY_STACK", stack_file).status().unwrap();

    assert!(status.success());
    stack.interrupt();
}

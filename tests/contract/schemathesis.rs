//! schemathesis, with all its checks, against the real binaries.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use crate::house::root;
use crate::stack::python::python;
use crate::stack::running::Stack;

/// For how long it may try.
const SECONDS: u32 = 240;

/// The same at each run, so that a failure can be repeated; LATCHKEY_TEST_SEED is another.
const SEED: &str = "20300317";

/// Operations that succeed with good credentials and whatever schemathesis makes up. If one never does, the credentials are not good.
const SUCCEED: [&str; 4] = ["authheader-list", "introspect", "jwks", "user-renew"];

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts the local stack: `make test-contract` runs it"]
async fn schemathesis_finds_nothing_that_the_contract_does_not_say() {
    let mut stack = Stack::start().await;
    let folder = root().join("tests/contract/schemathesis");
    let python = python("schemathesis-venv", "tests/contract/schemathesis/requirements.txt");
    let seed = std::env::var_os("LATCHKEY_TEST_SEED").map_or(SEED.to_owned(), |seed| seed.into_string().unwrap());
    println!("schemathesis with the seed {seed}");

    let mut schemathesis = Command::new(python.with_file_name("schemathesis"));
    schemathesis.arg("--config-file").arg(folder.join("schemathesis.toml"));
    schemathesis.args(["run", "--seed", &seed, "--no-color"]);
    schemathesis.args(["--max-time", &SECONDS.to_string(), "--url", &stack.url]).arg(root().join("infra/openapi.yaml"));
    let stack_file = stack.folder.join(".local/stack.json");
    // In the stack's own folder, where it may keep what it finds: no run depends on an earlier one.
    schemathesis.current_dir(&stack.folder).env("LATCHKEY_STACK", stack_file).env("SCHEMATHESIS_HOOKS", folder.join("hooks.py"));
    let successes = stack.folder.join("successes.json");
    schemathesis.env("LATCHKEY_SUCCESSES", &successes);
    let status = schemathesis.status().unwrap();

    assert!(status.success());
    let successes: BTreeMap<String, u32> = serde_json::from_slice(&fs::read(successes).unwrap()).unwrap();
    for operation in SUCCEED {
        assert!(successes.contains_key(operation), "{operation} never succeeded: {successes:?}");
    }
    stack.interrupt();
}

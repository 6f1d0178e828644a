//! `sam local invoke`: each function of the template, the event in its folder, and its answer in docs/operations.md.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use serde_json::{Value, json};

use super::container::ContainerHost;
use crate::house::{self, root};

/// Containers at once: an invocation is waiting more than working.
const AT_ONCE: usize = 3;

/// What docs/operations.md promises.
#[derive(Debug)]
enum Promise {
    /// An HTTP answer with this status.
    Status(u16),
    /// This, as a whole.
    Answer(Value),
}

pub fn every_function_answers_its_event(host: &ContainerHost) {
    let promises = promises();
    let operations = latchkey_local::template::functions(house::template());
    let ids: BTreeSet<_> = operations.iter().map(|operation| logical_id(operation)).collect();
    assert_eq!(promises.keys().cloned().collect::<BTreeSet<_>>(), ids, "docs/operations.md has the answer of each function");

    let waiting = Mutex::new(operations.iter());
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(operation) = { waiting.lock().unwrap().next() } {
                    keeps_its_promise(host, operation, &promises[&logical_id(operation)]);
                }
            });
        }
    });
    println!("{} functions", operations.len());
}

fn keeps_its_promise(host: &ContainerHost, operation: &str, promise: &Promise) {
    let event = root().join("functions").join(operation).join("event.json");
    let answer = invoke(host, operation, &event);
    match promise {
        Promise::Answer(wanted) => assert_eq!(&answer, wanted, "{operation}"),
        Promise::Status(wanted) => assert_eq!(answer["statusCode"], json!(wanted), "{operation}: {answer}"),
    }
    let body = || -> Value { serde_json::from_str(answer["body"].as_str().unwrap()).unwrap() };
    match operation {
        "jwks" => {
            let local: Value = serde_json::from_str(&std::fs::read_to_string(&host.keys.verification).unwrap()).unwrap();
            assert_eq!(body()["keys"][0]["x"], local["keys"][0]["x"], "the local public key");
        }
        "authorizer-sample" => {
            let event: Value = serde_json::from_str(&std::fs::read_to_string(event).unwrap()).unwrap();
            assert_eq!(body(), event["requestContext"]["authorizer"]["lambda"], "the context of the event");
        }
        _ => {}
    }
}

/// The last line that `sam local invoke` prints; the function's own lines go elsewhere.
fn invoke(host: &ContainerHost, operation: &str, event: &std::path::Path) -> Value {
    let mut sam = host.sam_local("invoke");
    sam.arg(logical_id(operation)).arg("--event").arg(event);
    sam.args(["--parameter-overrides", &format!("{} WithAuthorizerSample=true", host.parameters())]);
    let output = sam.output().unwrap_or_else(|error| panic!("sam: {error}. `make test-sam-local` gets it."));
    let (text, log) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let answer = text.lines().rfind(|line| !line.is_empty()).and_then(|line| serde_json::from_str(line).ok());
    assert!(output.status.success(), "{operation}: {log}");
    answer.unwrap_or_else(|| panic!("{operation}: {text}{log}"))
}

/// The rows of the table in "Functions with sam local": functions in backquotes, then a status or, in backquotes, an answer.
fn promises() -> BTreeMap<String, Promise> {
    let text = std::fs::read_to_string(root().join("docs/operations.md")).unwrap();
    let (_, section) = text.split_once("\n## Functions with sam local\n").unwrap();
    let section = section.split("\n## ").next().unwrap();
    let mut promises = BTreeMap::new();
    for row in section.lines().filter(|line| line.starts_with("| `")) {
        let [_, functions, answer, _] = row.split('|').collect::<Vec<_>>().try_into().unwrap();
        for id in quoted(functions) {
            let promise = match answer.trim().get(..3).and_then(|status| status.parse().ok()) {
                Some(status) => Promise::Status(status),
                None => Promise::Answer(serde_json::from_str(quoted(answer)[0]).unwrap()),
            };
            assert!(promises.insert(id.to_owned(), promise).is_none(), "{id} stands there twice");
        }
    }
    promises
}

fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// `user-login` is `UserLogin` in the template.
fn logical_id(operation: &str) -> String {
    let capital = |word: &str| format!("{}{}", word[..1].to_ascii_uppercase(), &word[1..]);
    operation.split('-').map(capital).collect()
}

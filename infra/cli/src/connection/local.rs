//! The local stack, found by its `stack.json`.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::Context;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use latchkey::store::{RetryTransactionConflicts, Tables};
use serde::Deserialize;

use super::{Parts, Place};
use crate::Failure;
use crate::key_sets::{KeySet, KeySets};

/// The members of `stack.json` that the program uses.
#[derive(Deserialize)]
struct Stack {
    dynamodb: String,
    tables: StackTables,
    keys: StackKeys,
}

#[derive(Deserialize)]
struct StackTables {
    users: String,
    tokens: String,
    sessions: String,
}

#[derive(Deserialize)]
struct StackKeys {
    signing: PathBuf,
    verification: PathBuf,
    token: PathBuf,
}

/// Opens the stack whose data is in `data`. If none runs there, the error says how to name a stack.
pub fn open_if_there(data: &Path) -> Result<Parts, Failure> {
    match open(data) {
        Err(Failure::NotFound(_)) => Err(Failure::Usage(
            "Which stack? None runs here (there is no .local/stack.json). Start one with `latchkey dev` (`make run`), name its data directory with \
             --local=DIR, or name a stack in AWS with --stack NAME or LATCHKEY_STACK."
                .into(),
        )),
        other => other,
    }
}

/// Opens the stack whose data is in `data`.
pub fn open(data: &Path) -> Result<Parts, Failure> {
    let path = data.join("stack.json");
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err(Failure::NotFound(format!(
                "There is no {}: no local stack runs there. Start it with `latchkey dev --data-dir {}`.",
                path.display(),
                data.display()
            )));
        }
        Err(error) => return Err(error).with_context(|| format!("{} cannot be read", path.display())).map_err(Failure::from),
    };
    let stack: Stack = serde_json::from_str(&text)
        .with_context(|| format!("{} is not valid; `latchkey dev` writes it when the stack is ready", path.display()))?;
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("local"))
        .credentials_provider(Credentials::new("local", "local", None, None, "local"))
        // Plain HTTP: no certificates are loaded.
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .timeout_config(super::aws::timeouts())
        .retry_classifier(RetryTransactionConflicts)
        .endpoint_url(&stack.dynamodb);
    let file = |path: &Path| KeySet::File(data.join(path));
    Ok(Parts {
        dynamodb: aws_sdk_dynamodb::Client::from_conf(config.build()),
        tables: Tables { users: stack.tables.users, tokens: stack.tables.tokens, sessions: stack.tables.sessions },
        key_sets: KeySets {
            signing: file(&stack.keys.signing),
            verification: file(&stack.keys.verification),
            token: file(&stack.keys.token),
        },
        place: Place::Local(data.to_owned()),
        identity: None,
    })
}

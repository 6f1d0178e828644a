//! The functions, as Lambda runs them. Imports [`crate::console`], [`crate::environment`], [`crate::logs`].

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use latchkey_runtime_api::{Failure, Host, InvokeError, Output, Pool, Program};

use crate::console::Console;
use crate::environment::Variables;
use crate::logs;

/// What answers events in a function's name.
pub trait Invoke: Debug + Send + Sync {
    /// The answer of `function` to `event`.
    fn invoke<'a>(&'a self, function: &'a str, event: Vec<u8>) -> Pin<Box<dyn Future<Output = Result<Bytes, InvokeError>> + Send + 'a>>;
}

/// The functions of a stack, each with its processes.
#[derive(Debug)]
pub struct Lambda {
    functions: BTreeMap<String, Arc<Pool>>,
    environment: Variables,
    console: Console,
}

impl Lambda {
    /// The functions of `binaries`, with `environment`, at most `processes` of each. What is slower than `timeouts` says is replaced;
    /// what they log goes to `console`.
    #[must_use]
    pub fn new(
        host: &Host,
        binaries: &BTreeMap<String, PathBuf>,
        environment: Variables,
        processes: u16,
        timeouts: &BTreeMap<String, Duration>,
        console: Console,
    ) -> Self {
        let pool = |(name, path): (&String, &PathBuf)| {
            let within = timeouts.get(name).copied().unwrap_or_default();
            (name.clone(), Arc::new(Pool::new(host.clone(), program(name, path, &environment, console), processes.into(), within)))
        };
        Self { functions: binaries.iter().map(pool).collect(), environment, console }
    }

    /// Hands later events to new processes of `binaries`; those at work finish first.
    pub fn replace(&self, binaries: &BTreeMap<String, PathBuf>) {
        for (name, pool) in &self.functions {
            if let Some(path) = binaries.get(name) {
                pool.replace(program(name, path, &self.environment, self.console));
            }
        }
    }
}

impl Invoke for Lambda {
    fn invoke<'a>(&'a self, function: &'a str, event: Vec<u8>) -> Pin<Box<dyn Future<Output = Result<Bytes, InvokeError>> + Send + 'a>> {
        Box::pin(async move {
            // Every route is of a function of the same template.
            self.functions.get(function).ok_or(Failure::Lost)?.invoke(event).await
        })
    }
}

fn program(name: &str, path: &PathBuf, environment: &Variables, console: Console) -> Program {
    let function = name.to_owned();
    let output = Output::Lines(Arc::new(move |line| logs::report(console, &function, line)));
    Program::new(name, path).environment(environment.iter().cloned()).output(output)
}

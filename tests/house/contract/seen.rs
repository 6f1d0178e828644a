//! Which answers a whole run of the tests has seen: a line for each `METHOD /path status`.

use std::collections::BTreeSet;

use crate::house::run_log::RunLog;

static IN_PROCESS: RunLog = RunLog::new("seen-in-process");
static OVER_HTTP: RunLog = RunLog::new("seen-over-http");

/// Notes that `exchange` was seen. The tests over HTTP are a process of their own, which `--ignored` asks for.
pub fn note(exchange: String) {
    let over_http = std::env::args().any(|argument| argument == "--ignored");
    if over_http { &OVER_HTTP } else { &IN_PROCESS }.note(exchange);
}

/// What the last runs have seen.
pub fn in_the_last_runs() -> BTreeSet<String> {
    &IN_PROCESS.of_the_last_run() | &OVER_HTTP.of_the_last_run()
}

//! What each operation has cost in a whole run of the tests, where a test measured it.

use latchkey::runtime::Start;

use super::run_log::RunLog;
use super::spy::Traffic;
use super::{Call, Reply, World};

static MEASURED: RunLog = RunLog::new("measured-costs");

impl World {
    /// One request to `O`, whose cost goes into docs/costs.md as that of `case`; the empty case is the usual one. The answer.
    ///
    /// Asserts the answer's status, and how many requests to DynamoDB follow one another.
    pub async fn measure<O: Start>(&self, case: &str, call: Call, status: i64, rounds: usize) -> Reply {
        let reply = self.call::<O>(call).await;
        let traffic = self.spy.take();
        assert_eq!(reply.status, status, "{} {case}: {reply:?}", O::NAME);
        assert_eq!(traffic.rounds.len(), rounds, "{} {case}: {traffic:?}", O::NAME);
        write_down(O::NAME, case, &traffic);
        reply
    }
}

/// Writes down what `function` cost in a case.
pub fn write_down(function: &str, case: &str, traffic: &Traffic) {
    let name = if case.is_empty() { function.to_owned() } else { format!("{function} ({case})") };
    let rounds: Vec<_> = traffic.rounds.iter().map(|round| round.join(" + ")).collect();
    let (reads, writes) = traffic.units;
    MEASURED.note(format!("| {name} | {} | {} | {reads} | {writes} |", rounds.len(), rounds.join(", ")));
}

/// The rows of the last run's table, sorted by operation and case.
pub fn of_the_last_run() -> Vec<String> {
    let mut rows: Vec<_> = MEASURED.of_the_last_run().into_iter().collect();
    rows.sort_by_key(|row| row.split('|').nth(1).map(|cell| cell.trim().to_owned()));
    rows
}

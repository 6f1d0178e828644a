//! `make bench`: measures the functions' release binaries, over TLS, and what one could deploy in their place.
//!
//! The binaries are run as Lambda runs them (`latchkey-runtime-api`), against an embedded DynamoDB and a stand-in for Secrets Manager
//! behind TLS on loopback ([`stand_ins`], [`tls`]). To the bench a function is what turns an event into an answer; nothing here knows
//! how. Nothing here ships; it may import everything.

mod authority;
mod competitors;
mod events;
mod growth;
mod hashes;
mod measure;
mod operations;
mod recording;
mod report;
mod share;
mod stand_ins;
mod statistics;
mod subject;
mod targets;
mod tls;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use latchkey_local::console::say;

use crate::measure::Row;
use crate::report::Report;
use crate::share::Share;
use crate::stand_ins::StandIns;
use crate::subject::Subject;

/// Measures the functions in target/lambda.
#[derive(Clone, Debug, Parser)]
pub struct Arguments {
    /// Starts of each function
    #[arg(long, default_value_t = 15)]
    starts: usize,
    /// Calls after the first one in each start
    #[arg(long, default_value_t = 20)]
    warm: usize,
    /// Only the rows whose names contain one of these, separated by commas; nothing is written then
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Leave out the run under Lambda's share of a CPU
    #[arg(long)]
    no_share: bool,
    /// Measure nothing but whether more data makes calls slower
    #[arg(long)]
    growth: bool,
    /// Write docs/performance.md, docs/performance.svg and docs/performance/bench.json also after a quick run
    #[arg(long)]
    write: bool,
}

/// Fewer starts say too little to publish.
const STARTS_TO_PUBLISH: usize = 15;

const CALLS_OF_GROWTH: usize = 500;

// The database's calls block their thread for a moment each.
#[tokio::main(worker_threads = 4)]
async fn main() -> ExitCode {
    match run(&Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &Arguments) -> Result<()> {
    if arguments.growth {
        let growth = growth::measure(CALLS_OF_GROWTH).await?;
        say(growth::table(&growth));
        return report::write_growth(&growth);
    }
    let stand_ins = StandIns::start("programs").await?;
    let is_wanted = |name: &str| arguments.only.is_empty() || arguments.only.iter().any(|part| name.contains(part));
    let mut subjects = operations::subjects(&stand_ins, is_wanted).await?;
    subjects.extend(competitors::subjects(&stand_ins).await?.into_iter().filter(|subject| is_wanted(&subject.name)));

    let mut rows = measure::rows(&subjects, &stand_ins, arguments, &Share::Whole).await?;
    measure::compare_with_bare(&mut rows, &subjects, &stand_ins, arguments).await?;
    let hashes = hashes::compare(arguments).await?;
    if !arguments.no_share {
        rows.extend(under_share(&subjects, &stand_ins, arguments).await?);
    }

    let report = Report::new(rows, hashes, arguments).await?;
    say(report.tables());
    if arguments.write || (arguments.only.is_empty() && arguments.starts >= STARTS_TO_PUBLISH) {
        report.write()?;
    }
    Ok(())
}

/// The same under the share of a CPU that Lambda gives; nothing where that can't be had.
async fn under_share(subjects: &[Subject], stand_ins: &StandIns, arguments: &Arguments) -> Result<Vec<Row>> {
    match Share::of_lambda() {
        Ok(share) => {
            let rows = measure::rows(subjects, stand_ins, arguments, &share).await?;
            share.remove()?;
            Ok(rows)
        }
        Err(reason) => {
            say(format!("The run under Lambda's share of a CPU was left out: {reason:#}"));
            Ok(Vec::new())
        }
    }
}

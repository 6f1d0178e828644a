//! `latchkey import`.

use std::time::Instant;

use anyhow::Context;
use futures_util::{StreamExt, stream};
use indicatif::HumanCount;
use latchkey::store::bulk::{Arrival, BulkUsers, Comparison, Replacement};
use latchkey::store::{StoreError, UserRow};
use serde::Serialize;
use serde_json::json;

use super::progress::Progress;
use super::reader::{self, Found, Step};
use super::{ImportArguments, OnConflict};
use crate::Failure;
use crate::connection::Connection;
use crate::journal::{self, OperatorAct};
use crate::output::Output;

/// What became of the lines.
#[derive(Debug, Default, Serialize)]
struct Tally {
    dry_run: bool,
    /// Created.
    imported: u64,
    /// Exist already, and are equal.
    equal: u64,
    /// Replaced by what the file says.
    replaced: u64,
    /// Exist already, and differ: left as they are.
    different: u64,
    /// Another user has the name or the id.
    taken: u64,
    /// Written with an address that is another user's, so that it takes no effect.
    without_address: u64,
    /// Lines that were refused.
    wrong: u64,
    /// Whether the file was read to its end, and has the end line that it announces.
    whole: bool,
    seconds: f64,
}

/// What became of a user.
enum Became {
    Imported,
    Equal,
    Replaced,
    Different,
    Taken,
}

/// What a [`Step`] led to.
struct Done {
    became: Vec<(u64, Became, bool)>,
    found: Option<Found>,
    bytes: u64,
}

/// Imports users from a file, a batch at a time. Only `--on-conflict replace` overwrites a user who exists.
///
/// An import that was interrupted anywhere can be run again: users who exist and are equal are skipped.
///
/// # Errors
/// [`Failure::Refused`] if not everything in the file was imported.
pub async fn import(connection: &Connection, arguments: ImportArguments) -> Result<(), Failure> {
    let started = Instant::now();
    let opened = reader::read(&arguments.file).with_context(|| format!("{} cannot be read", arguments.file.display()));
    let (receiver, size) = opened?;
    let file = arguments.file.display().to_string();
    let entry = if arguments.dry_run { None } else { Some(journal::begin(connection, OperatorAct::UsersImport, &file).await?) };
    let mut tally = Tally { dry_run: arguments.dry_run, ..Tally::default() };
    let mut progress = Progress::new(&connection.output, size);
    let (bulk, arguments) = (BulkUsers::new(&connection.database), &arguments);
    let steps = stream::unfold(receiver, async |mut receiver| receiver.recv().await.map(|step| (step, receiver)));
    let mut steps = Box::pin(steps.map(|step| apply(&bulk, arguments, step)).buffered(arguments.concurrency.into()));
    let mut ended = Ok(());
    tally.whole = true;
    while let Some(done) = steps.next().await {
        if let Err(failure) = done.and_then(|done| count(&mut tally, &mut progress, connection, arguments.on_conflict, done)) {
            tally.whole = false;
            ended = Err(failure);
            break;
        }
    }
    drop((steps, progress));

    tally.seconds = started.elapsed().as_secs_f64();
    if !matches!(ended, Err(Failure::Usage(_))) {
        connection.output.answer(sentence(&tally), &tally)?;
    }
    if let Some(entry) = entry {
        // Also of an import that stopped halfway.
        match tally.imported + tally.replaced {
            0 => entry.unchanged().await?,
            users => entry.done_to(&format!("{file} ({users} users)")).await?,
        }
    }
    ended.and_then(|()| verdict(&tally, arguments.on_conflict))
}

async fn apply(bulk: &BulkUsers, arguments: &ImportArguments, step: Step) -> Result<Done, Failure> {
    let Step { found, bytes } = step;
    let Found::Users(users) = found else { return Ok(Done { became: Vec::new(), found: Some(found), bytes }) };
    let (lines, users): (Vec<u64>, Vec<UserRow>) = users.into_iter().unzip();
    let arrivals = if arguments.dry_run { bulk.compare(&users).await } else { bulk.insert(&users).await };
    let mut done = Vec::new();
    for ((line, user), arrival) in lines.into_iter().zip(&users).zip(arrivals.map_err(stopped)?) {
        let (became, address_is_taken) = settle(bulk, arguments, user, arrival).await.map_err(stopped)?;
        done.push((line, became, address_is_taken));
    }
    Ok(Done { became: done, found: None, bytes })
}

/// What became of a user, and whether without the address, which is another user's.
async fn settle(bulk: &BulkUsers, arguments: &ImportArguments, user: &UserRow, arrival: Arrival) -> Result<(Became, bool), StoreError> {
    let mut address_is_taken = arrival.address_is_taken;
    let became = match arrival.comparison {
        Comparison::New => Became::Imported,
        Comparison::Equal => Became::Equal,
        Comparison::Taken => Became::Taken,
        Comparison::Different if arguments.on_conflict != OnConflict::Replace => Became::Different,
        Comparison::Different if arguments.dry_run => Became::Replaced,
        Comparison::Different => match bulk.replace(user).await? {
            Replacement::Replaced => Became::Replaced,
            Replacement::ReplacedWithoutAddress => {
                address_is_taken = true;
                Became::Replaced
            }
            Replacement::Unneeded => Became::Equal,
            Replacement::Lost => Became::Different,
        },
    };
    Ok((became, address_is_taken))
}

fn stopped(error: StoreError) -> Failure {
    let context = "The import stopped; run the same command again to continue";
    match Failure::from(error) {
        Failure::Failed(error) => Failure::Failed(error.context(context)),
        other => other,
    }
}

fn count(tally: &mut Tally, progress: &mut Progress, connection: &Connection, on_conflict: OnConflict, done: Done) -> Result<(), Failure> {
    let output = &connection.output;
    progress.advance(done.bytes, done.became.len() as u64);
    for (line, became, address_is_taken) in done.became {
        if address_is_taken {
            tally.without_address += 1;
            tell(output, true, line, "has the e-mail address of another user, for whom alone it takes effect; `latchkey user set` decides");
        }
        let is_told = on_conflict != OnConflict::Skip;
        match became {
            Became::Imported => tally.imported += 1,
            Became::Equal => tally.equal += 1,
            Became::Replaced => tally.replaced += 1,
            Became::Different => {
                tally.different += 1;
                tell(output, is_told, line, "is a user who exists and differs");
            }
            Became::Taken => {
                tally.taken += 1;
                tell(output, is_told, line, "has the name or the id of another user");
            }
        }
    }
    match done.found {
        None | Some(Found::Users(_)) => Ok(()),
        Some(Found::Wrong(line, reason)) => {
            tally.wrong += 1;
            tell(output, true, line, &reason.to_string());
            Ok(())
        }
        Some(Found::CutOff) => {
            tally.whole = false;
            Ok(())
        }
        Some(Found::NoHeader(sentence)) => Err(Failure::Usage(format!("{sentence}."))),
        Some(Found::Failed(error)) => Err(anyhow::Error::new(error).context("The rest of the file cannot be read").into()),
    }
}

fn tell(output: &Output, is_told: bool, line: u64, reason: &str) {
    if !is_told {
        return;
    }
    let text = if output.json { json!({ "line": line, "reason": reason }).to_string() } else { format!("line {line} {reason}") };
    output.terminal.complain(&text);
}

fn sentence(tally: &Tally) -> String {
    let Tally { dry_run, imported, equal, replaced, different, taken, without_address, wrong, seconds, .. } = *tally;
    let counts = [
        (imported, if dry_run { "to import" } else { "imported" }),
        (equal, "equal"),
        (replaced, if dry_run { "to replace" } else { "replaced" }),
        (different, "different"),
        (taken, "taken"),
        (wrong, "wrong"),
        (without_address, "with another user's address"),
    ];
    let parts = counts.into_iter().enumerate().filter(|(at, (count, _))| *at < 2 || *count > 0);
    let parts: Vec<_> = parts.map(|(_, (count, what))| format!("{} {what}", HumanCount(count))).collect();
    format!("{}{} in {seconds:.1} s.", if dry_run { "Nothing was written. Users: " } else { "Users: " }, parts.join(", "))
}

fn verdict(tally: &Tally, on_conflict: OnConflict) -> Result<(), Failure> {
    if !tally.whole {
        return Err(Failure::Refused(
            "The file was cut off: its end line is missing. Its complete lines were imported; get the whole file.".into(),
        ));
    }
    let conflicts = if on_conflict == OnConflict::Skip { 0 } else { tally.different + tally.taken };
    if conflicts + tally.wrong == 0 {
        return Ok(());
    }
    Err(Failure::Refused(format!("Lines that were not imported: {}. See above.", HumanCount(conflicts + tally.wrong))))
}

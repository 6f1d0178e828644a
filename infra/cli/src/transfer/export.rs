//! `latchkey export`.

use std::path::Path;
use std::pin::pin;
use std::time::Instant;

use anyhow::Context;
use futures_util::{Stream, StreamExt, stream};
use indicatif::HumanCount;
use latchkey::store::directory::{Page, Segment, UserRows};
use latchkey::store::{Database, Directory, StoreError, Tables, UserRow};
use serde::Serialize;

use super::ExportArguments;
use super::line::{self, End, FORMAT, Header, VERSION};
use super::partial::Sink;
use super::progress::Progress;
use crate::Failure;
use crate::connection::Connection;
use crate::journal::{self, OperatorAct};

#[derive(Serialize)]
struct Summary {
    users: u64,
    seconds: f64,
}

/// Writes all users to a file, a page at a time.
///
/// # Errors
/// If the table cannot be read or the file cannot be written; there is no file then.
pub async fn export(connection: &Connection, arguments: ExportArguments) -> Result<(), Failure> {
    let started = Instant::now();
    let file = arguments.file.display();
    let failed = || format!("{file} cannot be written");
    let table = arguments.table.as_ref().unwrap_or(&connection.tables.users);
    let entry = journal::begin(connection, OperatorAct::UsersExport, &file).await?;
    let exporting = async {
        let mut sink = Sink::open(&arguments.file).with_context(failed)?;
        let users = write(connection, table, arguments.segments, &mut sink).await?;
        sink.finish().with_context(failed)?;
        Ok::<_, Failure>(users)
    };
    let users = entry.run(exporting).await?;

    let summary = Summary { users, seconds: started.elapsed().as_secs_f64() };
    let sentence = format!("Exported {} users in {:.1} s.", HumanCount(users), summary.seconds);
    if arguments.file == Path::new("-") {
        let document = if connection.output.json { serde_json::to_string(&summary)? } else { sentence };
        connection.output.terminal.complain(&document);
    } else {
        connection.output.answer(sentence, &summary)?;
    }
    entry.done().await
}

async fn write(connection: &Connection, table: &str, segments: u16, sink: &mut Sink) -> Result<u64, Failure> {
    let failed = "The export cannot be written";
    sink.line(&serde_json::to_vec(&Header { format: FORMAT.into(), version: VERSION, end_line: true })?).context(failed)?;
    let mut progress = Progress::new(&connection.output, rows(connection, table).await);
    let mut users = 0;
    let tables = Tables { users: table.to_owned(), ..connection.tables.clone() };
    let directory = Directory::new(&Database::new(connection.dynamodb.clone(), tables));
    let mut pages = pin!(pages(&directory, segments));
    while let Some(page) = pages.next().await {
        let page = page?;
        for user in &page.rows {
            sink.line(&line::of(user)?).context(failed)?;
        }
        let found = page.rows.len() as u64;
        users += found;
        progress.advance(page.scanned as u64, found);
    }
    sink.line(&serde_json::to_vec(&End { end: true, users })?).context(failed)?;
    Ok(users)
}

/// About how many rows the table has; DynamoDB counts them every few hours.
async fn rows(connection: &Connection, table: &str) -> Option<u64> {
    let described = connection.dynamodb.describe_table().table_name(table).send().await.ok()?;
    described.table?.item_count.and_then(|count| u64::try_from(count).ok()).filter(|count| *count > 0)
}

/// The pages of all parts of the table as they come, one page of each part at a time.
fn pages(directory: &Directory, segments: u16) -> impl Stream<Item = Result<Page<UserRow>, StoreError>> {
    enum At {
        Begin,
        Next(latchkey::store::directory::Cursor),
    }
    stream::select_all((0..segments).map(|number| {
        let (directory, segment) = (directory.clone(), Segment { number, of: segments });
        let parts = stream::unfold(Some(At::Begin), move |at| {
            let directory = directory.clone();
            async move {
                let from = match at? {
                    At::Begin => None,
                    At::Next(cursor) => Some(cursor),
                };
                let mut page = directory.users(UserRows::ByName, segment, from).await;
                let next = page.as_mut().ok().and_then(|page| page.next.take()).map(At::Next);
                Some((page, next))
            }
        });
        Box::pin(parts)
    }))
}

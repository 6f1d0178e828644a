//! `latchkey user reindex`: lists the users whom `users-list` does not find yet.

use futures_util::future::try_join_all;
use latchkey::store::directory::{Cursor, Page, Segment};
use latchkey::store::{Directory, StoreError};
use serde_json::json;

use super::ATTEMPTS;
use crate::Failure;
use crate::connection::Connection;
use crate::journal::{self, OperatorAct};
use crate::scan;

/// How many users of one page are written at the same time.
const CONCURRENCY: usize = 16;

/// A run that was interrupted is continued by the next one. Users who are changed while they are read are left to another
/// pass.
pub async fn run(connection: &Connection) -> Result<(), Failure> {
    let directory = &connection.directory;
    let entry = journal::begin(connection, OperatorAct::UserReindex, "*").await?;
    let (mut listed, mut left) = (0, 0);
    for _ in 0..ATTEMPTS {
        let page = |segment, from| list_page(directory, segment, from);
        let written = entry.run(scan::whole(connection, &connection.tables.users, "Reading the users", page)).await?;
        left = written.iter().filter(|is_written| !**is_written).count();
        listed += written.len() - left;
        if left == 0 {
            break;
        }
    }
    let sentence = format!("Listed {listed} user{}.", if listed == 1 { "" } else { "s" });
    connection.output.answer(sentence, &json!({ "listed": listed, "left": left }))?;
    if listed > 0 { entry.done_to(&format!("{listed} users")).await } else { entry.unchanged().await }?;
    match left {
        0 => Ok(()),
        left => Err(Failure::Refused(format!("{left} more could not be listed: others change them, or another user has the name."))),
    }
}

/// Whether each user of the page who was not listed is listed now.
async fn list_page(directory: &Directory, segment: Segment, from: Option<Cursor>) -> Result<Page<bool>, StoreError> {
    let Page { rows, scanned, next } = directory.unlisted(segment, from).await?;
    let mut written = Vec::with_capacity(rows.len());
    for users in rows.chunks(CONCURRENCY) {
        written.extend(try_join_all(users.iter().map(|user| directory.list_user(user))).await?);
    }
    Ok(Page { rows: written, scanned, next })
}

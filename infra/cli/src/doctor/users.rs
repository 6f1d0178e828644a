//! Checks that `users-list` finds every user: an earlier release made users without a row for it.

use latchkey::store::directory::Page;

use super::Finding;
use crate::connection::Connection;
use crate::scan;

const CHECK: &str = "list of users";

pub async fn check(connection: &Connection) -> Vec<Finding> {
    let directory = &connection.directory;
    let unlisted = scan::whole(connection, &connection.tables.users, "Comparing the users", |segment, from| async move {
        let Page { rows, scanned, next } = directory.unlisted(segment, from).await?;
        // A table of any size needs the memory of one page.
        Ok(Page { rows: vec![rows.len()], scanned, next })
    })
    .await;
    vec![match unlisted.map(|counts| counts.into_iter().sum::<usize>()) {
        Ok(0) => Finding::good(CHECK, "has every user"),
        Ok(count) => {
            Finding::warning(CHECK, format!("lacks {count} users, or has them wrong"), "Run `latchkey user reindex`, which puts them in.")
        }
        Err(failure) => Finding::warning(CHECK, format!("could not be compared: {failure}"), "See the findings about the tables."),
    }]
}

//! Scans of a whole table, its parts in parallel, with a progress bar.

use latchkey::store::StoreError;
use latchkey::store::directory::{Cursor, Page, Segment};

use crate::Failure;
use crate::connection::Connection;
use crate::progress::Progress;

/// How many parts of the table are scanned in parallel.
const SEGMENTS: u16 = 4;

/// Every row that `page` finds in any part of `table`.
pub async fn whole<T, Found>(
    connection: &Connection,
    table: &str,
    title: &'static str,
    page: impl Fn(Segment, Option<Cursor>) -> Found,
) -> Result<Vec<T>, Failure>
where
    Found: Future<Output = Result<Page<T>, StoreError>>,
{
    let progress = Progress::new(&connection.output, title, count(connection, table).await);
    let (progress, page) = (&progress, &page);
    let segments = (0..SEGMENTS).map(|number| async move {
        let mut found = Vec::new();
        let mut from = None;
        loop {
            let page = page(Segment { number, of: SEGMENTS }, from).await?;
            progress.advance(page.scanned);
            found.extend(page.rows);
            from = page.next;
            if from.is_none() {
                return Ok::<_, Failure>(found);
            }
        }
    });
    Ok(futures_util::future::try_join_all(segments).await?.into_iter().flatten().collect())
}

/// About how many rows the table has; DynamoDB counts them a few times a day.
async fn count(connection: &Connection, table: &str) -> Option<u64> {
    let described = connection.dynamodb.describe_table().table_name(table).send().await.ok()?;
    u64::try_from(described.table?.item_count?).ok().filter(|count| *count > 0)
}

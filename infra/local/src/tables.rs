//! The embedded DynamoDB and the template's tables in it. Imports [`crate::dynamodb`], [`crate::template`].

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use dynoxide::storage::Storage;
use dynoxide::{Database, DynoxideError};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::spawn_blocking;
use tokio::time::interval;

use crate::dynamodb;
use crate::template::Table;

/// DynamoDB takes hours for it; nothing may depend on when.
const SWEEP_EVERY: Duration = Duration::from_secs(60);

/// The name of `table` in this stack: `latchkey-users`.
#[must_use]
pub fn name(table: &Table) -> String {
    name_of(&table.stem)
}

/// The same of the table `stem`.
pub(crate) fn name_of(stem: &str) -> String {
    format!("latchkey-{stem}")
}

/// The database in the file `path`, which is made if it is not there.
///
/// # Errors
/// If the file can't be opened, or was written by a newer engine.
pub fn open(path: &Path) -> Result<Database> {
    let text = path.to_str().with_context(|| format!("{} is not UTF-8", path.display()))?;
    let open = || {
        keep_streams_short(&Storage::new(text)?)?;
        Database::new(text)
    };
    open().map_err(failure).with_context(|| format!("{} can't be opened as a database", path.display()))
}

/// DynamoDB keeps a stream's records for a day, and the engine keeps them for good; without an index each write looks at all of them.
fn keep_streams_short(storage: &Storage) -> Result<(), DynoxideError> {
    storage.conn().execute_batch(
        "CREATE INDEX IF NOT EXISTS latchkey_stream_records ON _stream_records (table_name, CAST(sequence_number AS INTEGER));
         DELETE FROM _stream_records WHERE created_at < unixepoch() - 86400;",
    )?;
    Ok(())
}

/// Creates those of `tables` that are not there yet, on demand, with their TTL and their streams.
///
/// # Errors
/// If one is there with other keys: its rows were written by another version of Latchkey.
pub fn create(database: &Database, tables: &[Table]) -> Result<()> {
    tables.iter().try_for_each(|table| create_one(database, table).with_context(|| format!("table {}", name(table))))
}

fn create_one(database: &Database, table: &Table) -> Result<()> {
    let schema: Vec<_> = table.keys.iter().map(|key| json!({ "AttributeName": key.name, "KeyType": key.role })).collect();
    let types: Vec<_> = table.keys.iter().map(|key| json!({ "AttributeName": key.name, "AttributeType": key.kind })).collect();
    let request = json!({
        "TableName": name(table), "KeySchema": schema, "AttributeDefinitions": types, "BillingMode": "PAY_PER_REQUEST",
    });
    match database.create_table(serde_json::from_value(request)?) {
        Ok(_) => {}
        Err(DynoxideError::ResourceInUseException(_)) => {
            same_keys(database, table, &schema)?;
            return stream(database, table);
        }
        Err(error) => return Err(failure(error)),
    }
    stream(database, table)?;

    if let Some(attribute) = &table.ttl {
        let specification = json!({ "AttributeName": attribute, "Enabled": true });
        let request = json!({ "TableName": name(table), "TimeToLiveSpecification": specification });
        database.update_time_to_live(serde_json::from_value(request)?).map_err(failure)?;
    }
    Ok(())
}

/// Turns the table's stream on, if it is to have one and has none.
fn stream(database: &Database, table: &Table) -> Result<()> {
    let Some(view) = &table.stream else { return Ok(()) };
    if described(database, table)?.pointer("/Table/StreamSpecification/StreamEnabled") == Some(&json!(true)) {
        return Ok(());
    }
    let specification = json!({ "StreamEnabled": true, "StreamViewType": view });
    let request = json!({ "TableName": name(table), "StreamSpecification": specification });
    database.update_table(serde_json::from_value(request)?).map(drop).map_err(failure)
}

fn described(database: &Database, table: &Table) -> Result<Value> {
    let request = serde_json::from_value(json!({ "TableName": name(table) }))?;
    Ok(serde_json::to_value(database.describe_table(request).map_err(failure)?)?)
}

fn same_keys(database: &Database, table: &Table, schema: &[Value]) -> Result<()> {
    let there = described(database, table)?;
    if there.pointer("/Table/KeySchema").and_then(Value::as_array).is_some_and(|keys| keys == schema) {
        return Ok(());
    }
    bail!("has other keys than template.yaml says. Delete the data directory, or name another one with --data-dir.")
}

/// Serves `database` on `listener`, and deletes what has expired now and then; does not return.
pub async fn serve(database: Database, listener: TcpListener) {
    let swept = database.clone();
    let sweeping = async {
        let mut ticks = interval(SWEEP_EVERY);
        loop {
            ticks.tick().await;
            let database = swept.clone();
            // What one sweep could not do the next one will.
            let _ = spawn_blocking(move || database.sweep_ttl()).await;
        }
    };
    let _ = tokio::join!(dynamodb::serve(listener, database), sweeping);
}

pub(crate) fn failure(error: DynoxideError) -> anyhow::Error {
    anyhow!("{error:?}")
}

#[cfg(test)]
mod tests {
    use crate::template::Key;

    use super::*;

    fn users(keys: &[&str]) -> Table {
        let roles = ["HASH", "RANGE"];
        let keys = keys.iter().zip(roles).map(|(name, role)| Key { name: (*name).into(), role: role.into(), kind: "S".into() });
        Table { stem: "users".into(), keys: keys.collect(), ttl: Some("expires_at".into()), stream: None }
    }

    #[test]
    fn a_second_start_keeps_the_rows() {
        let database = Database::memory().unwrap();
        create(&database, &[users(&["pk"])]).unwrap();
        let put = json!({ "TableName": "latchkey-users", "Item": { "pk": { "S": "a" } } });
        database.put_item(serde_json::from_value(put).unwrap()).unwrap();

        create(&database, &[users(&["pk"])]).unwrap();

        let get = json!({ "TableName": "latchkey-users", "Key": { "pk": { "S": "a" } } });
        assert!(database.get_item(serde_json::from_value(get).unwrap()).unwrap().item.is_some());
    }

    #[test]
    fn a_table_gets_its_ttl() {
        let database = Database::memory().unwrap();

        create(&database, &[users(&["pk"])]).unwrap();

        let request = serde_json::from_value(json!({ "TableName": "latchkey-users" })).unwrap();
        let ttl = serde_json::to_value(database.describe_time_to_live(request).unwrap()).unwrap();
        assert_eq!(ttl.pointer("/TimeToLiveDescription/AttributeName"), Some(&json!("expires_at")));
    }

    #[test]
    fn a_table_that_was_there_without_a_stream_gets_it_once() {
        let database = Database::memory().unwrap();
        create(&database, &[users(&["pk"])]).unwrap();
        let with_stream = Table { stream: Some("NEW_IMAGE".into()), ..users(&["pk"]) };

        create(&database, std::slice::from_ref(&with_stream)).unwrap();
        let arn = |database: &Database| described(database, &with_stream).unwrap().pointer("/Table/LatestStreamArn").cloned();
        let first = arn(&database);
        create(&database, std::slice::from_ref(&with_stream)).unwrap();

        assert!(first.is_some() && arn(&database) == first);
    }

    #[test]
    fn a_table_with_other_keys_is_refused() {
        let database = Database::memory().unwrap();
        create(&database, &[users(&["pk"])]).unwrap();

        assert!(create(&database, &[users(&["pk", "sk"])]).is_err());
    }
}

//! The embedded DynamoDB and the template's tables in it. Imports [`crate::dynamodb`], [`crate::template`].

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
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
    format!("latchkey-{}", table.stem)
}

/// The database in the file `path`, which is made if it is not there.
///
/// # Errors
/// If the file can't be opened, or was written by a newer engine.
pub fn open(path: &Path) -> Result<Database> {
    let text = path.to_str().with_context(|| format!("{} is not UTF-8", path.display()))?;
    Database::new(text).map_err(failure).with_context(|| format!("{} can't be opened as a database", path.display()))
}

/// Creates those of `tables` that are not there yet, on demand and with their TTL.
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
        Err(DynoxideError::ResourceInUseException(_)) => return same_keys(database, table, &schema),
        Err(error) => return Err(failure(error)),
    }

    if let Some(attribute) = &table.ttl {
        let specification = json!({ "AttributeName": attribute, "Enabled": true });
        let request = json!({ "TableName": name(table), "TimeToLiveSpecification": specification });
        database.update_time_to_live(serde_json::from_value(request)?).map_err(failure)?;
    }
    Ok(())
}

fn same_keys(database: &Database, table: &Table, schema: &[Value]) -> Result<()> {
    let request = serde_json::from_value(json!({ "TableName": name(table) }))?;
    let there = serde_json::to_value(database.describe_table(request).map_err(failure)?)?;
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

fn failure(error: DynoxideError) -> anyhow::Error {
    anyhow!("{error:?}")
}

#[cfg(test)]
mod tests {
    use crate::template::Key;

    use super::*;

    fn users(keys: &[&str]) -> Table {
        let roles = ["HASH", "RANGE"];
        let keys = keys.iter().zip(roles).map(|(name, role)| Key { name: (*name).into(), role: role.into(), kind: "S".into() });
        Table { stem: "users".into(), keys: keys.collect(), ttl: Some("expires_at".into()) }
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
    fn a_table_with_other_keys_is_refused() {
        let database = Database::memory().unwrap();
        create(&database, &[users(&["pk"])]).unwrap();

        assert!(create(&database, &[users(&["pk", "sk"])]).is_err());
    }
}

//! Several rows of several tables in one consistent read.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::KeysAndAttributes;
use serde::de::DeserializeOwned;

use super::backoff::Backoff;
use super::schema::{self, Item, Key};
use super::table::read;
use super::{Database, StoreError};

/// A row that a [`Batch`] reads.
#[derive(Clone, Debug, PartialEq)]
pub struct RowKey {
    table: String,
    key: Key,
}

/// Collects the rows that an operation decides on, and reads them in one BatchGetItem: every key is known from the
/// credentials.
pub struct Batch<'a> {
    database: &'a Database,
    keys: Vec<RowKey>,
}

/// The rows that a [`Batch`] found.
pub struct Rows {
    found: HashMap<String, Vec<Item>>,
}

impl Database {
    /// An empty batch.
    #[must_use]
    pub fn batch(&self) -> Batch<'_> {
        Batch { database: self, keys: Vec::new() }
    }
}

impl<'a> Batch<'a> {
    /// Adds the row of a user.
    pub fn user(&mut self, id: impl std::fmt::Display) -> RowKey {
        self.add(&self.database.tables.users, schema::user_by_id(id))
    }

    /// Adds another row of the users table.
    pub fn users_row(&mut self, key: Key) -> RowKey {
        self.add(&self.database.tables.users, key)
    }

    /// Adds a row of the tokens table.
    pub fn token(&mut self, key: Key) -> RowKey {
        self.add(&self.database.tables.tokens, key)
    }

    /// Adds a row of the sessions table.
    pub fn session(&mut self, key: Key) -> RowKey {
        self.add(&self.database.tables.sessions, key)
    }

    /// DynamoDB refuses a batch that names a row twice, so each is added once.
    fn add(&mut self, table: &str, key: Key) -> RowKey {
        let row = RowKey { table: table.to_owned(), key };
        if !self.keys.contains(&row) {
            self.keys.push(row.clone());
        }
        row
    }

    /// Reads all rows, consistently, in one request; no request at all for an empty batch. Rows that DynamoDB leaves
    /// unread because it is throttling are read again within the time of the call: an unread row is never an absent one.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] also if rows are still unread when the time is used up.
    pub async fn get(self) -> Result<Rows, StoreError> {
        let mut tables: HashMap<String, Vec<Key>> = HashMap::new();
        for row in self.keys {
            tables.entry(row.table).or_default().push(row.key);
        }
        read_all(&self.database.client, tables).await.map(|found| Rows { found })
    }
}

/// The rows at those keys, by table.
pub(super) async fn read_all(client: &Client, keys: HashMap<String, Vec<Key>>) -> Result<HashMap<String, Vec<Item>>, StoreError> {
    let mut wanted = HashMap::new();
    for (table, keys) in keys {
        wanted.insert(table, KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build()?);
    }
    let mut found: HashMap<String, Vec<Item>> = HashMap::new();
    let mut backoff = Backoff::new(client);
    while !wanted.is_empty() {
        let output = backoff.in_time(client.batch_get_item().set_request_items(Some(wanted)).send()).await?;
        for (table, rows) in output.responses.unwrap_or_default() {
            found.entry(table).or_default().extend(rows);
        }
        wanted = output.unprocessed_keys.unwrap_or_default();
        if !wanted.is_empty() {
            backoff.pause().await?;
        }
    }
    Ok(found)
}

impl Rows {
    /// The row at `key`, if there is one.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] if it cannot be read as a `T`.
    pub fn find<T: DeserializeOwned>(&self, key: &RowKey) -> Result<Option<T>, StoreError> {
        let rows = self.found.get(&key.table).map_or([].as_slice(), Vec::as_slice);
        let row = rows.iter().find(|row| key.key.iter().all(|(name, value)| row.get(name) == Some(value)));
        read(row.cloned())
    }

    /// The same for a row that not every request reads.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] if it cannot be read as a `T`.
    pub fn find_some<T: DeserializeOwned>(&self, key: Option<&RowKey>) -> Result<Option<T>, StoreError> {
        key.map_or(Ok(None), |key| self.find(key))
    }
}

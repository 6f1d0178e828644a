//! One of the three tables: reads that return rows as the types they are, and the writes that begin here.

use aws_sdk_dynamodb::Client;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::expression::{Condition, Values};
use super::schema::{Item, Key};
use super::update::Update;
use super::write::{Check, Delete, Put, Write};
use super::{Database, StoreError};

/// A table of a [`Database`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Table<'d> {
    pub client: &'d Client,
    pub name: &'d str,
}

impl Database {
    pub(super) fn users(&self) -> Table<'_> {
        Table { client: &self.client, name: &self.tables.users }
    }

    pub(super) fn tokens(&self) -> Table<'_> {
        Table { client: &self.client, name: &self.tables.tokens }
    }

    pub(super) fn sessions(&self) -> Table<'_> {
        Table { client: &self.client, name: &self.tables.sessions }
    }
}

impl<'d> Table<'d> {
    /// The row at `key`, if there is one: one consistent GetItem.
    pub async fn find<T: DeserializeOwned>(self, key: Key) -> Result<Option<T>, StoreError> {
        let request = self.client.get_item().table_name(self.name).set_key(Some(key)).consistent_read(true);
        read(request.send().await?.item)
    }

    /// All rows of a partition that meet `key`, in the order of their sort keys: consistent, a Query for each megabyte.
    pub async fn query<T: DeserializeOwned>(self, key: Condition) -> Result<Vec<T>, StoreError> {
        Ok(serde_dynamo::from_items(self.query_items(key).await?)?)
    }

    /// The same, whatever kind of row each is.
    pub async fn query_items(self, key: Condition) -> Result<Vec<Item>, StoreError> {
        let mut values = Values::default();
        let request = self.client.query().table_name(self.name).consistent_read(true);
        let request = request.key_condition_expression(key.into_text(&mut values)).set_expression_attribute_values(values.into_map());
        Ok(request.into_paginator().items().send().collect::<Result<_, _>>().await?)
    }

    /// Writes the whole row at `key`, which is added to the attributes of `row`.
    pub fn put(self, key: Key, row: &impl Serialize) -> Result<Write<'d, Put>, StoreError> {
        let mut item: Item = serde_dynamo::to_item(row)?;
        item.extend(key);
        Ok(self.put_item(item))
    }

    /// Writes a whole row that has its key.
    pub fn put_item(self, item: Item) -> Write<'d, Put> {
        Write::new(self, Put(item))
    }

    /// Changes attributes of the row at `key`. DynamoDB makes the row where there is none, unless a condition forbids it.
    pub fn update(self, key: Key) -> Write<'d, Update> {
        Write::new(self, Update::of(key))
    }

    /// Deletes the row at `key`, if there is one.
    pub fn delete(self, key: Key) -> Write<'d, Delete> {
        Write::new(self, Delete(key))
    }

    /// Writes nothing: a condition on the row at `key` for a transaction.
    pub fn check(self, key: Key) -> Write<'d, Check> {
        Write::new(self, Check(key))
    }
}

/// An item as the row that it is.
pub(super) fn read<T: DeserializeOwned>(item: Option<Item>) -> Result<Option<T>, StoreError> {
    Ok(item.map(serde_dynamo::from_item).transpose()?)
}

//! One of the three tables, and reads that return its rows as the types they are.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::Select;
use serde::de::DeserializeOwned;

use super::expression::{Condition, Values};
use super::schema::{Item, Key};
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
        read(self.find_item(key).await?)
    }

    /// The same, whatever kind of row it is.
    pub async fn find_item(self, key: Key) -> Result<Option<Item>, StoreError> {
        let request = self.client.get_item().table_name(self.name).set_key(Some(key)).consistent_read(true);
        Ok(request.send().await?.item)
    }

    /// All rows of a partition that meet `key`, in the order of their sort keys: consistent, a Query for each megabyte.
    pub async fn query<T: DeserializeOwned>(self, key: Condition) -> Result<Vec<T>, StoreError> {
        Ok(serde_dynamo::from_items(self.query_items(key).await?)?)
    }

    /// The same, whatever kind of row each is.
    pub async fn query_items(self, key: Condition) -> Result<Vec<Item>, StoreError> {
        let mut values = Values::default();
        let request = self
            .client
            .query()
            .table_name(self.name)
            .consistent_read(true)
            .key_condition_expression(key.into_text(&mut values))
            .set_expression_attribute_values(values.into_map());
        Ok(request.into_paginator().items().send().collect::<Result<_, _>>().await?)
    }

    /// At most `limit` rows of a partition that meet `key`, after the one at `after`, and whether there are more.
    pub async fn query_page<T: DeserializeOwned>(
        self,
        key: Condition,
        after: Option<Key>,
        limit: usize,
    ) -> Result<(Vec<T>, bool), StoreError> {
        let mut values = Values::default();
        let (text, values) = (key.into_text(&mut values), values.into_map());
        let (mut items, mut from) = (Vec::new(), after);
        loop {
            // One row more tells whether there are more.
            let missing = i32::try_from(limit.saturating_add(1).saturating_sub(items.len())).unwrap_or(i32::MAX);
            let request = self.client.query().table_name(self.name).consistent_read(true).key_condition_expression(&text);
            let request = request.set_expression_attribute_values(values.clone()).set_exclusive_start_key(from).limit(missing);
            let page = request.send().await?;
            items.extend(page.items.unwrap_or_default());
            from = page.last_evaluated_key;
            if from.is_none() || items.len() > limit {
                break;
            }
        }
        let has_more = items.len() > limit;
        items.truncate(limit);
        Ok((serde_dynamo::from_items(items)?, has_more))
    }

    /// How many rows of a partition meet `key`: consistent, a Query for each megabyte.
    pub async fn count(self, key: Condition) -> Result<u64, StoreError> {
        let mut values = Values::default();
        let request = self
            .client
            .query()
            .table_name(self.name)
            .consistent_read(true)
            .select(Select::Count)
            .key_condition_expression(key.into_text(&mut values))
            .set_expression_attribute_values(values.into_map());
        let pages: Vec<_> = request.into_paginator().send().collect::<Result<_, _>>().await?;
        Ok(pages.iter().map(|page| u64::try_from(page.count).unwrap_or_default()).sum())
    }
}

/// An item as the row that it is.
pub(super) fn read<T: DeserializeOwned>(item: Option<Item>) -> Result<Option<T>, StoreError> {
    Ok(item.map(serde_dynamo::from_item).transpose()?)
}

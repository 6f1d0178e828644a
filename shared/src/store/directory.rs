//! What only an operator asks of the tables: lists, changes of a user's state, everything about one person. No function calls this.
//!
//! Scans are here and nowhere else, a page at a time, so that a table of any size needs the memory of one page.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, Delete, DeleteRequest, TransactWriteItem, Update, WriteRequest};
use serde::de::DeserializeOwned;
use thiserror::Error;

use super::schema::{self, Key, PK, SK, SUBJECT, n, s};
use super::transaction::{self, Outcome};
use super::{Database, EntityTokenRow, IssuedSessionRow, OneTimeTokenRow, SessionRow, StoreError, UserRow};
use crate::domain::{Acl, KeyId, Timestamp, UserId, Username};

/// Which of a user's two rows a scan reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserRows {
    /// Those under the name, with the password's hash.
    ByName,
    /// Those under the id, without it.
    ById,
}

/// A part of a scan: several are read side by side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Which part, from 0.
    pub number: u16,
    /// Of how many.
    pub of: u16,
}

impl Segment {
    /// The whole table.
    pub const WHOLE: Self = Self { number: 0, of: 1 };
}

/// Where a scan goes on.
#[derive(Clone, Debug)]
pub struct Cursor(Key);

/// A page of a scan. It may be empty and not the last.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// What was found.
    pub rows: Vec<T>,
    /// How many rows were read to find it.
    pub scanned: usize,
    /// Where to go on; `None` at the end.
    pub next: Option<Cursor>,
}

/// What changes in both rows of a user; what is absent stays.
#[derive(Clone, Debug, Default)]
pub struct UserChange {
    /// Disabled from when on, or active.
    pub disabled_at: Option<Option<Timestamp>>,
    /// The new rights, all of them.
    pub acl: Option<Acl>,
    /// Whether a new epoch begins, which ends every login.
    pub next_epoch: bool,
}

/// A token that a scan found.
#[derive(Clone, Debug)]
pub struct FoundToken {
    /// Its key.
    pub key: Key,
    /// What it is.
    pub row: FoundRow,
}

/// What a scan of the tokens found.
#[derive(Clone, Debug)]
pub enum FoundRow {
    /// An entity's token.
    Entity(EntityTokenRow),
    /// A one-time token.
    OneTime(OneTimeTokenRow),
}

/// A table, by what it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Users.
    Users,
    /// Tokens.
    Tokens,
    /// Sessions.
    Sessions,
}

/// The operator's view of the tables.
#[derive(Clone, Debug)]
pub struct Directory(Database);

/// DynamoDB takes so many deletes in one request.
const BATCH: usize = 25;
const BATCH_ATTEMPTS: usize = 10;

#[derive(Debug, Error)]
#[error("DynamoDB left deletes undone: it is throttling")]
struct Unprocessed;

impl Directory {
    /// The directory of `database`.
    #[must_use]
    pub fn new(database: &Database) -> Self {
        Self(database.clone())
    }

    fn table(&self, place: Place) -> &str {
        match place {
            Place::Users => &self.0.tables.users,
            Place::Tokens => &self.0.tables.tokens,
            Place::Sessions => &self.0.tables.sessions,
        }
    }

    /// The user of that id, without the password's hash. One consistent GetItem.
    ///
    /// # Errors
    /// [`StoreError`] if the table can not tell.
    pub async fn find_by_id(&self, id: UserId) -> Result<Option<UserRow>, StoreError> {
        let request = self.0.client.get_item().table_name(&self.0.tables.users);
        let output = request.set_key(Some(schema::user_by_id(id))).consistent_read(true).send().await?;
        output.item.map(serde_dynamo::from_item).transpose().map_err(StoreError::from)
    }

    /// A page of users; a Scan that reads consistently.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] if a row can not be read as a user.
    pub async fn users(&self, rows: UserRows, segment: Segment, from: Option<Cursor>) -> Result<Page<UserRow>, StoreError> {
        let prefix = match rows {
            UserRows::ByName => "name#",
            UserRows::ById => "id#",
        };
        let filter = format!("begins_with({PK}, :prefix)");
        let (items, scanned, next) = self.scan(Place::Users, &filter, [(":prefix", s(prefix))], segment, from).await?;
        Ok(Page { rows: serde_dynamo::from_items(items)?, scanned, next })
    }

    /// A page of the entity tokens of `subject`, and of the one-time tokens that are for `subject` or were made in that name.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] if a row can not be read as a token.
    pub async fn tokens_about(&self, subject: &str, segment: Segment, from: Option<Cursor>) -> Result<Page<FoundToken>, StoreError> {
        let filter = "entity_user_id = :subject OR customer_id = :subject OR issuer_id = :subject";
        let (items, scanned, next) = self.scan(Place::Tokens, filter, [(":subject", s(subject))], segment, from).await?;
        let rows = items.into_iter().map(|item| {
            let key = token_key(&item);
            let is_entity = key.get(PK).and_then(|pk| pk.as_s().ok()).is_some_and(|pk| pk.starts_with("entity-token#"));
            let row = if is_entity {
                FoundRow::Entity(serde_dynamo::from_item(item)?)
            } else {
                FoundRow::OneTime(serde_dynamo::from_item(item)?)
            };
            Ok(FoundToken { key, row })
        });
        Ok(Page { rows: rows.collect::<Result<_, StoreError>>()?, scanned, next })
    }

    async fn scan<const N: usize>(
        &self,
        place: Place,
        filter: &str,
        values: [(&str, AttributeValue); N],
        segment: Segment,
        from: Option<Cursor>,
    ) -> Result<(Vec<Key>, usize, Option<Cursor>), StoreError> {
        let values = values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let scan = self.0.client.scan().table_name(self.table(place)).consistent_read(true).filter_expression(filter);
        let scan = scan.set_expression_attribute_values(Some(values)).set_exclusive_start_key(from.map(|cursor| cursor.0));
        let page = scan.segment(segment.number.into()).total_segments(segment.of.max(1).into()).send().await?;
        let scanned = usize::try_from(page.scanned_count).unwrap_or_default();
        Ok((page.items.unwrap_or_default(), scanned, page.last_evaluated_key.map(Cursor)))
    }

    /// Changes both rows of a user if they are as they were read: the name is still that user's, in the same epoch and state and,
    /// where the rights change, with the same rights. `false` if somebody else changed or deleted the user meanwhile; nothing is
    /// written then.
    ///
    /// # Errors
    /// [`StoreError`] if the table can not tell.
    pub async fn change_user(&self, user: &UserRow, change: &UserChange) -> Result<bool, StoreError> {
        let mut condition = "user_id = :id AND epoch = :epoch".to_owned();
        let mut values = HashMap::from([(":id".to_owned(), s(user.user_id.to_string())), (":epoch".to_owned(), n(user.epoch))]);
        match user.disabled_at {
            Some(at) => {
                condition.push_str(" AND disabled_at = :was_disabled_at");
                values.insert(":was_disabled_at".to_owned(), n(at.unix()));
            }
            None => condition.push_str(" AND attribute_not_exists(disabled_at)"),
        }
        // Something is always set, since an update can not do nothing.
        let mut expression = "SET user_id = :id".to_owned();
        if change.next_epoch {
            expression.push_str(", epoch = :next");
            values.insert(":next".to_owned(), n(user.epoch.saturating_add(1)));
        }
        if let Some(acl) = &change.acl {
            expression.push_str(", acl = :acl");
            values.insert(":acl".to_owned(), s(serde_json::to_string(acl).map_err(StoreError::corrupt)?));
            condition.push_str(" AND acl = :was_acl");
        }
        match change.disabled_at {
            Some(Some(at)) => {
                expression.push_str(", disabled_at = :disabled_at");
                values.insert(":disabled_at".to_owned(), n(at.unix()));
            }
            Some(None) => expression.push_str(" REMOVE disabled_at"),
            None => {}
        }

        let mut items = Vec::new();
        for key in [schema::user_by_name(&Username::normalised(&user.username)), schema::user_by_id(user.user_id)] {
            let mut values = values.clone();
            if change.acl.is_some() {
                let Some(text) = self.acl_text(&key, &user.acl).await? else { return Ok(false) };
                values.insert(":was_acl".to_owned(), text);
            }
            let update = Update::builder().table_name(&self.0.tables.users).set_key(Some(key)).update_expression(&expression);
            let update = update.condition_expression(&condition).set_expression_attribute_values(Some(values)).build()?;
            items.push(TransactWriteItem::builder().update(update));
        }
        Ok(transaction::write(&self.0.client, items).await? == Outcome::Committed)
    }

    /// The rights in the row at `key` as they are written there, if they still mean `acl`: a row that somebody wrote by hand may have
    /// other white space, and only the text can be a condition.
    async fn acl_text(&self, key: &Key, acl: &Acl) -> Result<Option<AttributeValue>, StoreError> {
        let request = self.0.client.get_item().table_name(&self.0.tables.users).set_key(Some(key.clone()));
        let row = request.projection_expression("acl").consistent_read(true).send().await?.item;
        let text = row.and_then(|mut row| row.remove("acl"));
        let meant =
            |value: &AttributeValue| value.as_s().is_ok_and(|text| serde_json::from_str(text).is_ok_and(|there: Acl| there == *acl));
        Ok(text.filter(meant))
    }

    /// Deletes both rows of a user, or what is left of them. The name's row goes only if it is this user's.
    ///
    /// # Errors
    /// [`StoreError`] if the table can not tell.
    pub async fn delete_user(&self, user: &UserRow) -> Result<bool, StoreError> {
        let delete = |key: Key| {
            let delete = Delete::builder().table_name(&self.0.tables.users).set_key(Some(key));
            let delete = delete.condition_expression(format!("attribute_not_exists({PK}) OR user_id = :id"));
            delete.expression_attribute_values(":id", s(user.user_id.to_string())).build()
        };
        let deletes = [delete(schema::user_by_name(&Username::normalised(&user.username)))?, delete(schema::user_by_id(user.user_id))?];
        let items = deletes.map(|delete| TransactWriteItem::builder().delete(delete));
        Ok(transaction::write(&self.0.client, items).await? == Outcome::Committed)
    }

    /// Deletes an API key; `false` if there is none. A transaction, so that a retry after a lost answer is told "deleted" too.
    ///
    /// # Errors
    /// [`StoreError`] if the table can not tell.
    pub async fn delete_api_key(&self, user: UserId, id: KeyId) -> Result<bool, StoreError> {
        let delete = Delete::builder().table_name(&self.0.tables.tokens).set_key(Some(schema::api_key(user, id)));
        let delete = delete.condition_expression(format!("attribute_exists({PK})")).build()?;
        Ok(transaction::write(&self.0.client, [TransactWriteItem::builder().delete(delete)]).await? == Outcome::Committed)
    }

    /// All sessions of a user or a customer, oldest first.
    ///
    /// # Errors
    /// [`StoreError`] if the table can not tell.
    pub async fn sessions_of(&self, subject: &str) -> Result<Vec<SessionRow>, StoreError> {
        let mut rows: Vec<SessionRow> = self.query(Place::Sessions, SUBJECT, subject).await?;
        rows.sort_by_key(|row| (row.created_at, row.session_id));
        Ok(rows)
    }

    /// Whose sessions were made in a user's name.
    ///
    /// # Errors
    /// [`StoreError`] if the table can not tell.
    pub async fn sessions_issued_by(&self, user: UserId) -> Result<Vec<IssuedSessionRow>, StoreError> {
        self.query(Place::Sessions, SUBJECT, &schema::sessions_issued_by(user)).await
    }

    /// The keys of all rows of a partition of the tokens, whatever they are.
    ///
    /// # Errors
    /// [`StoreError`] if the table can not tell.
    pub async fn token_keys_in(&self, partition: &str) -> Result<Vec<Key>, StoreError> {
        Ok(self.query_items(Place::Tokens, PK, partition).await?.iter().map(token_key).collect())
    }

    async fn query<T: DeserializeOwned>(&self, place: Place, name: &str, value: &str) -> Result<Vec<T>, StoreError> {
        serde_dynamo::from_items(self.query_items(place, name, value).await?).map_err(StoreError::from)
    }

    async fn query_items(&self, place: Place, name: &str, value: &str) -> Result<Vec<Key>, StoreError> {
        let mut items = Vec::new();
        let mut start = None;
        loop {
            let query = self.0.client.query().table_name(self.table(place)).consistent_read(true);
            let query = query.key_condition_expression("#name = :value").expression_attribute_names("#name", name);
            let page = query.expression_attribute_values(":value", s(value)).set_exclusive_start_key(start).send().await?;
            items.extend(page.items.unwrap_or_default());
            start = page.last_evaluated_key;
            if start.is_none() {
                return Ok(items);
            }
        }
    }

    /// Deletes rows by key, as many as there are in as few requests as it takes. A row that is gone is deleted.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if DynamoDB still throttles after several tries.
    pub async fn delete_rows(&self, place: Place, keys: &[Key]) -> Result<(), StoreError> {
        for chunk in keys.chunks(BATCH) {
            let mut left = chunk.iter().map(|key| {
                let delete = DeleteRequest::builder().set_key(Some(key.clone())).build()?;
                Ok(WriteRequest::builder().delete_request(delete).build())
            });
            let mut left: Vec<WriteRequest> = left.by_ref().collect::<Result<_, StoreError>>()?;
            for _ in 0..BATCH_ATTEMPTS {
                if left.is_empty() {
                    break;
                }
                let output = self.0.client.batch_write_item().request_items(self.table(place), left).send().await?;
                left = output.unprocessed_items.unwrap_or_default().into_values().flatten().collect();
            }
            if !left.is_empty() {
                return Err(StoreError::unavailable(Unprocessed));
            }
        }
        Ok(())
    }
}

fn token_key(item: &Key) -> Key {
    item.iter().filter(|(name, _)| [PK, SK].contains(&name.as_str())).map(|(name, value)| (name.clone(), value.clone())).collect()
}

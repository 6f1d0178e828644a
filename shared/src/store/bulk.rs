//! Users many at a time, as an import brings them. No function calls this.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{KeysAndAttributes, Put, TransactWriteItem};
use thiserror::Error;

use super::schema::{Key, PK, n, s};
use super::transaction::{self, Outcome, Refusal};
use super::{Database, StoreError, UserRow, Users, users};
use crate::domain::Username;

/// What an arriving user met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// Nobody: neither the name nor the id is taken.
    New,
    /// The same user, equal in everything.
    Equal,
    /// The same user, by name and id, who is not equal.
    Different,
    /// Somebody else, who has the name or the id.
    Taken,
}

/// How the replacement of a user ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replacement {
    /// Both rows are as they arrived, but for the epoch.
    Replaced,
    /// They were already.
    Unneeded,
    /// Others kept changing the user, or the name is another's.
    Lost,
}

/// Writes users many at a time.
#[derive(Clone, Debug)]
pub struct BulkUsers(Database);

/// So many of a user's pairs of rows fit into one transaction, which has at most 100 items.
pub const USERS_AT_ONCE: usize = 50;
const ATTEMPTS: usize = 5;

#[derive(Debug, Error)]
#[error("DynamoDB left keys unread: it is throttling")]
struct Unprocessed;

/// A user's rows: under the name, under the id.
type Pair = [Key; 2];

impl BulkUsers {
    /// The users in `database`.
    #[must_use]
    pub fn new(database: &Database) -> Self {
        Self(database.clone())
    }

    /// Makes those of `users` whose name and id nobody has, each both rows or none, and tells what each of them met; nobody is
    /// overwritten. At most [`USERS_AT_ONCE`], no two of which have a name or an id in common.
    ///
    /// One transaction where all are new. Where some are not it is cancelled, which tells who they are, and goes again without them:
    /// who is refused once is not tried again, so this ends, and mostly after two.
    ///
    /// # Errors
    /// [`StoreError`] if the table can not tell; some of the users may be there then.
    pub async fn insert(&self, users: &[UserRow]) -> Result<Vec<Arrival>, StoreError> {
        let mut arrivals = vec![Arrival::New; users.len()];
        let mut waiting: Vec<(&mut Arrival, Pair)> =
            arrivals.iter_mut().zip(users).map(|(arrival, user)| Ok((arrival, users::rows(user)?))).collect::<Result<_, StoreError>>()?;
        while !waiting.is_empty() {
            let puts = waiting.iter().flat_map(|(_, pair)| pair).map(|item| users::put_new(&self.0, item.clone()));
            let puts = puts.collect::<Result<Vec<_>, StoreError>>()?;
            let Outcome::Refused(refusals) = transaction::write(&self.0.client, puts).await? else { break };
            let mut refused: HashMap<usize, [Option<Key>; 2]> = HashMap::new();
            for Refusal { index, row } in refusals {
                let [by_name, by_id] = refused.entry(index / 2).or_default();
                *(if index % 2 == 0 { by_name } else { by_id }) = row;
            }
            let mut still = Vec::new();
            for (position, (arrival, pair)) in waiting.into_iter().enumerate() {
                match refused.remove(&position) {
                    Some(found) => *arrival = meet(&pair, found),
                    None => still.push((arrival, pair)),
                }
            }
            waiting = still;
        }
        Ok(arrivals)
    }

    /// What [`Self::insert`] would tell, without writing anything.
    ///
    /// # Errors
    /// [`StoreError`] if the table can not tell.
    pub async fn compare(&self, users: &[UserRow]) -> Result<Vec<Arrival>, StoreError> {
        let pairs = users.iter().map(users::rows).collect::<Result<Vec<_>, _>>()?;
        let keys = pairs.iter().flatten().filter_map(|item| Some(Key::from([(PK.to_owned(), item.get(PK)?.clone())])));
        let rows = self.read(keys.collect()).await?;
        let found = |wanted: &Key| rows.iter().find(|row| row.get(PK) == wanted.get(PK)).cloned();
        Ok(pairs.iter().map(|pair| meet(pair, pair.each_ref().map(found))).collect())
    }

    async fn read(&self, keys: Vec<Key>) -> Result<Vec<Key>, StoreError> {
        let (mut keys, mut rows) = (keys, Vec::new());
        for _ in 0..ATTEMPTS {
            if keys.is_empty() {
                return Ok(rows);
            }
            let wanted = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build()?;
            let output = self.0.client.batch_get_item().request_items(&self.0.tables.users, wanted).send().await?;
            rows.extend(output.responses.unwrap_or_default().into_values().flatten());
            keys = output.unprocessed_keys.unwrap_or_default().into_values().flat_map(|left| left.keys).collect();
        }
        if keys.is_empty() { Ok(rows) } else { Err(StoreError::unavailable(Unprocessed)) }
    }

    /// Makes the user of that name and id what `user` says. Unless only the epoch was behind, a new epoch begins: what ended before
    /// does not come to life again, and what began under the old password ends.
    ///
    /// # Errors
    /// [`StoreError`] if the table can not tell.
    pub async fn replace(&self, user: &UserRow) -> Result<Replacement, StoreError> {
        let by_name = Users::new(&self.0);
        for _ in 0..ATTEMPTS {
            let old = by_name.find_by_name(&Username::normalised(&user.username)).await?;
            let Some(old) = old.filter(|old| old.user_id == user.user_id) else { return Ok(Replacement::Lost) };
            let is_same = users::rows(&UserRow { epoch: old.epoch, ..user.clone() })? == users::rows(&old)?;
            if is_same && old.epoch >= user.epoch {
                return Ok(Replacement::Unneeded);
            }
            let epoch = if is_same { user.epoch } else { user.epoch.max(old.epoch.saturating_add(1)) };
            let hash = old.password_hash.as_ref().map_or("", |hash| hash.expose());
            let [by_name, by_id] = users::rows(&UserRow { epoch, ..user.clone() })?.map(|item| {
                let put = Put::builder().table_name(&self.0.tables.users).set_item(Some(item));
                put.expression_attribute_values(":id", s(old.user_id.to_string())).expression_attribute_values(":epoch", n(old.epoch))
            });
            let by_name = by_name.condition_expression("user_id = :id AND epoch = :epoch AND password_hash = :hash");
            let by_name = by_name.expression_attribute_values(":hash", s(hash)).build()?;
            let by_id = by_id.condition_expression("user_id = :id AND epoch = :epoch").build()?;
            let items = [by_name, by_id].map(|put| TransactWriteItem::builder().put(put));
            if transaction::write(&self.0.client, items).await? == Outcome::Committed {
                return Ok(Replacement::Replaced);
            }
        }
        Ok(Replacement::Lost)
    }
}

fn meet(wanted: &Pair, found: [Option<Key>; 2]) -> Arrival {
    let [by_name, by_id] = wanted;
    match found {
        [None, None] => Arrival::New,
        [Some(name_row), Some(id_row)] if name_row == *by_name && id_row == *by_id => Arrival::Equal,
        [Some(name_row), Some(_)] if name_row.get("user_id") == by_id.get("user_id") => Arrival::Different,
        _ => Arrival::Taken,
    }
}

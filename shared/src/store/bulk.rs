//! Many users at a time, for an import. No function calls this.

use super::batch::read_all;
use super::schema::{EPOCH, FAILED_ATTEMPT_IDS, Item, Key, PK, USER_ID};
use super::transaction::Outcome;
use super::{Database, StoreError, UserRow, Users, listed_users, users};
use crate::domain::Username;

/// How an imported user compares with the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// Neither the name nor the id is taken.
    New,
    /// The user exists and is equal in everything.
    Equal,
    /// The user exists, with this name and id, and differs.
    Different,
    /// Another user has the name or the id.
    Taken,
}

/// How the replacement of a user ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replacement {
    /// All rows are as imported, except for the epoch.
    Replaced,
    /// They were so already.
    Unneeded,
    /// Others kept changing the user, or the name belongs to another.
    Lost,
}

/// Writes users many at a time.
#[derive(Clone, Debug)]
pub struct BulkUsers(Database);

/// The most users in one transaction, which has at most 100 items: each user has three rows.
pub const USERS_AT_ONCE: usize = 33;
const ATTEMPTS: usize = 5;

/// A user's rows that compare with others': under the name, under the id.
type Pair = [Item; 2];

impl BulkUsers {
    /// The users in `database`.
    #[must_use]
    pub fn new(database: &Database) -> Self {
        Self(database.clone())
    }

    /// Creates those of `users` whose name and id are free, all rows or none of each, and overwrites nobody. Returns
    /// how each compares. Takes at most [`USERS_AT_ONCE`], no two of which share a name or an id.
    ///
    /// One transaction if all are new. If some are not, DynamoDB cancels it and says which, and the next one leaves
    /// them out. No user is tried again after a refusal, so this ends, mostly after two transactions.
    ///
    /// # Errors
    /// [`StoreError`] if the table does not answer; some of the users may have been created by then.
    pub async fn insert(&self, users: &[UserRow]) -> Result<Vec<Comparison>, StoreError> {
        let mut arrivals = vec![Comparison::New; users.len()];
        let rows = |user| Ok::<_, StoreError>((users::rows(user)?, listed_users::put(&self.0, user)?));
        let mut waiting = arrivals
            .iter_mut()
            .zip(users)
            .map(|(arrival, user)| rows(user).map(|(pair, listed)| (arrival, pair, listed)))
            .collect::<Result<Vec<_>, _>>()?;
        while !waiting.is_empty() {
            let mut transaction = self.0.transaction();
            let mut writes = Vec::new();
            for (_, pair, listed) in &waiting {
                writes.push(pair.each_ref().map(|item| transaction.add(users::insert_row(&self.0, item.clone()))));
                transaction.add(listed.clone());
            }
            let Outcome::Refused(refusal) = transaction.commit().await? else { break };
            let mut still = Vec::new();
            for ((arrival, pair, listed), writes) in waiting.into_iter().zip(writes) {
                if writes.iter().any(|write| refusal.is_of(*write)) {
                    *arrival = compare(&pair, writes.map(|write| refusal.row(write).cloned()));
                } else {
                    still.push((arrival, pair, listed));
                }
            }
            waiting = still;
        }
        Ok(arrivals)
    }

    /// Returns what [`Self::insert`] would, and writes nothing.
    ///
    /// # Errors
    /// [`StoreError`] if the table does not answer.
    pub async fn compare(&self, users: &[UserRow]) -> Result<Vec<Comparison>, StoreError> {
        let pairs = users.iter().map(users::rows).collect::<Result<Vec<_>, _>>()?;
        let keys = pairs.iter().flatten().filter_map(|item| Some(Key::from([(PK.name().to_owned(), item.get(PK.name())?.clone())])));
        let rows = read_all(&self.0.client, [(self.0.tables.users.clone(), keys.collect())].into()).await?;
        let rows: Vec<_> = rows.into_values().flatten().collect();
        let found = |wanted: &Item| rows.iter().find(|row| row.get(PK.name()) == wanted.get(PK.name())).cloned();
        Ok(pairs.iter().map(|pair| compare(pair, pair.each_ref().map(found))).collect())
    }

    /// Replaces the user of that name and id by `user`. Unless only the epoch was behind, a new epoch begins: a session
    /// that had ended stays ended, and a session that began under the old password ends.
    ///
    /// # Errors
    /// [`StoreError`] if the table does not answer.
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
            let is_unchanged = || USER_ID.is(old.user_id).and(EPOCH.is(old.epoch));
            let [by_name, by_id] = users::rows(&UserRow { epoch, ..user.clone() })?.map(|item| self.0.users().put_item(item));
            let by_name = by_name.only_if(is_unchanged().and(users::has_hash_of(&old)));
            if self.0.write_all([by_name, by_id.only_if(is_unchanged()), listed_users::put(&self.0, user)?]).await? {
                return Ok(Replacement::Replaced);
            }
        }
        Ok(Replacement::Lost)
    }
}

/// Compares a user's rows with those that are `found` under the same keys. Wrong passwords make nobody different.
fn compare(wanted: &Pair, mut found: [Option<Item>; 2]) -> Comparison {
    let [by_name, by_id] = wanted;
    for row in found.iter_mut().flatten() {
        row.remove(FAILED_ATTEMPT_IDS.name());
    }
    match found {
        [None, None] => Comparison::New,
        [Some(name_row), Some(id_row)] if name_row == *by_name && id_row == *by_id => Comparison::Equal,
        [Some(name_row), Some(_)] if name_row.get(USER_ID.name()) == by_id.get(USER_ID.name()) => Comparison::Different,
        _ => Comparison::Taken,
    }
}

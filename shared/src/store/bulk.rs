//! Many users at a time, for an import. No function calls this.

use super::batch::read_all;
use super::email_addresses::{self, Release};
use super::schema::{self, EMAIL, EPOCH, FAILED_ATTEMPT_IDS, Item, Key, PASSWORD_EPOCH, PASSWORD_SET_AT, PK, USER_ID};
use super::transaction::{Outcome, WriteId};
use super::{Database, StoreError, UserRow, Users, listed_users, passwords, users};
use crate::domain::{EmailAddress, Username};

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

/// What became of an imported user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// How the user compares.
    pub comparison: Comparison,
    /// Whether the address is another user's: it is written into the user's rows, and takes no effect.
    pub address_is_taken: bool,
}

/// How the replacement of a user ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replacement {
    /// All rows are as imported, except for the epoch.
    Replaced,
    /// The same, and the address is another user's: it takes no effect.
    ReplacedWithoutAddress,
    /// They were so already.
    Unneeded,
    /// Others kept changing the user, or the name belongs to another.
    Lost,
}

/// Writes users many at a time.
#[derive(Clone, Debug)]
pub struct BulkUsers(Database);

/// The most users in one transaction, which has at most 100 items: each user has three rows, the row of an address, and at most three
/// checks that it is nobody's name, and the name nobody's address.
pub const USERS_AT_ONCE: usize = 14;
const ATTEMPTS: usize = 5;

/// A user's rows that compare with others': under the name, under the id.
type Pair = [Item; 2];

/// What a transaction writes of a user.
struct Written {
    pair: Pair,
    rows: [WriteId; 2],
    name: Option<WriteId>,
    claims: Vec<WriteId>,
}

/// What must not be the same in two users of one transaction: DynamoDB refuses one that names a row twice.
#[must_use]
pub fn places(user: &UserRow) -> Vec<String> {
    let own = [schema::user_by_name(&Username::normalised(&user.username)), schema::user_by_id(user.user_id)];
    let keys = own.into_iter().chain(others_of(user));
    keys.filter_map(|key| key.get(PK.name())?.as_s().ok().cloned()).collect()
}

/// The rows that are written or checked for a user's address, and for a name that is one.
fn others_of(user: &UserRow) -> Vec<Key> {
    let in_name = email_addresses::in_name(user).map(|address| place_of(&address));
    user.mailbox().iter().flat_map(claimed).chain(in_name).collect()
}

/// Whether the user's name is the user's address.
fn is_named_by_address(user: &UserRow) -> bool {
    email_addresses::name_as_address(user).is_some_and(|address| user.has_address(&address))
}

fn place_of(address: &EmailAddress) -> Key {
    schema::email_address(&address.place())
}

/// The row of an address, and the rows of the names that it is.
fn claimed(address: &EmailAddress) -> Vec<Key> {
    let names = address.names().into_iter().filter(Username::is_possible);
    std::iter::once(place_of(address)).chain(names.map(|name| schema::user_by_name(&name))).collect()
}

impl BulkUsers {
    /// The users in `database`.
    #[must_use]
    pub fn new(database: &Database) -> Self {
        Self(database.clone())
    }

    /// Creates those of `users` whose name and id are free, all rows or none of each, and overwrites nobody. An address that is another
    /// user's takes no effect. Returns how each compares. Takes at most [`USERS_AT_ONCE`], no two of which share one of their
    /// [`places`].
    ///
    /// One transaction if all are new. If some are not, DynamoDB cancels it and says which, and the next one leaves
    /// them out. No user is tried again after a refusal but once without the address, so this ends, mostly after two transactions.
    ///
    /// # Errors
    /// [`StoreError`] if the table does not answer; some of the users may have been created by then.
    pub async fn insert(&self, users: &[UserRow]) -> Result<Vec<Arrival>, StoreError> {
        let mut arrivals = vec![Arrival { comparison: Comparison::New, address_is_taken: false }; users.len()];
        let mut waiting: Vec<_> = arrivals.iter_mut().zip(users).collect();
        while !waiting.is_empty() {
            let mut transaction = self.0.transaction();
            let mut written = Vec::new();
            for (arrival, user) in &waiting {
                let pair = users::rows(user)?;
                let rows = pair.each_ref().map(|item| transaction.add(users::insert_row(&self.0, item.clone())));
                transaction.add(listed_users::put(&self.0, user)?);
                let name = email_addresses::check_name(&self.0, &mut transaction, user);
                let claims = match user.mailbox().filter(|_| !arrival.address_is_taken) {
                    Some(address) => email_addresses::claim(&self.0, &mut transaction, user, &address)?,
                    None => Vec::new(),
                };
                written.push(Written { pair, rows, name, claims });
            }
            let Outcome::Refused(refusal) = transaction.commit().await? else { break };
            let mut still = Vec::new();
            for ((arrival, user), Written { pair, rows, name, claims }) in waiting.into_iter().zip(written) {
                let is_refused = |write: &WriteId| refusal.is_of(*write);
                if rows.iter().any(is_refused) {
                    arrival.comparison = compare(&pair, rows.map(|write| refusal.row(write).cloned()));
                } else if name.as_ref().is_some_and(is_refused) || (is_named_by_address(user) && claims.iter().any(is_refused)) {
                    arrival.comparison = Comparison::Taken;
                } else {
                    arrival.address_is_taken |= claims.iter().any(is_refused);
                    still.push((arrival, user));
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
    pub async fn compare(&self, users: &[UserRow]) -> Result<Vec<Arrival>, StoreError> {
        let pairs = users.iter().map(users::rows).collect::<Result<Vec<_>, _>>()?;
        let mut keys: Vec<Key> = Vec::new();
        let own = pairs.iter().flatten().filter_map(|item| Some(Key::from([(PK.name().to_owned(), item.get(PK.name())?.clone())])));
        for key in own.chain(users.iter().flat_map(others_of)) {
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        let rows = read_all(&self.0.client, [(self.0.tables.users.clone(), keys)].into()).await?;
        let rows: Vec<_> = rows.into_values().flatten().collect();
        let found = |wanted: &Item| rows.iter().find(|row| row.get(PK.name()) == wanted.get(PK.name())).cloned();
        let is_anothers = |key: &Key, by_id: &Item| found(key).is_some_and(|row| row.get(USER_ID.name()) != by_id.get(USER_ID.name()));
        Ok(pairs
            .iter()
            .zip(users)
            .map(|(pair, user)| {
                let [_, by_id] = pair;
                let comparison = compare(pair, pair.each_ref().map(found));
                let is_address_taken = user.mailbox().is_some_and(|address| claimed(&address).iter().any(|key| is_anothers(key, by_id)));
                let is_name_taken = email_addresses::in_name(user).is_some_and(|address| is_anothers(&place_of(&address), by_id));
                let is_name_taken = is_name_taken || (is_address_taken && is_named_by_address(user));
                match comparison {
                    Comparison::New if is_name_taken => Arrival { comparison: Comparison::Taken, address_is_taken: false },
                    Comparison::New => Arrival { comparison, address_is_taken: is_address_taken },
                    _ => Arrival { comparison, address_is_taken: false },
                }
            })
            .collect())
    }

    /// Replaces the user of that name and id by `user`. Unless only the epoch was behind, a new epoch begins: a session
    /// that had ended stays ended, and a session that began under the old password ends.
    ///
    /// # Errors
    /// [`StoreError`] if the table does not answer.
    pub async fn replace(&self, user: &UserRow) -> Result<Replacement, StoreError> {
        let by_name = Users::new(&self.0);
        for _ in 0..ATTEMPTS {
            let found = by_name.find_for_login(&Username::normalised(&user.username)).await?;
            let Some(found) = found.filter(|found| found.user.user_id == user.user_id) else { return Ok(Replacement::Lost) };
            let old = &found.user;
            let is_same = users::rows(&UserRow { epoch: old.epoch, ..user.clone() })? == users::rows(old)?;
            if is_same && old.epoch >= user.epoch {
                return Ok(Replacement::Unneeded);
            }
            let epoch = if is_same { user.epoch } else { user.epoch.max(old.epoch.saturating_add(1)) };
            let email = || old.email.as_deref().map_or_else(|| EMAIL.is_absent(), |email| EMAIL.is(email));
            let is_unchanged = || USER_ID.is(old.user_id).and(EPOCH.is(old.epoch)).and(email());
            let former = old.mailbox().filter(|former| !user.has_address(former));
            let release: Option<Release<'_>> = match &former {
                Some(former) => Some(email_addresses::release(&self.0, user.user_id, former).await?),
                None => None,
            };
            for address in [user.mailbox(), None] {
                let [mut by_name, by_id] = users::rows(&UserRow { epoch, ..user.clone() })?;
                by_name.extend(found.of_password());
                let [by_name, by_id] = [by_name, by_id].map(|item| self.0.users().put_item(item));
                let mut transaction = self.0.transaction();
                transaction.add(by_name.only_if(is_unchanged().and(passwords::has_hash_of(old))));
                transaction.add(by_id.only_if(is_unchanged()));
                transaction.add(listed_users::put(&self.0, user)?);
                if let Some(release) = release.clone() {
                    transaction.add(release);
                }
                let claims = match &address {
                    Some(address) => email_addresses::claim(&self.0, &mut transaction, user, address)?,
                    None => Vec::new(),
                };
                match transaction.commit().await? {
                    Outcome::Committed if address.is_none() && user.mailbox().is_some() => return Ok(Replacement::ReplacedWithoutAddress),
                    Outcome::Committed => return Ok(Replacement::Replaced),
                    Outcome::Refused(refusal) if !claims.is_empty() && refusal.is_only_among(&claims) => {}
                    Outcome::Refused(_) => break,
                }
            }
        }
        Ok(Replacement::Lost)
    }
}

/// Compares a user's rows with those that are `found` under the same keys. Neither wrong passwords nor when the right one was set make
/// anybody different.
fn compare(wanted: &Pair, mut found: [Option<Item>; 2]) -> Comparison {
    let [by_name, by_id] = wanted;
    for row in found.iter_mut().flatten() {
        for attribute in [FAILED_ATTEMPT_IDS, PASSWORD_SET_AT, PASSWORD_EPOCH] {
            row.remove(attribute.name());
        }
    }
    match found {
        [None, None] => Comparison::New,
        [Some(name_row), Some(id_row)] if name_row == *by_name && id_row == *by_id => Comparison::Equal,
        [Some(name_row), Some(_)] if name_row.get(USER_ID.name()) == by_id.get(USER_ID.name()) => Comparison::Different,
        _ => Comparison::Taken,
    }
}

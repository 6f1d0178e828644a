//! List rows of users who have none, because an earlier release made them, or a wrong one, because somebody wrote into the
//! tables by hand.

use std::collections::HashMap;

use super::scan::scan;
use super::{Cursor, Directory, Page, Segment};
use crate::store::batch::read_all;
use crate::store::expression::Condition;
use crate::store::listed_users::{self, LISTED};
use crate::store::schema::{self, ERASED_AT, ID_PREFIX, Item, Key, PK, SK, USER_ID};
use crate::store::{StoreError, transaction::Outcome};

/// The most rows that DynamoDB reads in one batch.
const BATCH: usize = 100;

/// A user whose list row is missing or wrong, as the row under the id has them.
#[derive(Clone, Debug)]
pub struct UnlistedUser {
    by_id: Item,
    listed: Item,
}

impl Directory {
    /// A page of the users whose list rows are missing or wrong; a Scan that reads consistently.
    ///
    /// # Errors
    /// [`StoreError`] if a table does not answer.
    pub async fn unlisted(&self, segment: Segment, from: Option<Cursor>) -> Result<Page<UnlistedUser>, StoreError> {
        let is_user = PK.begins_with(ID_PREFIX).and(ERASED_AT.is_absent());
        let Page { rows, scanned, next } = scan(self.0.users(), is_user, segment, from).await?;
        let users = rows.into_iter().filter_map(|by_id| Some(UnlistedUser { listed: listed_users::item_of(&by_id)?, by_id }));
        let mut unlisted: Vec<_> = users.collect();
        let mut listed = Vec::new();
        for chunk in unlisted.chunks(BATCH) {
            // DynamoDB refuses a batch that names a row twice, as two users of one name would.
            let names = chunk.iter().filter_map(|user| user.listed.get(SK.name())?.as_s().ok());
            let keys: HashMap<_, Key> = names.map(|name| (name, schema::listed_user_at(name))).collect();
            let keys = HashMap::from([(self.0.tables.tokens.clone(), keys.into_values().collect())]);
            listed.extend(read_all(&self.0.client, keys).await?.into_values().flatten());
        }
        unlisted.retain(|user| !listed.contains(&user.listed));
        Ok(Page { rows: unlisted, scanned, next })
    }

    /// Writes the list row of a user, if the row under the id is still as it was read. `false` if somebody changed the user
    /// meanwhile, or another user is listed under the name.
    ///
    /// # Errors
    /// [`StoreError`] if a table does not answer.
    pub async fn list_user(&self, user: &UnlistedUser) -> Result<bool, StoreError> {
        let (Some(key), Some(id)) = (user.by_id.get(PK.name()), user.by_id.get(USER_ID.name())) else { return Ok(false) };
        let key = Key::from([(PK.name().to_owned(), key.clone())]);
        let is_as_read = |attribute: &schema::Attribute| match user.by_id.get(attribute.name()) {
            Some(value) => attribute.is(value.clone()),
            None => attribute.is_absent(),
        };
        let Some(is_as_read) = LISTED.iter().map(is_as_read).reduce(Condition::and) else { return Ok(false) };
        let mut transaction = self.0.transaction();
        transaction.add(self.0.users().check(key).only_if(is_as_read));
        let is_free = PK.is_absent().or(USER_ID.is(id.clone()));
        transaction.add(self.0.tokens().put_item(user.listed.clone()).only_if(is_free));
        Ok(matches!(transaction.commit().await?, Outcome::Committed))
    }
}

//! The addresses of users, and whose each is: what an operator decides where several users have one.

use std::collections::HashMap;

use super::{Cursor, Directory, Page, Segment, UserRows};
use crate::domain::{EmailAddress, UserId};
use crate::store::batch::read_all;
use crate::store::schema::{self, EMAIL, Key, PK, USER_ID};
use crate::store::transaction::Outcome;
use crate::store::{EmailAddressRow, StoreError, UserRow, email_addresses};

/// The most rows that DynamoDB reads in one batch.
const BATCH: usize = 100;

/// The address that a user's row has.
#[derive(Clone, Debug)]
pub struct GivenAddress {
    /// The user, without the password's hash.
    pub user: UserRow,
    /// The address.
    pub address: EmailAddress,
    /// For whom it takes effect.
    pub owner: Option<UserId>,
}

impl Directory {
    /// A page of the addresses that users have; a Scan that reads consistently. What is no address is left out.
    ///
    /// # Errors
    /// [`StoreError`] if the table does not answer.
    pub async fn addresses(&self, segment: Segment, from: Option<Cursor>) -> Result<Page<GivenAddress>, StoreError> {
        let Page { rows, scanned, next } = self.users(UserRows::ById, segment, from).await?;
        let mut given: Vec<_> =
            rows.into_iter().filter_map(|user| Some(GivenAddress { address: user.mailbox()?, user, owner: None })).collect();
        for chunk in given.chunks_mut(BATCH) {
            // DynamoDB refuses a batch that names a row twice, as two users of one address would.
            let keys: HashMap<_, Key> =
                chunk.iter().map(|given| (given.address.place(), schema::email_address(&given.address.place()))).collect();
            let keys = HashMap::from([(self.0.tables.users.clone(), keys.into_values().collect())]);
            let mut owners = HashMap::new();
            for item in read_all(&self.0.client, keys).await?.into_values().flatten() {
                let Some(key) = item.get(PK.name()).cloned().and_then(|key| key.as_s().ok().cloned()) else { continue };
                let row: EmailAddressRow = serde_dynamo::from_item(item)?;
                owners.insert(key, row.user_id);
            }
            for given in chunk {
                given.owner = owners.get(&format!("{}{}", schema::EMAIL_PREFIX, given.address.place())).copied();
            }
        }
        Ok(Page { rows: given, scanned, next })
    }

    /// Lets an address take effect for the user who has it, if nobody else has it or is called so, and the user still has it. `false`
    /// otherwise.
    ///
    /// # Errors
    /// [`StoreError`] if the table does not answer.
    pub async fn claim_address(&self, given: &GivenAddress) -> Result<bool, StoreError> {
        let GivenAddress { user, address, .. } = given;
        let Some(email) = user.email.as_deref() else { return Ok(false) };
        let mut transaction = self.0.transaction();
        let is_theirs = USER_ID.is(user.user_id).and(EMAIL.is(email));
        transaction.add(self.0.users().check(schema::user_by_id(user.user_id)).only_if(is_theirs));
        email_addresses::claim(&self.0, &mut transaction, user, address)?;
        Ok(matches!(transaction.commit().await?, Outcome::Committed))
    }
}

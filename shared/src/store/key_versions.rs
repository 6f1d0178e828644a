//! Which key sets are in force, so that a running function learns from one cheap read that none has changed.

use serde::{Deserialize, Serialize};

use super::{Database, StoreError, schema};
use crate::domain::Locator;

/// The version of each key set, as the operator's program announced it after the last rotation. A set that was never
/// rotated has none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyVersionsRow {
    /// The private keys that sign JWTs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signing_keys: Option<Locator>,
    /// Their public halves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verification_keys: Option<Locator>,
    /// The ring of opaque tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_keys: Option<Locator>,
}

/// The one row of key versions.
#[derive(Clone, Debug)]
pub struct KeyVersions(Database);

impl KeyVersions {
    /// The row in `database`, which needs the table of users alone.
    #[must_use]
    pub fn new(database: &Database) -> Self {
        Self(database.clone())
    }

    /// The versions. One GetItem, eventually consistent: the next one, a minute later, tells what this one misses.
    ///
    /// # Errors
    /// [`StoreError`] if the table does not answer.
    pub async fn find(&self) -> Result<KeyVersionsRow, StoreError> {
        let request = self.0.client.get_item().table_name(&self.0.tables.users).set_key(Some(schema::key_versions()));
        let item = request.send().await?.item;
        Ok(item.map(serde_dynamo::from_item).transpose()?.unwrap_or_default())
    }

    /// Announces the versions. One PutItem, unconditional: the caller reads the sets again afterwards, and announces
    /// again if they have changed meanwhile.
    ///
    /// # Errors
    /// [`StoreError`] if the table does not answer.
    pub async fn announce(&self, versions: &KeyVersionsRow) -> Result<(), StoreError> {
        self.0.users().put(schema::key_versions(), versions)?.send().await.map(drop)
    }
}

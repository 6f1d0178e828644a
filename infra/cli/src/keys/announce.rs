//! `latchkey keys announce`: tells the running functions which key sets are in force. Every rotation does it too.
//!
//! A function reads a set again when the version that is announced is not the one that it has. Without an announcement
//! it finds a change within an hour.

use anyhow::anyhow;
use latchkey::domain::Locator;
use latchkey::runtime::KeyPlace;
use latchkey::store::{KeyVersions, KeyVersionsRow};
use serde_json::json;

use crate::Failure;
use crate::connection::Connection;
use crate::key_sets::KeySet;

pub async fn run(connection: &Connection) -> Result<(), Failure> {
    announce(connection).await?;
    let sentence = "Announced. Functions use the sets as they are after KEYS_REFRESH_SECONDS at the latest.".to_owned();
    connection.output.answer(sentence, &json!({ "announced": true }))
}

/// Announces the sets as they are. Of operators who announce at the same time the last one announces what is there.
pub async fn announce(connection: &Connection) -> Result<(), Failure> {
    let versions = KeyVersions::new(&connection.database);
    let mut announced = None;
    loop {
        let present = present(connection).await?;
        if announced.as_ref() == Some(&present) {
            return Ok(());
        }
        versions.announce(&present).await.map_err(|error| {
            Failure::Failed(anyhow!(error).context(
                "The functions could not be told of the keys, and find the change by themselves within an hour. Run `latchkey keys announce` \
                 once the table answers",
            ))
        })?;
        announced = Some(present);
    }
}

/// The versions of the sets as they are.
pub async fn present(connection: &Connection) -> Result<KeyVersionsRow, Failure> {
    let sets = &connection.key_sets;
    let (signing_keys, verification_keys, token_keys) =
        futures_util::try_join!(version(&sets.signing), version(&sets.verification), version(&sets.token))?;
    Ok(KeyVersionsRow { signing_keys, verification_keys, token_keys })
}

async fn version(set: &KeySet) -> Result<Option<Locator>, Failure> {
    Ok(set.find().await?.map(|text| Locator::of_key_set(text.expose())))
}

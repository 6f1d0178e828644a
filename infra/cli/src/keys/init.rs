//! `latchkey keys init`: the first keys of a stack.

use latchkey::credentials::Algorithm;
use latchkey::credentials::generate::{self, KeyDocument};
use latchkey::domain::Timestamp;
use serde_json::json;

use super::{Loaded, check_signing};
use crate::connection::Connection;
use crate::key_sets::KeySet;
use crate::{Failure, journal};

/// Fills what is empty. The private set goes first: of an interrupted run the public one, which derives from it, can be made again.
pub async fn run(connection: &Connection, algorithm: Algorithm) -> Result<(), Failure> {
    let (sets, now) = (&connection.key_sets, connection.now());
    let mut filled = Vec::new();
    if sets.signing.read().await?.text.is_none() {
        if sets.verification.read().await?.text.is_some() {
            return Err(Failure::Refused(format!(
                "{} has keys and {} has none: their private halves are elsewhere. Put those there, or empty the first.",
                sets.verification.place(),
                sets.signing.place()
            )));
        }
        let made = generate::signing_keys(algorithm).map_err(anyhow::Error::from)?;
        filled.extend(fill(&sets.signing, "signing", &since(&made, now)?).await?);
    }
    if sets.verification.read().await?.text.is_none() {
        let public = Loaded::read(&sets.signing, check_signing).await?.document.public_half();
        filled.extend(fill(&sets.verification, "verification", &public.to_text()).await?);
    }
    if sets.token.read().await?.text.is_none() {
        let made = generate::token_keys().map_err(anyhow::Error::from)?;
        filled.extend(fill(&sets.token, "token", &since(&made, now)?).await?);
    }
    let sentence = match filled.as_slice() {
        [] => "All key sets have keys; nothing was changed.".to_owned(),
        sets => format!("Filled: {}. Functions that failed to start without keys start with the next request.", sets.join(", ")),
    };
    connection.output.answer(sentence, &json!({ "filled": filled }))?;
    for set in filled {
        journal::record(connection, "keys.init", set).await?;
    }
    Ok(())
}

/// Nothing is overwritten: somebody else's first keys stay.
async fn fill(set: &KeySet, name: &'static str, text: &str) -> Result<Option<&'static str>, Failure> {
    let reading = set.read().await?;
    if reading.text.is_some() {
        return Ok(None);
    }
    set.replace(&reading, text).await.map(|()| Some(name))
}

fn since(made: &str, now: Timestamp) -> Result<String, Failure> {
    let mut document = KeyDocument::parse(made).map_err(anyhow::Error::from)?;
    for key in document.states() {
        document.set_since(&key.kid, now);
    }
    Ok(document.to_text())
}

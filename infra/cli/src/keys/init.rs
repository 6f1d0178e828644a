//! `latchkey keys init`: the first keys of a stack.

use futures_util::TryFutureExt;
use latchkey::credentials::Algorithm;
use latchkey::runtime::FirstKeysError;
use serde_json::json;

use super::announce::announce;
use crate::Failure;
use crate::connection::Connection;
use crate::journal::{self, OperatorAct};

/// Fills the sets that are empty.
pub async fn run(connection: &Connection, algorithm: Algorithm) -> Result<(), Failure> {
    let entry = journal::begin(connection, OperatorAct::KeysInit, "*").await?;
    let filling = connection.key_sets.fill_empty(algorithm, connection.now());
    let filled = entry.run(filling.map_err(|error| match error {
        FirstKeysError::Place(failure) => failure,
        FirstKeysError::PublicOnly => {
            let sets = &connection.key_sets;
            Failure::Refused(format!(
                "{} has keys but {} has none: their private halves are somewhere else. Put them there.",
                sets.verification.place(),
                sets.signing.place()
            ))
        }
        FirstKeysError::Unseen => Failure::Refused(FirstKeysError::<Failure>::Unseen.to_string()),
        FirstKeysError::Generate(error) => {
            Failure::Failed(anyhow::Error::from(error).context(format!("{} is not a JWK set", connection.key_sets.signing.place())))
        }
    }));
    let filled = filled.await?;
    if !filled.is_empty() {
        announce(connection).await?;
    }
    let sentence = match filled.as_slice() {
        [] => "All key sets have keys already; nothing was changed.".to_owned(),
        sets => format!("Filled: {}. Functions that could not start without keys will start on the next request.", sets.join(", ")),
    };
    connection.output.answer(sentence, &json!({ "filled": filled }))?;
    if filled.is_empty() {
        return entry.unchanged().await;
    }
    for set in filled {
        entry.done_to(set).await?;
    }
    Ok(())
}

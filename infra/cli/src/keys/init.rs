//! `latchkey keys init`: the first keys of a stack.

use latchkey::credentials::Algorithm;
use latchkey::runtime::FirstKeysError;
use serde_json::json;

use crate::connection::Connection;
use crate::{Failure, journal};

/// Fills what is empty.
pub async fn run(connection: &Connection, algorithm: Algorithm) -> Result<(), Failure> {
    let filled = connection.key_sets.fill_empty(algorithm, connection.now()).await.map_err(|error| match error {
        FirstKeysError::Place(failure) => failure,
        FirstKeysError::PublicOnly => {
            let sets = &connection.key_sets;
            Failure::Refused(format!(
                "{} has keys and {} has none: their private halves are elsewhere. Put those there.",
                sets.verification.place(),
                sets.signing.place()
            ))
        }
        FirstKeysError::Unseen => Failure::Refused(FirstKeysError::<Failure>::Unseen.to_string()),
        FirstKeysError::Generate(error) => {
            Failure::Failed(anyhow::Error::from(error).context(format!("{} is no JWK set", connection.key_sets.signing.place())))
        }
    })?;
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

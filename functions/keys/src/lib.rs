//! The keeper of the key sets: a deploy has it fill those that are empty, and a schedule has it measure how old the current keys are.
//!
//! It rotates nothing: a rotation waits for hours between its steps, and an operator decides about it.

use latchkey::audit::{Act, Event, Gauge, Trail};
use latchkey::credentials::Algorithm;
use latchkey::domain::Timestamp;
use latchkey::runtime::{ConfigError, KeySets, KeySource, Setup, Task, TaskError, Trigger};
use serde::Deserialize;

/// What the task needs.
pub struct Keys {
    sets: KeySets<KeySource>,
}

/// The custom resource's properties.
#[derive(Deserialize)]
struct Wanted {
    /// Of the first key that signs; later ones are made by a rotation.
    #[serde(rename = "Algorithm")]
    algorithm: Algorithm,
}

impl Task for Keys {
    const NAME: &'static str = "keys";

    fn start(setup: &Setup) -> Result<Self, ConfigError> {
        Ok(Self { sets: setup.key_sets()? })
    }

    async fn run(&self, trigger: Trigger, now: Timestamp, trail: &Trail) -> Result<Vec<Gauge>, TaskError> {
        match trigger {
            Trigger::Deploy(properties) => {
                let wanted = Wanted::deserialize(properties).map_err(|_| "Algorithm must be ES256, RS256 or EdDSA")?;
                for set in self.sets.fill_empty(wanted.algorithm, now).await? {
                    trail.note(Event::of(Act::KeysMade).subject(set));
                }
                Ok(Vec::new())
            }
            Trigger::Schedule => {
                // Of the public set: the private one need not be read for it.
                let signing = age("signing", &self.sets.verification, now).await?;
                let token = age("token", &self.sets.token, now).await?;
                Ok(signing.into_iter().chain(token).collect())
            }
        }
    }
}

/// The age of the set's current key; none of a key that nobody wrote the age of.
async fn age(name: &'static str, set: &KeySource, now: Timestamp) -> Result<Option<Gauge>, TaskError> {
    let since = set.document().await?.current().and_then(|key| key.since);
    Ok(since.map(|since| Gauge { metric: "KeyAgeDays", of: ("KeySet", name.into()), value: now.seconds_since(since) / 86_400 }))
}

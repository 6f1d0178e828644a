//! `latchkey keys rotate`: one step at a time, in an order that keeps the sets usable at every moment.
//!
//! A key is published before it signs, and stays published until it is gone from the private set: the public set is
//! written first when a key is added, and last when one is removed. If a run is interrupted in between, or meets
//! another operator, the next run makes the public set match before anything else.

use clap::{Args, Subcommand};
use latchkey::credentials::generate::GenerateError;
use latchkey::credentials::{Algorithm, KeyDocument, KeyStatus};
use latchkey::domain::Timestamp;
use serde_json::json;

use super::announce::announce;
use super::plan::{self, Due, Step, Terms};
use super::{AlgorithmName, Loaded, check_signing, check_token, check_verification};
use crate::Failure;
use crate::connection::Connection;
use crate::journal::{self, Entry, OperatorAct};

/// Twice the default of KEYS_REFRESH_SECONDS, after which functions read their sets again.
const TOKEN_WAIT_SECONDS: u32 = 120;

#[derive(Debug, Subcommand)]
pub enum Rotate {
    /// The keys that sign JWTs
    Signing(SigningArguments),
    /// The keys that seal opaque tokens
    Tokens(TokenArguments),
}

#[derive(Debug, Args)]
pub struct SigningArguments {
    /// The algorithm of the new key; the current key's by default
    #[arg(long, value_enum, ignore_case = true)]
    algorithm: Option<AlgorithmName>,
    /// How long a key must be published before it signs: API Gateway's JWT authorizers cache a JWK set for up to two
    /// hours
    #[arg(long, value_name = "SECONDS", default_value_t = 7200)]
    wait_seconds: u32,
    /// The longest life of a JWT, for which a retired key is kept; 30 days by default
    #[arg(long, value_name = "SECONDS", default_value_t = 2_592_000)]
    max_life: u32,
    /// Make the next key even while a retired one is waiting for its removal
    #[arg(long)]
    begin: bool,
}

#[derive(Debug, Args)]
pub struct TokenArguments {
    /// How long the functions must have a key before anything is sealed under it
    #[arg(long, value_name = "SECONDS", default_value_t = TOKEN_WAIT_SECONDS)]
    wait_seconds: u32,
    /// Remove the retired key of that number, which ends every token sealed under it
    #[arg(long, value_name = "NUMBER")]
    remove: Option<String>,
    /// Remove without asking
    #[arg(long, requires = "remove")]
    yes: bool,
}

pub async fn run(connection: &Connection, rotate: Rotate) -> Result<(), Failure> {
    let stepped = match rotate {
        Rotate::Signing(arguments) => signing(connection, &arguments).await,
        Rotate::Tokens(arguments) => tokens(connection, &arguments).await,
    };
    // Also after a refusal: the step before may have been interrupted ahead of its announcement.
    let announced = announce(connection).await;
    stepped.and(announced)
}

async fn signing(connection: &Connection, arguments: &SigningArguments) -> Result<(), Failure> {
    let (sets, now) = (&connection.key_sets, connection.now());
    let private = Loaded::read(&sets.signing, check_signing).await?;
    let public = Loaded::read(&sets.verification, check_verification).await?;
    let SigningArguments { wait_seconds, max_life, begin, .. } = *arguments;
    let terms = Terms { wait_seconds, max_life_seconds: max_life, begin };
    let step = due(plan::signing(&private.document, &public.document, &terms, now))?;
    let kid = match &step {
        Step::WriteSince(kid) | Step::Promote(kid) | Step::Remove(kid) => Some(kid.as_str()),
        // A key that is yet to be made has no id.
        Step::Publish | Step::AddNext => None,
    };
    let entry = journal::begin(connection, act(&step), subject("signing", kid)).await?;
    let (kid, sentence) = entry.run(step_of_signing(step, &private, &public, arguments, now)).await?;
    finish(connection, "signing", &entry, kid.as_deref(), sentence).await
}

/// Takes the step. The id of the key that it was about, and what the operator is told.
async fn step_of_signing(
    step: Step,
    private: &Loaded<'_>,
    public: &Loaded<'_>,
    arguments: &SigningArguments,
    now: Timestamp,
) -> Result<(Option<String>, String), Failure> {
    let SigningArguments { algorithm, wait_seconds, max_life, .. } = *arguments;
    let mut changed = private.document.clone();
    Ok(match step {
        Step::Publish => {
            public.replace(&plan::published(&private.document, &public.document, now)).await?;
            (None, "The public set did not match the private one; now it does. Run the same command again for the next step.".to_owned())
        }
        Step::WriteSince(kid) => {
            changed.set_since(&kid, now);
            let mut known = public.document.clone();
            known.set_since(&kid, now);
            public.replace(&known).await?;
            private.replace(&changed).await?;
            let sentence = unknown_age(&kid);
            (Some(kid), sentence)
        }
        Step::AddNext => {
            let algorithm = algorithm.map_or_else(|| current_algorithm(&private.document), |name| Ok(name.into()))?;
            let kid = changed.add_next_signing_key(algorithm, now).map_err(anyhow::Error::from)?;
            public.replace(&plan::published(&changed, &public.document, now)).await?;
            private.replace(&changed).await?;
            let from = now.plus(wait_seconds);
            let sentence = format!("Made and published key {kid}, which is next. It can sign from {from} on: run the same command again.");
            (Some(kid), sentence)
        }
        Step::Promote(kid) => {
            changed.promote(&kid, now);
            private.replace(&changed).await?;
            follow(public, &changed).await?;
            let from = now.plus(max_life);
            let sentence =
                format!("Key {kid} signs now. The one before it verifies until it is removed, which can be done from {from} on.");
            (Some(kid), sentence)
        }
        Step::Remove(kid) => {
            changed.remove(&kid);
            private.replace(&changed).await?;
            follow(public, &changed).await?;
            let sentence = format!("Removed key {kid}. No JWT that it signed is valid any more.");
            (Some(kid), sentence)
        }
    })
}

/// Makes the public set match after the step is done. If somebody else is changing it, the next run does that.
async fn follow(public: &Loaded<'_>, private: &KeyDocument) -> Result<(), Failure> {
    match public.replace(&private.public_half()).await {
        Err(Failure::Refused(_)) => Ok(()),
        other => other,
    }
}

async fn tokens(connection: &Connection, arguments: &TokenArguments) -> Result<(), Failure> {
    let now = connection.now();
    let ring = Loaded::read(&connection.key_sets.token, check_token).await?;
    let terms = Terms { wait_seconds: arguments.wait_seconds, max_life_seconds: 0, begin: false };
    let step = due(plan::token(&ring.document, arguments.remove.as_deref(), &terms, now))?;
    let act = act(&step);

    let mut changed = ring.document.clone();
    let (kid, sentence) = match step {
        Step::AddNext | Step::Publish => {
            let none_left = |GenerateError| Failure::Refused("No number is left: a token key's kid is a number from 1 to 255.".into());
            let kid = changed.add_next_token_key(now).map_err(none_left)?;
            let from = now.plus(arguments.wait_seconds);
            let sentence = format!("Made key {kid}, which is next. It can seal from {from} on: run the same command again.");
            (kid, sentence)
        }
        Step::WriteSince(kid) => {
            changed.set_since(&kid, now);
            let sentence = unknown_age(&kid);
            (kid, sentence)
        }
        Step::Promote(kid) => {
            changed.promote(&kid, now);
            let sentence = format!("Key {kid} seals now. The one before it opens what was sealed under it, until somebody removes it.");
            (kid, sentence)
        }
        Step::Remove(kid) => {
            let ends = format!("Every API key, entity token and one-time token under key {kid} ends at once, for good");
            if !arguments.yes && !confirmed(connection, &format!("{ends}. Type the key's number to remove it:"), &kid)? {
                return Err(Failure::Refused("Nothing was removed.".into()));
            }
            changed.remove(&kid);
            let sentence = format!("Removed key {kid}. {ends}.");
            (kid, sentence)
        }
    };
    let entry = journal::begin(connection, act, subject("token", Some(&kid))).await?;
    entry.run(ring.replace(&changed)).await?;
    finish(connection, "token", &entry, Some(&kid), sentence).await
}

fn unknown_age(kid: &str) -> String {
    format!("The age of key {kid} was not recorded. It counts from now on.")
}

fn act(step: &Step) -> OperatorAct {
    match step {
        Step::Publish => OperatorAct::KeysPublish,
        Step::WriteSince(_) => OperatorAct::KeysWriteSince,
        Step::AddNext => OperatorAct::KeysAddNext,
        Step::Promote(_) => OperatorAct::KeysPromote,
        Step::Remove(_) => OperatorAct::KeysRemove,
    }
}

fn subject(set: &str, kid: Option<&str>) -> String {
    kid.map_or_else(|| set.to_owned(), |kid| format!("{set}/{kid}"))
}

async fn finish(connection: &Connection, set: &str, entry: &Entry<'_>, kid: Option<&str>, sentence: String) -> Result<(), Failure> {
    let step = entry.act().name().trim_start_matches("keys.");
    connection.output.answer(sentence, &json!({ "set": set, "step": step, "kid": kid }))?;
    entry.done_to(&subject(set, kid)).await
}

fn due(due: Due) -> Result<Step, Failure> {
    let early = |step: &Step| match step {
        Step::Promote(kid) => format!("It is too early to use key {kid}: a reader that still has the set before it would refuse its work"),
        Step::Remove(kid) => format!("Key {kid} is retired, but what it signed can still be valid; --begin makes the next key anyway"),
        _ => "It is too early for the next step".to_owned(),
    };
    match due {
        Due::Now(step) => Ok(step),
        Due::NotBefore(step, at) => Err(Failure::Refused(format!("{}. It can be done from {at} on.", early(&step)))),
        Due::Never(reason) => Err(Failure::Refused(reason)),
    }
}

fn current_algorithm(document: &KeyDocument) -> Result<Algorithm, Failure> {
    let current = document.states().into_iter().find(|key| key.status == KeyStatus::Current).and_then(|key| key.alg);
    match current.as_deref() {
        Some("ES256") => Ok(Algorithm::ES256),
        Some("RS256") => Ok(Algorithm::RS256),
        Some("EdDSA") => Ok(Algorithm::EdDSA),
        _ => Err(Failure::Usage("The current key has no known algorithm. Name one with --algorithm.".into())),
    }
}

fn confirmed(connection: &Connection, question: &str, answer: &str) -> Result<bool, Failure> {
    let said = connection.output.terminal.ask(question)?;
    let said = said.ok_or_else(|| Failure::Usage("There is nobody to ask; use --yes to remove it unasked.".into()))?;
    Ok(said.trim() == answer)
}

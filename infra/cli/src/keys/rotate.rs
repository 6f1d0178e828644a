//! `latchkey keys rotate`: one step at a time, in an order in which whoever reads the sets at any moment can use them.
//!
//! A key is published before it signs, and stays published after it was taken out of the private set: of the two sets the public
//! one is written first where a key comes, last where one goes. Whoever is interrupted in between, or meets another operator,
//! leaves a public set that the next run brings in line before anything else.

use clap::{Args, Subcommand};
use latchkey::credentials::generate::GenerateError;
use latchkey::credentials::{Algorithm, KeyDocument, KeyStatus};
use serde_json::json;

use super::plan::{self, Due, Step, Terms};
use super::{AlgorithmName, Loaded, check_signing, check_token, check_verification};
use crate::connection::Connection;
use crate::{Failure, journal};

/// Functions read their sets again with the first request after KEYS_REFRESH_SECONDS, which is 60: twice that.
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
    /// What the new key signs with; as the current one by default
    #[arg(long, value_enum, ignore_case = true)]
    algorithm: Option<AlgorithmName>,
    /// For how long a key must be published before it signs: API Gateway's JWT authorizers keep a JWK set for up to two hours
    #[arg(long, value_name = "SECONDS", default_value_t = 7200)]
    wait_seconds: u32,
    /// The longest life of a JWT: for so long a retired key stays; 30 days by default
    #[arg(long, value_name = "SECONDS", default_value_t = 2_592_000)]
    max_life: u32,
    /// Begin with the next key although a retired one is still waited for
    #[arg(long)]
    begin: bool,
}

#[derive(Debug, Args)]
pub struct TokenArguments {
    /// For how long the functions must have had a key before anything is sealed under it
    #[arg(long, value_name = "SECONDS", default_value_t = TOKEN_WAIT_SECONDS)]
    wait_seconds: u32,
    /// Remove the retired key of that number: whatever is sealed under it ends
    #[arg(long, value_name = "NUMBER")]
    remove: Option<String>,
    /// Do not ask before the removal
    #[arg(long, requires = "remove")]
    yes: bool,
}

pub async fn run(connection: &Connection, rotate: Rotate) -> Result<(), Failure> {
    match rotate {
        Rotate::Signing(arguments) => signing(connection, &arguments).await,
        Rotate::Tokens(arguments) => tokens(connection, &arguments).await,
    }
}

async fn signing(connection: &Connection, arguments: &SigningArguments) -> Result<(), Failure> {
    let (sets, now) = (&connection.key_sets, connection.now());
    let private = Loaded::read(&sets.signing, check_signing).await?;
    let public = Loaded::read(&sets.verification, check_verification).await?;
    let SigningArguments { algorithm, wait_seconds, max_life, begin } = *arguments;
    let terms = Terms { wait_seconds, max_life_seconds: max_life, begin };
    let step = due(plan::signing(&private.document, &public.document, &terms, now))?;

    let mut changed = private.document.clone();
    let at = now.plus(wait_seconds);
    let done = match &step {
        Step::Publish => {
            public.replace(&plan::published(&private.document, &public.document, now)).await?;
            return told(
                connection,
                "signing",
                "publish",
                None,
                "The public set did not agree with the private one; it does now. \
                Run the same again for the next step."
                    .into(),
            )
            .await;
        }
        Step::WriteSince(kid) => {
            changed.set_since(kid, now);
            let mut known = public.document.clone();
            known.set_since(kid, now);
            public.replace(&known).await?;
            private.replace(&changed).await?;
            Done {
                act: "write-since",
                kid: kid.clone(),
                sentence: format!("Nobody wrote down since when key {kid} is there. It counts from now on."),
            }
        }
        Step::AddNext => {
            let algorithm = algorithm.map_or_else(|| current_algorithm(&private.document), |name| Ok(name.into()))?;
            let kid = changed.add_next_signing_key(algorithm, now).map_err(anyhow::Error::from)?;
            public.replace(&plan::published(&changed, &public.document, now)).await?;
            private.replace(&changed).await?;
            Done {
                act: "add-next",
                sentence: format!("Made key {kid}, which is next and published. From {at} on it can sign: run the same again."),
                kid,
            }
        }
        Step::Promote(kid) => {
            changed.promote(kid, now);
            private.replace(&changed).await?;
            follow(&public, &changed).await?;
            let until = now.plus(max_life);
            let sentence = format!("Key {kid} signs now. The one before verifies until it is removed, which can be from {until} on.");
            Done { act: "promote", kid: kid.clone(), sentence }
        }
        Step::Remove(kid) => {
            changed.remove(kid);
            private.replace(&changed).await?;
            follow(&public, &changed).await?;
            Done { act: "remove", kid: kid.clone(), sentence: format!("Removed key {kid}: no JWT that it signed is good any more.") }
        }
    };
    told(connection, "signing", done.act, Some(&done.kid), done.sentence).await
}

/// Brings the public set in line after the step is done. Where somebody else is at it, the next run does it.
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

    let mut changed = ring.document.clone();
    let at = now.plus(arguments.wait_seconds);
    let done = match step {
        Step::AddNext | Step::Publish => {
            let kid = changed
                .add_next_token_key(now)
                .map_err(|GenerateError| Failure::Refused("There is no number left: they end at 255, and every kid must be one.".into()))?;
            Done { act: "add-next", sentence: format!("Made key {kid}, which is next. From {at} on it can seal: run the same again."), kid }
        }
        Step::WriteSince(kid) => {
            changed.set_since(&kid, now);
            Done { act: "write-since", sentence: format!("Nobody wrote down since when key {kid} is there. It counts from now on."), kid }
        }
        Step::Promote(kid) => {
            changed.promote(&kid, now);
            let sentence = format!("Key {kid} seals now. The one before opens what was sealed under it until somebody removes it.");
            Done { act: "promote", sentence, kid }
        }
        Step::Remove(kid) => {
            let ends = format!("Every API key, entity token and one-time token under key {kid} ends at once, and cannot come back");
            if !arguments.yes && !confirmed(connection, &format!("{ends}. Type the key's number to remove it:"), &kid)? {
                return Err(Failure::Refused("Nothing was removed.".into()));
            }
            changed.remove(&kid);
            Done { act: "remove", sentence: format!("Removed key {kid}. {ends}."), kid }
        }
    };
    ring.replace(&changed).await?;
    told(connection, "token", done.act, Some(&done.kid), done.sentence).await
}

struct Done {
    act: &'static str,
    kid: String,
    sentence: String,
}

async fn told(connection: &Connection, set: &str, step: &str, kid: Option<&str>, sentence: String) -> Result<(), Failure> {
    connection.output.answer(sentence, &json!({ "set": set, "step": step, "kid": kid }))?;
    journal::record(connection, &format!("keys.{step}"), &kid.map_or_else(|| set.to_owned(), |kid| format!("{set}/{kid}"))).await
}

fn due(due: Due) -> Result<Step, Failure> {
    let early = |step: &Step| match step {
        Step::Promote(kid) => {
            format!("Key {kid} is not known for long enough to be used: whoever keeps the set before would refuse what it makes")
        }
        Step::Remove(kid) => {
            format!("Key {kid} is retired, and what it signed can still be alive; --begin makes the next key all the same")
        }
        _ => "The next step comes too early".to_owned(),
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
        _ => Err(Failure::Usage("The current key has no algorithm that is known. Name one with --algorithm.".into())),
    }
}

fn confirmed(connection: &Connection, question: &str, answer: &str) -> Result<bool, Failure> {
    let said = connection.output.terminal.ask(question)?;
    let said = said.ok_or_else(|| Failure::Usage("There is nobody to ask; --yes does it without.".into()))?;
    Ok(said.trim() == answer)
}

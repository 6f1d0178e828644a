//! Checks the three key sets: usable, and the public set matches the private one.

use latchkey::credentials::{KeyDocument, KeySetError, KeyStatus, SigningKeys, TokenKeys, VerificationKeys};
use latchkey::domain::Timestamp;
use latchkey::runtime::KeyPlace;
use latchkey::store::{KeyVersions, KeyVersionsRow};

use super::Finding;
use crate::connection::Connection;
use crate::key_sets::KeySet;
use crate::keys::announce::present;

/// An older key is not wrong, but nobody has tested for a long time that a rotation works.
const OLD_DAYS: u64 = 365;
const DAY: u64 = 86_400;

pub async fn check(connection: &Connection) -> Vec<Finding> {
    let (sets, now) = (&connection.key_sets, connection.now());
    let (signing, verification, token) = futures_util::join!(
        set("signing keys", &sets.signing, |text| SigningKeys::parse(text).map(drop), now),
        set("verification keys", &sets.verification, |text| VerificationKeys::parse(text).map(drop), now),
        set("token keys", &sets.token, |text| TokenKeys::parse(text).map(drop), now),
    );
    let agree = signing.document.as_ref().zip(verification.document.as_ref()).map(|(private, public)| agree(private, public));
    let exposed = verification.document.as_ref().filter(|public| **public != public.public_half()).map(|_| {
        let advice = "Rotate the signing keys at once, with --wait-seconds 0 --max-life 0: anybody who could read this set could sign.";
        Finding::wrong("verification keys", "hold more than public members", advice)
    });
    let announced = announced(connection).await;
    let [signing, verification, token] = [signing, verification, token].map(|checked| checked.findings);
    signing.into_iter().chain(verification).chain(agree).chain(exposed).chain(token).chain(announced).collect()
}

struct Checked {
    document: Option<KeyDocument>,
    findings: Vec<Finding>,
}

async fn set(check: &str, set: &KeySet, parse: impl Fn(&str) -> Result<(), KeySetError>, now: Timestamp) -> Checked {
    let none = |finding| Checked { document: None, findings: vec![finding] };
    let text = match set.find().await {
        Ok(text) => text,
        Err(failure) => return none(Finding::wrong(check, failure.to_string(), "Check the permissions on it, and the network.")),
    };
    let Some(text) = text else {
        return none(Finding::wrong(check, format!("{} is empty", set.place()), "Run `latchkey keys init` to fill it."));
    };
    let usable = match parse(text.expose()) {
        Ok(()) => Finding::good(check, "can be used"),
        Err(error) => Finding::wrong(
            check,
            error.to_string(),
            "Running functions keep the previous set; new ones do not start. Restore the last version, then run `latchkey keys rotate`.",
        ),
    };
    let Ok(document) = KeyDocument::parse(text.expose()) else { return none(usable) };
    let mut findings = vec![usable];
    let current: Vec<_> = document.states().into_iter().filter(|key| key.status == KeyStatus::Current).collect();
    if let [current] = current.as_slice() {
        let days = current.since.map(|since| now.seconds_since(since) / DAY);
        findings.push(match days {
            Some(days) if days > OLD_DAYS => Finding::warning(
                check,
                format!("{} has been current for {days} days", current.kid),
                "Rotate it with `latchkey keys rotate`.",
            ),
            Some(days) => Finding::good(check, format!("{} has been current for {days} days", current.kid)),
            None => Finding::good(check, format!("{} is current; its age was not recorded", current.kid)),
        });
    } else if findings.iter().all(|finding| finding.state == super::State::Good) {
        findings.push(Finding::wrong(
            check,
            format!("has {} current keys", current.len()),
            "There must be exactly one. Restore the last version.",
        ));
    }
    Checked { document: Some(document), findings }
}

/// What the functions were told of the keys is what is there; nothing to say where nothing was ever announced.
async fn announced(connection: &Connection) -> Option<Finding> {
    let check = "announced keys";
    // A table that does not answer, or a set that cannot be read, is a finding of its own.
    let told = KeyVersions::new(&connection.database).find().await.ok()?;
    let present = present(connection).await.ok()?;
    let advice = "Run `latchkey keys announce`: until then functions find a change within an hour.";
    (told != KeyVersionsRow::default() && told != present).then(|| Finding::warning(check, "are not those that are there", advice))
}

fn agree(private: &KeyDocument, public: &KeyDocument) -> Finding {
    let check = "signing and verification keys";
    let public_half = private.public_half();
    if public.public_half().agrees_with(&public_half) {
        return Finding::good(check, "match");
    }
    let advice = "Run `latchkey keys rotate signing`, which makes the public set match before anything else.";
    let missing = public_half.states().into_iter().find(|key| !public.has_material_of(&public_half, &key.kid));
    match missing {
        Some(key) => Finding::wrong(check, format!("do not match: nobody can verify {}", key.kid), advice),
        None => Finding::warning(check, "differ in what they say about their keys, but all keys can be verified", advice),
    }
}

//! Which step of a rotation comes next, and when. Pure: sets and the time arrive as values.

use latchkey::credentials::{KeyDocument, KeyState, KeyStatus};
use latchkey::domain::Timestamp;

/// A step of a rotation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Make the public set match the private one, after an interruption or an edit by hand.
    Publish,
    /// Record since when a key has its status: nobody did, so no wait could ever end.
    WriteSince(String),
    /// Generate the next key.
    AddNext,
    /// Make the next key current.
    Promote(String),
    /// Remove a retired key.
    Remove(String),
}

/// When a step may be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Due {
    /// Now.
    Now(Step),
    /// Not before that instant.
    NotBefore(Step, Timestamp),
    /// Never: there is no such key, or it is not retired.
    Never(String),
}

/// The settings of a rotation.
#[derive(Clone, Debug)]
pub struct Terms {
    /// Seconds for which readers must have a key before it is used.
    pub wait_seconds: u32,
    /// Seconds after which nothing that a retired key made is valid.
    pub max_life_seconds: u32,
    /// Generate the next key even while a retired one is waiting for its removal.
    pub begin: bool,
}

/// The next step for the signing keys. The private set has their statuses; the public set tells since when readers can
/// know them.
pub fn signing(private: &KeyDocument, public: &KeyDocument, terms: &Terms, now: Timestamp) -> Due {
    if !public.agrees_with(&private.public_half()) {
        return Due::Now(Step::Publish);
    }
    let keys = private.states();
    if let Some(next) = keys.iter().find(|key| key.status == KeyStatus::Next) {
        if terms.begin {
            return Due::Never(format!("There is a next key already: {}.", next.kid));
        }
        let published = public.states().into_iter().find(|key| key.kid == next.kid).and_then(|key| key.since);
        return after(published, terms.wait_seconds, &next.kid, Step::Promote(next.kid.clone()), now);
    }
    let retired = keys.iter().filter(|key| key.status == KeyStatus::Retired);
    match retired.min_by_key(|key| key.since) {
        Some(retired) if !terms.begin => after(retired.since, terms.max_life_seconds, &retired.kid, Step::Remove(retired.kid.clone()), now),
        _ => Due::Now(Step::AddNext),
    }
}

/// The next step for the token keys, or the removal of key `remove`. Nothing tells when the last token under a key has
/// gone, so no key is removed unasked.
pub fn token(ring: &KeyDocument, remove: Option<&str>, terms: &Terms, now: Timestamp) -> Due {
    let keys = ring.states();
    if let Some(kid) = remove {
        return match keys.iter().find(|key| key.kid == kid) {
            Some(KeyState { status: KeyStatus::Retired, .. }) => Due::Now(Step::Remove(kid.to_owned())),
            Some(_) => Due::Never(format!("Key {kid} is not retired; only a retired key can be removed.")),
            None => Due::Never(format!("There is no key {kid}.")),
        };
    }
    match keys.iter().find(|key| key.status == KeyStatus::Next) {
        Some(next) => after(next.since, terms.wait_seconds, &next.kid, Step::Promote(next.kid.clone()), now),
        None => Due::Now(Step::AddNext),
    }
}

fn after(since: Option<Timestamp>, seconds: u32, kid: &str, step: Step, now: Timestamp) -> Due {
    match since.map(|since| since.plus(seconds)) {
        // Without a wait, the start does not matter.
        None if seconds > 0 => Due::Now(Step::WriteSince(kid.to_owned())),
        Some(at) if at > now => Due::NotBefore(step, at),
        _ => Due::Now(step),
    }
}

/// The public set that matches `private`. A key that was published before keeps its `since`; a new one gets `now`.
pub fn published(private: &KeyDocument, public: &KeyDocument, now: Timestamp) -> KeyDocument {
    let mut fresh = private.public_half();
    let known = public.states();
    for key in fresh.states().into_iter().filter(|key| key.status == KeyStatus::Next) {
        // Another key under the same id would verify nothing: only the very same key counts as published.
        let same =
            known.iter().find(|known| known.kid == key.kid && known.status == KeyStatus::Next && public.has_material_of(&fresh, &key.kid));
        fresh.set_since(&key.kid, same.and_then(|known| known.since).unwrap_or(now));
    }
    fresh
}

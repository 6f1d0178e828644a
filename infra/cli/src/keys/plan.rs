//! Which step of a rotation comes next, and when it may. Pure: sets and the time arrive as values.

use latchkey::credentials::{KeyDocument, KeyState, KeyStatus};
use latchkey::domain::Timestamp;

/// A step of a rotation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Bring the public set in line with the private one: somebody was interrupted, or wrote by hand.
    Publish,
    /// Write down since when a key stands where it stands: nobody has, so that no wait can be told to be over.
    WriteSince(String),
    /// Make a key that is next.
    AddNext,
    /// Make the next key the current one.
    Promote(String),
    /// Take a retired key out.
    Remove(String),
}

/// When a step may come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Due {
    /// Now.
    Now(Step),
    /// Not before that instant.
    NotBefore(Step, Timestamp),
    /// Never: there is no such key, or it is not retired.
    Never(String),
}

/// What an operator may set.
#[derive(Clone, Debug)]
pub struct Terms {
    /// Seconds for which a key must be known before anything is made under it.
    pub wait_seconds: u32,
    /// Seconds that the longest-living thing made under a key lives.
    pub max_life_seconds: u32,
    /// Make a key that is next although a retired one is still waited for.
    pub begin: bool,
}

/// The next step of the keys that sign. The private set says how things stand; the public one, since when everyone can know.
pub fn signing(private: &KeyDocument, public: &KeyDocument, terms: &Terms, now: Timestamp) -> Due {
    if !public.agrees_with(&private.public_half()) {
        return Due::Now(Step::Publish);
    }
    let keys = private.states();
    if let Some(next) = keys.iter().find(|key| key.status == KeyStatus::Next) {
        if terms.begin {
            return Due::Never(format!("Key {} is next already.", next.kid));
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

/// The next step of the ring of opaque tokens, or the removal of key `remove`. Nothing tells when the last token under a key has
/// gone, so none is removed unasked.
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
        // Who waits for nothing needs no start.
        None if seconds > 0 => Due::Now(Step::WriteSince(kid.to_owned())),
        Some(at) if at > now => Due::NotBefore(step, at),
        _ => Due::Now(step),
    }
}

/// The public set that agrees with `private`. A key that was published stays so since then; one that was not, since now.
pub fn published(private: &KeyDocument, public: &KeyDocument, now: Timestamp) -> KeyDocument {
    let mut fresh = private.public_half();
    let known = public.states();
    for key in fresh.states().into_iter().filter(|key| key.status == KeyStatus::Next) {
        // Under another key of the same id nothing could be verified: only the very same key counts as known.
        let same =
            known.iter().find(|known| known.kid == key.kid && known.status == KeyStatus::Next && public.has_material_of(&fresh, &key.kid));
        fresh.set_since(&key.kid, same.and_then(|known| known.since).unwrap_or(now));
    }
    fresh
}

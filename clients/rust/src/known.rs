//! Answers of `introspect` that are kept for some seconds, under a hash of the credential.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use crate::caller::Caller;
use crate::clock::apart;

/// How many answers a generation holds; there are two.
const GENERATION: usize = 5_000;

/// Good answers. When the younger generation is full, the older one is forgotten.
#[derive(Default)]
pub(crate) struct Known(Mutex<[Answers; 2]>);

type Answers = HashMap<String, (Caller, SystemTime)>;

impl Known {
    /// The answer under `name` if it is younger than `cache` and its credential has not expired.
    pub(crate) fn find(&self, name: &str, cache: Duration, now: SystemTime) -> Option<Caller> {
        let generations = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (caller, at) = generations.iter().find_map(|answers| answers.get(name))?;
        let is_live = apart(now, *at) < cache && caller.expires_at.is_none_or(|end| now < end);
        is_live.then(|| caller.clone())
    }

    /// Keeps an answer that was asked for at the time `at`.
    pub(crate) fn put(&self, name: String, caller: Caller, at: SystemTime) {
        let mut generations = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let [young, old] = &mut *generations;
        old.remove(&name);
        if young.len() >= GENERATION {
            *old = std::mem::take(young);
        }
        young.insert(name, (caller, at));
    }

    /// Forgets the answer under `name`.
    pub(crate) fn remove(&self, name: &str) {
        let mut generations = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for answers in &mut *generations {
            answers.remove(name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::caller::Kind;

    fn caller(expires_at: Option<SystemTime>) -> Caller {
        Caller {
            kind: Kind::ApiKey,
            subject: "u1".to_owned(),
            acl: Vec::new(),
            claims: serde_json::Map::new(),
            username: None,
            issued_by: None,
            entity: None,
            session_id: None,
            key_id: None,
            audience: None,
            expires_at,
        }
    }

    const AT: SystemTime = SystemTime::UNIX_EPOCH;
    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn an_answer_ends_with_the_time_that_it_is_kept_for_and_with_its_credential() {
        let known = Known::default();
        known.put("key".to_owned(), caller(None), AT);
        known.put("session".to_owned(), caller(Some(AT + 5 * SECOND)), AT);

        assert!(known.find("key", 60 * SECOND, AT + 59 * SECOND).is_some());
        assert!(known.find("key", 60 * SECOND, AT + 60 * SECOND).is_none());
        assert!(known.find("key", Duration::ZERO, AT).is_none());
        assert!(known.find("session", 60 * SECOND, AT + 4 * SECOND).is_some());
        assert!(known.find("session", 60 * SECOND, AT + 5 * SECOND).is_none());
    }

    #[test]
    fn however_many_credentials_come_only_so_many_answers_are_kept() {
        let known = Known::default();
        for number in 0..3 * GENERATION {
            known.put(number.to_string(), caller(None), AT);
        }

        let kept: usize = known.0.lock().unwrap().iter().map(HashMap::len).sum();

        assert!(kept <= 2 * GENERATION, "{kept}");
        assert!(known.find(&(3 * GENERATION - 1).to_string(), SECOND, AT).is_some());
        assert!(known.find("0", SECOND, AT).is_none());
    }

    #[test]
    fn a_later_answer_replaces_the_earlier_one_and_a_removed_one_is_gone() {
        let known = Known::default();
        known.put("a".to_owned(), caller(None), AT);
        known.put("a".to_owned(), caller(None), AT + 5 * SECOND);

        assert!(known.find("a", SECOND, AT + 5 * SECOND).is_some());
        known.remove("a");
        assert!(known.find("a", SECOND, AT + 5 * SECOND).is_none());
    }
}

//! The steps of a key's rotation, on the key set as a document.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::generate::{self, GenerateError};
use super::jwk::Algorithm;
use super::key_set::KeyStatus;
use crate::domain::Timestamp;

/// A key set while it is rotated. Members that this code does not know stay in it.
///
/// Beside its `status` each key has `since`, the unix seconds at which it got that status. Signing and verifying ignore
/// it. There is no `Debug`, because the document holds private keys.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct KeyDocument {
    keys: Vec<Map<String, Value>>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

/// The public facts about a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeyState {
    /// Its id: `kid`.
    pub kid: String,
    /// Its algorithm: `alg`.
    pub alg: Option<String>,
    /// Its status.
    pub status: KeyStatus,
    /// When it got that status, if that was written down.
    pub since: Option<Timestamp>,
}

/// The public members of a JWK.
const PUBLIC: [&str; 11] = ["kty", "kid", "alg", "use", "status", "since", "crv", "x", "y", "n", "e"];

impl KeyDocument {
    /// Reads a key set. Whether its keys are usable is not checked.
    ///
    /// # Errors
    /// [`GenerateError`] unless it is `{"keys":[…]}` and each key has `kid` and `status`.
    pub fn parse(text: &str) -> Result<Self, GenerateError> {
        let document: Self = serde_json::from_str(text)?;
        if document.keys.iter().all(|key| state(key).is_some()) { Ok(document) } else { Err(GenerateError) }
    }

    /// The document's text.
    #[must_use]
    pub fn to_text(&self) -> String {
        json!(self).to_string()
    }

    /// The keys, in the order of the document.
    #[must_use]
    pub fn states(&self) -> Vec<KeyState> {
        self.keys.iter().filter_map(state).collect()
    }

    /// The key that signs or seals, if there is one.
    #[must_use]
    pub fn current(&self) -> Option<KeyState> {
        self.states().into_iter().find(|key| key.status == KeyStatus::Current)
    }

    /// The same keys with their public members only.
    #[must_use]
    pub fn public_half(&self) -> Self {
        let public = |key: &Map<String, Value>| {
            key.iter().filter(|(name, _)| PUBLIC.contains(&name.as_str())).map(|(name, value)| (name.clone(), value.clone())).collect()
        };
        Self { keys: self.keys.iter().map(public).collect(), rest: Map::new() }
    }

    /// Adds a new key for JWTs with the status `next`, and returns its id.
    ///
    /// # Errors
    /// [`GenerateError`] if the machine gives no random numbers.
    pub fn add_next_signing_key(&mut self, algorithm: Algorithm, now: Timestamp) -> Result<String, GenerateError> {
        let key = generate::signing_key(algorithm, KeyStatus::Next)?;
        let kid = key.kid.clone();
        self.add(serde_json::to_value(key)?, now);
        Ok(kid)
    }

    /// Adds a new key for opaque tokens with the status `next`, and returns its number: the one after the highest, so
    /// that a number never comes back.
    ///
    /// # Errors
    /// [`GenerateError`] if the machine gives no random numbers, or the numbers are used up: they end at 255.
    pub fn add_next_token_key(&mut self, now: Timestamp) -> Result<String, GenerateError> {
        let numbers = self.states().into_iter().map(|key| key.kid.parse::<u8>());
        let highest = numbers.collect::<Result<Vec<_>, _>>().map_err(|_| GenerateError)?.into_iter().max().unwrap_or_default();
        let number = highest.checked_add(1).ok_or(GenerateError)?;
        self.add(generate::token_key(number, KeyStatus::Next)?, now);
        Ok(number.to_string())
    }

    fn add(&mut self, key: Value, now: Timestamp) {
        if let Value::Object(mut members) = key {
            members.insert("since".into(), now.unix().into());
            self.keys.push(members);
        }
    }

    /// Makes the next key `kid` the current one and retires the current one, so that the document never has two or
    /// none.
    pub fn promote(&mut self, kid: &str, now: Timestamp) {
        for key in &mut self.keys {
            let status = match state(key) {
                Some(KeyState { status: KeyStatus::Next, kid: next, .. }) if next == kid => KeyStatus::Current,
                Some(KeyState { status: KeyStatus::Current, .. }) => KeyStatus::Retired,
                _ => continue,
            };
            key.insert("status".into(), json!(status));
            key.insert("since".into(), now.unix().into());
        }
    }

    /// Removes the key `kid`.
    pub fn remove(&mut self, kid: &str) {
        self.keys.retain(|key| key.get("kid").and_then(Value::as_str) != Some(kid));
    }

    /// Writes down that the key `kid` got its status at `at`.
    pub fn set_since(&mut self, kid: &str, at: Timestamp) {
        for key in self.keys.iter_mut().filter(|key| key.get("kid").and_then(Value::as_str) == Some(kid)) {
            key.insert("since".into(), at.unix().into());
        }
    }

    /// Whether both sets have the same key under `kid`, whatever its status in either.
    #[must_use]
    pub fn has_material_of(&self, other: &Self, kid: &str) -> bool {
        const MATERIAL: [&str; 7] = ["kty", "alg", "crv", "x", "y", "n", "e"];
        let key = |document: &Self| document.keys.iter().find(|key| key.get("kid").and_then(Value::as_str) == Some(kid)).cloned();
        key(self).zip(key(other)).is_some_and(|(one, other)| MATERIAL.iter().all(|name| one.get(*name) == other.get(*name)))
    }

    /// Whether both sets have the same keys with the same statuses, whenever they got them.
    #[must_use]
    pub fn agrees_with(&self, other: &Self) -> bool {
        let timeless = |key: &Map<String, Value>| {
            let members = key.iter().filter(|(name, _)| name.as_str() != "since");
            members.map(|(name, value)| (name.clone(), value.clone())).collect::<Map<_, _>>()
        };
        let sorted = |document: &Self| {
            let mut keys: Vec<_> = document.keys.iter().map(|key| json!(timeless(key)).to_string()).collect();
            keys.sort();
            keys
        };
        sorted(self) == sorted(other)
    }
}

fn state(key: &Map<String, Value>) -> Option<KeyState> {
    let text = |name| key.get(name).and_then(Value::as_str).map(str::to_owned);
    let status = key.get("status").and_then(|status| KeyStatus::deserialize(status).ok())?;
    let since = key.get("since").and_then(Value::as_i64).map(Timestamp::from_unix);
    Some(KeyState { kid: text("kid")?, alg: text("alg"), status, since })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credentials::generate::{signing_keys, token_keys};
    use crate::credentials::{SigningKeys, TokenKeys, VerificationKeys};

    fn statuses(document: &KeyDocument) -> Vec<KeyStatus> {
        document.states().into_iter().map(|key| key.status).collect()
    }

    #[test]
    fn every_step_leaves_a_set_that_can_be_used() {
        for algorithm in [Algorithm::ES256, Algorithm::EdDSA, Algorithm::RS256] {
            let mut set = KeyDocument::parse(&signing_keys(Algorithm::ES256).unwrap()).unwrap();
            let usable = |set: &KeyDocument| {
                assert!(SigningKeys::parse(&set.to_text()).is_ok());
                assert!(VerificationKeys::parse(&set.public_half().to_text()).is_ok());
            };
            let kid = set.add_next_signing_key(algorithm, Timestamp::from_unix(1)).unwrap();
            usable(&set);
            assert_eq!(statuses(&set), [KeyStatus::Current, KeyStatus::Next]);

            set.promote(&kid, Timestamp::from_unix(2));
            usable(&set);
            assert_eq!(statuses(&set), [KeyStatus::Retired, KeyStatus::Current]);
            assert_eq!(
                set.states()[1],
                KeyState { kid, alg: Some(format!("{algorithm:?}")), status: KeyStatus::Current, since: Some(Timestamp::from_unix(2)) }
            );

            let retired = set.states()[0].kid.clone();
            set.remove(&retired);
            usable(&set);
        }
    }

    #[test]
    fn numbers_of_token_keys_only_grow() {
        let mut ring = KeyDocument::parse(&token_keys().unwrap()).unwrap();
        for number in 2..=255 {
            assert_eq!(ring.add_next_token_key(Timestamp::from_unix(1)).unwrap(), number.to_string());
            ring.promote(&number.to_string(), Timestamp::from_unix(2));
            ring.remove(&(number - 1).to_string());
            assert_eq!(TokenKeys::parse(&ring.to_text()).unwrap().current().get().to_string(), number.to_string());
        }
        assert!(ring.add_next_token_key(Timestamp::from_unix(1)).is_err());
    }

    #[test]
    fn a_public_half_holds_no_private_member_and_agrees_whenever_its_keys_came_there() {
        for algorithm in [Algorithm::ES256, Algorithm::EdDSA, Algorithm::RS256] {
            let mut set = KeyDocument::parse(&signing_keys(algorithm).unwrap()).unwrap();
            let mut public = set.public_half();
            for member in ["d", "p", "q", "dp", "dq", "qi", "k"] {
                assert!(public.keys.iter().all(|key| !key.contains_key(member)));
            }
            public.set_since(&set.states()[0].kid, Timestamp::from_unix(5));
            assert!(public.agrees_with(&set.public_half()));

            set.add_next_signing_key(algorithm, Timestamp::from_unix(1)).unwrap();
            assert!(!public.agrees_with(&set.public_half()));
        }
    }

    #[test]
    fn members_that_nobody_knows_stay() {
        let set = KeyDocument::parse(r#"{"keys":[{"kid":"a","status":"current","note":"mine"}],"owner":"me"}"#).unwrap();

        assert!(set.to_text().contains(r#""note":"mine""#) && set.to_text().contains(r#""owner":"me""#));
        assert!(!set.public_half().to_text().contains("mine"));
    }
}

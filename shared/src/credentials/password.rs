//! Passwords: argon2id with PHC strings (RFC 9106, OWASP's parameters), and the [`stored`] hashes of other schemes until their
//! next login.

mod stored;
#[cfg(test)]
mod vectors;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use argon2::password_hash::PasswordHasher as _;
use argon2::password_hash::phc;
use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use thiserror::Error;
use unicode_normalization::UnicodeNormalization;

use crate::domain::Secret;

pub use stored::Scheme;
use stored::Stored;

/// A hash could not be computed or read: a fault of ours, never the caller's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PasswordError {
    /// The parameters are outside what argon2 takes.
    #[error("the argon2 parameters are out of range")]
    Parameters,
    /// The stored text is no hash that can be verified.
    #[error("the stored password hash can not be read")]
    Unreadable,
    /// The stored hash asks for more time or memory than a login may cost.
    #[error("the stored password hash costs too much to verify")]
    TooCostly,
    /// The hash function failed (no memory, no random numbers).
    #[error("the password hash could not be computed")]
    Failed,
}

/// A PHC string, `$argon2id$v=19$m=19456,t=2,p=1$…`, or what was imported in another form ([`Scheme`]). `Debug` shows nothing of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasswordHash(Secret);

impl PasswordHash {
    /// The hash that a row holds.
    pub fn from_stored(text: impl Into<String>) -> Self {
        Self(Secret::new(text))
    }

    /// Whether `text` is a hash that [`PasswordHasher::verify`] takes, told without computing anything: what an import asks.
    ///
    /// # Errors
    /// [`PasswordError::Unreadable`] if it is none; [`PasswordError::TooCostly`] if it is beyond the bounds of its [`Scheme`].
    pub fn check(text: &str) -> Result<Scheme, PasswordError> {
        Stored::parse(text).map(|stored| stored.scheme())
    }

    /// The text to store.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.expose()
    }
}

/// What argon2id costs. OWASP's minimum by default: 19 MiB, 2 iterations, 1 lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordParameters {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub iterations: u32,
    /// Lanes.
    pub parallelism: u32,
}

/// What a verification found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The password is another one, or nobody has it.
    Wrong,
    /// The password is right.
    Right,
    /// The password is right and was hashed under other parameters or in another scheme: store this one instead.
    RightRehashed(PasswordHash),
}

/// Computes and verifies password hashes under the live parameters.
///
/// A clone shares the count of hashes.
#[derive(Clone)]
pub struct PasswordHasher {
    argon2: Argon2<'static>,
    dummy: PasswordHash,
    computed: Arc<AtomicU64>,
}

impl PasswordHasher {
    /// A hasher with these parameters.
    ///
    /// # Errors
    /// [`PasswordError::Parameters`] if argon2 does not take them, or [`verify`](Self::verify) would find them too costly.
    pub fn new(parameters: PasswordParameters) -> Result<Self, PasswordError> {
        let PasswordParameters { memory_kib, iterations, parallelism } = parameters;
        if !stored::is_affordable(memory_kib, iterations, parallelism) {
            return Err(PasswordError::Parameters);
        }
        let parameters = Params::new(memory_kib, iterations, parallelism, None).map_err(|_| PasswordError::Parameters)?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters);
        Ok(Self { dummy: dummy(argon2.params()), argon2, computed: Arc::default() })
    }

    /// Hashes `password` with a random salt.
    ///
    /// # Errors
    /// [`PasswordError::Failed`] if argon2 fails.
    pub fn hash(&self, password: &Secret) -> Result<PasswordHash, PasswordError> {
        self.computed.fetch_add(1, Ordering::Relaxed);
        let hash: phc::PasswordHash = self.argon2.hash_password(&prepared(password)).map_err(|_| PasswordError::Failed)?;
        Ok(PasswordHash::from_stored(hash.to_string()))
    }

    /// Verifies `password` against `stored`, or, where there is no such user, against a dummy made from the live parameters:
    /// the answer for an unknown name then costs one hash too (OWASP, user enumeration).
    ///
    /// A right password that was hashed under other parameters or in another scheme is hashed again. What a hash of another scheme
    /// costs is that scheme's, so until their first login an imported user can be told from an unknown one by a clock.
    ///
    /// # Errors
    /// [`PasswordError::Unreadable`] or [`PasswordError::TooCostly`] as [`PasswordHash::check`] has it; [`PasswordError::Failed`] if
    /// the hash function fails.
    pub fn verify(&self, password: &Secret, stored: Option<&PasswordHash>) -> Result<Verdict, PasswordError> {
        let hash = Stored::parse(stored.unwrap_or(&self.dummy).as_str())?;
        self.computed.fetch_add(1, Ordering::Relaxed);
        let is_right = match &hash {
            Stored::Argon2(_) => hash.is_of(&prepared(password))?,
            // Another system has hashed what it was sent.
            _ => hash.is_of(password.expose().as_bytes())?,
        };
        match hash {
            _ if !is_right || stored.is_none() => Ok(Verdict::Wrong),
            Stored::Argon2(used) if self.is_current(&used) => Ok(Verdict::Right),
            _ => self.hash(password).map(Verdict::RightRehashed),
        }
    }

    /// How many hashes this hasher and its clones computed: what a flood of guesses costs.
    #[must_use]
    pub fn computed(&self) -> u64 {
        self.computed.load(Ordering::Relaxed)
    }

    fn is_current(&self, hash: &phc::PasswordHash) -> bool {
        hash.algorithm.as_str() == Algorithm::Argon2id.as_str()
            && hash.version == Some(Version::V0x13.into())
            && Params::try_from(hash).is_ok_and(|used| {
                let live = self.argon2.params();
                (used.m_cost(), used.t_cost(), used.p_cost()) == (live.m_cost(), live.t_cost(), live.p_cost())
            })
    }
}

/// A hash that no password has: 32 random bytes where the output of argon2 would stand. It is made of the live parameters,
/// so that an unknown user costs what a real one does, and costs nothing at start.
fn dummy(live: &Params) -> PasswordHash {
    let random = || *uuid::Uuid::new_v4().as_bytes();
    let (salt, output) = (STANDARD_NO_PAD.encode(random()), STANDARD_NO_PAD.encode([random(), random()].concat()));
    let (m, t, p) = (live.m_cost(), live.t_cost(), live.p_cost());
    PasswordHash::from_stored(format!("$argon2id$v=19$m={m},t={t},p={p}${salt}${output}"))
}

/// The bytes that are hashed: the whole password in NFC, so that the same characters typed on two systems are one password.
/// Nothing is cut off, trimmed or folded (NIST SP 800-63B-4, 3.1.1.2).
fn prepared(password: &Secret) -> Vec<u8> {
    password.expose().nfc().collect::<String>().into_bytes()
}

/// Whether both are one password: their characters are the same, however they were composed.
#[must_use]
pub fn is_same_password(one: &Secret, other: &Secret) -> bool {
    prepared(one) == prepared(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hasher(memory_kib: u32) -> PasswordHasher {
        PasswordHasher::new(PasswordParameters { memory_kib, iterations: 1, parallelism: 1 }).unwrap()
    }

    #[test]
    fn only_the_whole_password_passes() {
        let hasher = hasher(64);
        let long = "ä".repeat(200);
        let hash = hasher.hash(&Secret::new(&long)).unwrap();

        assert!(hash.as_str().starts_with("$argon2id$v=19$m=64,t=1,p=1$"));
        assert_eq!(hasher.verify(&Secret::new(&long), Some(&hash)), Ok(Verdict::Right));
        for other in [&long[..long.len() - 2], &format!("{long}x"), &format!("{long} "), &long.to_uppercase(), ""] {
            assert_eq!(hasher.verify(&Secret::new(other), Some(&hash)), Ok(Verdict::Wrong));
        }
    }

    #[test]
    fn nfc_and_nfd_are_one_password() {
        let hasher = hasher(64);
        let hash = hasher.hash(&Secret::new("Am\u{e9}lie")).unwrap();

        assert_eq!(hasher.verify(&Secret::new("Ame\u{301}lie"), Some(&hash)), Ok(Verdict::Right));
    }

    #[test]
    fn a_right_password_under_other_parameters_is_hashed_again() {
        let (old, new) = (hasher(64), hasher(128));
        let password = Secret::new("correct horse");
        let hash = old.hash(&password).unwrap();

        let Ok(Verdict::RightRehashed(rehashed)) = new.verify(&password, Some(&hash)) else { panic!("not rehashed") };
        assert!(rehashed.as_str().contains("m=128"));
        assert_eq!(new.verify(&password, Some(&rehashed)), Ok(Verdict::Right));
        assert_eq!(new.verify(&Secret::new("wrong"), Some(&hash)), Ok(Verdict::Wrong));
    }

    #[test]
    fn an_unknown_user_costs_one_hash_and_never_passes() {
        let hasher = hasher(64);
        for password in ["", "x"] {
            let before = hasher.computed();
            assert_eq!(hasher.verify(&Secret::new(password), None), Ok(Verdict::Wrong));
            assert_eq!(hasher.computed() - before, 1);
        }
    }

    #[test]
    fn a_stored_hash_that_can_not_be_read_is_our_fault_not_a_wrong_password() {
        for stored in ["", "plain", "$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHQ", "$2b$12$abcdefghijklmnopqrstuv"] {
            let verdict = hasher(64).verify(&Secret::new("x"), Some(&PasswordHash::from_stored(stored)));
            assert_ne!(verdict, Ok(Verdict::Right), "{stored}");
        }
    }
}

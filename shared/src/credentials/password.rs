//! Password hashes: argon2id in PHC strings (RFC 9106, with OWASP's parameters). [`stored`] verifies imported hashes of
//! other schemes until the user's next login.

mod argon2id;
mod stored;
#[cfg(test)]
mod vectors;

use std::sync::Arc;
use std::thread::JoinHandle;

use argon2::password_hash::{phc, try_generate_salt};
use argon2::{Algorithm, Params, Version};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use thiserror::Error;
use unicode_normalization::UnicodeNormalization;

use crate::domain::Secret;

use argon2id::BlockMemory;
pub use stored::Scheme;
use stored::Stored;

/// Why a hash could not be computed or read. The caller is never at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PasswordError {
    /// The parameters are out of argon2's range.
    #[error("the argon2 parameters are out of range")]
    Parameters,
    /// The stored text is not a hash of any [`Scheme`].
    #[error("the stored password hash cannot be read")]
    Unreadable,
    /// The stored hash takes more time or memory than a login may cost.
    #[error("the stored password hash costs too much to verify")]
    TooCostly,
    /// The hash function failed: no memory, or no random numbers.
    #[error("the password hash could not be computed")]
    Failed,
    /// A known hash came out wrong: the processor or the build is at fault, and nothing may be hashed.
    #[error("argon2id computes a wrong hash on this machine")]
    WrongAnswer,
}

/// The length of a hash that is made here.
const OUTPUT_BYTES: usize = 32;

/// A PHC string, `$argon2id$v=19$m=19456,t=2,p=1$…`, or an imported hash of another [`Scheme`]. `Debug` redacts it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasswordHash(Secret);

impl PasswordHash {
    /// The hash in a user's row. Whether it can be verified is not checked.
    pub fn from_stored(text: impl Into<String>) -> Self {
        Self(Secret::new(text))
    }

    /// The scheme of `text`, if [`PasswordHasher::verify`] can verify it. Computes nothing; an import uses it.
    ///
    /// # Errors
    /// [`PasswordError::Unreadable`] if it is not a hash; [`PasswordError::TooCostly`] if it exceeds the bounds of its
    /// [`Scheme`].
    pub fn check(text: &str) -> Result<Scheme, PasswordError> {
        Stored::parse(text).map(|stored| stored.scheme())
    }

    /// The text to store.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.expose()
    }
}

/// The cost of argon2id. The default is OWASP's minimum: 19 MiB, 2 iterations, 1 lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordParameters {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub iterations: u32,
    /// Lanes.
    pub parallelism: u32,
}

impl From<&Params> for PasswordParameters {
    fn from(params: &Params) -> Self {
        Self { memory_kib: params.m_cost(), iterations: params.t_cost(), parallelism: params.p_cost() }
    }
}

/// The result of a verification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The password is wrong, or there is no such user.
    Wrong,
    /// The password is right.
    Right,
    /// The password is right, but its hash has other parameters or another scheme. This hash is to replace it.
    RightRehashed(PasswordHash),
}

/// Computes and verifies password hashes under the live parameters. A clone shares the memory that hashes fill.
///
/// Each hash that it computes is a log line of level `debug`.
#[derive(Clone)]
pub struct PasswordHasher {
    live: PasswordParameters,
    memory: Arc<BlockMemory>,
    dummy: PasswordHash,
}

impl PasswordHasher {
    /// A hasher with these parameters, after a check that a known hash is computed right. The memory is allocated by
    /// [`prepare`](Self::prepare), or else by the first hash.
    ///
    /// # Errors
    /// [`PasswordError::Parameters`] if argon2 does not take them, or [`verify`](Self::verify) would find them too
    /// costly; [`PasswordError::WrongAnswer`].
    pub fn new(live: PasswordParameters) -> Result<Self, PasswordError> {
        let PasswordParameters { memory_kib, iterations, parallelism } = live;
        let is_possible = Params::new(memory_kib, iterations, parallelism, None).is_ok();
        if !is_possible || !stored::is_affordable(memory_kib, iterations, parallelism) {
            return Err(PasswordError::Parameters);
        }
        Ok(Self { live, memory: Arc::new(BlockMemory::new(live)?), dummy: dummy(live) })
    }

    /// Allocates the memory that hashes fill, so that the first of them takes no longer than the next. It returns at once:
    /// the work is done on the thread that is returned, if there is one.
    ///
    /// # Errors
    /// [`PasswordError::Failed`] if there is no memory.
    pub fn prepare(&self) -> Result<Option<JoinHandle<()>>, PasswordError> {
        self.memory.clone().prepare()
    }

    /// Hashes `password` with a random salt.
    ///
    /// # Errors
    /// [`PasswordError::Failed`] if argon2 fails.
    pub fn hash(&self, password: &Secret) -> Result<PasswordHash, PasswordError> {
        tracing::debug!("a password is hashed");
        let salt = try_generate_salt().map_err(|_| PasswordError::Failed)?;
        let mut output = [0; OUTPUT_BYTES];
        self.memory.argon2id(self.live, &prepared(password), &salt, &mut output)?;
        Ok(phc_string(self.live, &salt, &output))
    }

    /// Verifies `password` against `stored`. Where there is no such user, it verifies against a dummy with the live
    /// parameters, so that an unknown name costs one hash too (OWASP, user enumeration).
    ///
    /// A right password whose hash has other parameters or another scheme is hashed again. A hash of another scheme
    /// takes a different time, so until their first login an imported user can be told from an unknown one by the
    /// clock.
    ///
    /// # Errors
    /// [`PasswordError::Unreadable`] or [`PasswordError::TooCostly`] as in [`PasswordHash::check`];
    /// [`PasswordError::Failed`] if the hash function fails.
    pub fn verify(&self, password: &Secret, stored: Option<&PasswordHash>) -> Result<Verdict, PasswordError> {
        let hash = Stored::parse(stored.unwrap_or(&self.dummy).as_str())?;
        tracing::debug!("a password is verified");
        let is_right = match &hash {
            Stored::Argon2(_) => hash.is_of(&prepared(password), &self.memory)?,
            // Other systems hashed the bytes as they were sent.
            _ => hash.is_of(password.expose().as_bytes(), &self.memory)?,
        };
        match hash {
            _ if !is_right || stored.is_none() => Ok(Verdict::Wrong),
            Stored::Argon2(used) if self.is_current(&used) => Ok(Verdict::Right),
            _ => self.hash(password).map(Verdict::RightRehashed),
        }
    }

    fn is_current(&self, hash: &phc::PasswordHash) -> bool {
        hash.algorithm.as_str() == Algorithm::Argon2id.as_str()
            && hash.version == Some(Version::V0x13.into())
            && Params::try_from(hash).is_ok_and(|used| PasswordParameters::from(&used) == self.live)
    }
}

/// A hash that no password has: 32 random bytes in place of argon2's output. It has the live parameters, so that an
/// unknown user costs what a real one does, and creating it computes no hash.
fn dummy(live: PasswordParameters) -> PasswordHash {
    let random = || *uuid::Uuid::new_v4().as_bytes();
    phc_string(live, &random(), &[random(), random()].concat())
}

fn phc_string(cost: PasswordParameters, salt: &[u8], output: &[u8]) -> PasswordHash {
    let [salt, output] = [salt, output].map(|bytes| STANDARD_NO_PAD.encode(bytes));
    let PasswordParameters { memory_kib, iterations, parallelism } = cost;
    PasswordHash::from_stored(format!("$argon2id$v=19$m={memory_kib},t={iterations},p={parallelism}${salt}${output}"))
}

/// The bytes that are hashed: the whole password in NFC, so that the same characters from two systems are the same
/// password. Nothing is truncated, trimmed or folded (NIST SP 800-63B-4, 3.1.1.2).
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
    fn an_unknown_user_never_passes() {
        for password in ["", "x"] {
            assert_eq!(hasher(64).verify(&Secret::new(password), None), Ok(Verdict::Wrong));
        }
    }

    #[test]
    fn the_dummy_for_an_unknown_user_costs_what_a_real_hash_does() {
        let hasher = hasher(128);
        let real = hasher.hash(&Secret::new("x")).unwrap();

        let cost = |hash: &PasswordHash| hash.as_str().rsplitn(3, '$').nth(2).unwrap().to_owned();
        assert_eq!(cost(&hasher.dummy), "$argon2id$v=19$m=128,t=1,p=1");
        assert_eq!(cost(&hasher.dummy), cost(&real));
        assert_eq!(hasher.dummy.as_str().len(), real.as_str().len());
    }

    #[test]
    fn a_stored_hash_that_can_not_be_read_is_our_fault_not_a_wrong_password() {
        for stored in ["", "plain", "$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHQ", "$2b$12$abcdefghijklmnopqrstuv"] {
            let verdict = hasher(64).verify(&Secret::new("x"), Some(&PasswordHash::from_stored(stored)));
            assert_ne!(verdict, Ok(Verdict::Right), "{stored}");
        }
    }
}

//! Stored password hashes of every scheme: parsing them, bounding their cost, verifying a password.
//!
//! A text is parsed and its cost compared with the bounds before anything is computed. A hash without salt, or with
//! less than 80 bits of output, is refused.

use std::num::NonZeroU32;

use argon2::password_hash::{PasswordVerifier as _, phc};
use argon2::{Algorithm, Argon2, Params, Version};
use aws_lc_rs::{constant_time, pbkdf2};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use base64ct::{Base64Pbkdf2, Base64ShaCrypt, Encoding};

use super::argon2id::BlockMemory;
use super::{PasswordError, PasswordParameters};

/// A scheme whose hashes a login verifies. A right password is then hashed again, with argon2id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// argon2id, argon2i or argon2d in a PHC string; at most 1 GiB, 100 iterations and 16 lanes.
    Argon2,
    /// bcrypt, `$2a$`, `$2b$` or `$2y$`; cost 4 to 16. `$2x$` is refused: it marks hashes of a faulty implementation.
    Bcrypt,
    /// scrypt, `$scrypt$ln=16,r=8,p=1$…` or `$7$…`; at most 256 MiB and p = 16.
    Scrypt,
    /// PBKDF2 with SHA-256 or SHA-512, `$pbkdf2-sha256$i=600000$…`, passlib's `$pbkdf2-sha256$600000$…` or Django's
    /// `pbkdf2_sha256$600000$…`; at most 10,000,000 rounds.
    Pbkdf2,
}

const ARGON2_MEMORY_KIB: u32 = 1_048_576;
const ARGON2_ITERATIONS: u32 = 100;
const LANES: u32 = 16;
const BCRYPT_COST: std::ops::RangeInclusive<u32> = 4..=16;
const SCRYPT_MEMORY_BYTES: u64 = 256 << 20;
const PBKDF2_ROUNDS: u32 = 10_000_000;
/// The lengths of output that are accepted; a PHC string holds no more.
const OUTPUT_BYTES: std::ops::RangeInclusive<usize> = 10..=64;

/// Whether a login may cost as much.
pub fn is_affordable(memory_kib: u32, iterations: u32, lanes: u32) -> bool {
    memory_kib <= ARGON2_MEMORY_KIB && iterations <= ARGON2_ITERATIONS && lanes <= LANES
}

/// A parsed hash.
pub enum Stored<'a> {
    Argon2(Box<phc::PasswordHash>),
    Bcrypt(&'a str),
    Scrypt(scrypt::Params, Derived),
    Pbkdf2(pbkdf2::Algorithm, NonZeroU32, Derived),
}

/// The output of a hash function, and its salt.
pub struct Derived {
    salt: Vec<u8>,
    output: Vec<u8>,
}

impl Derived {
    fn new(salt: Vec<u8>, output: Vec<u8>) -> Result<Self, PasswordError> {
        // A hash without output would match every password.
        if salt.is_empty() || !OUTPUT_BYTES.contains(&output.len()) {
            return Err(PasswordError::Unreadable);
        }
        Ok(Self { salt, output })
    }
}

impl<'a> Stored<'a> {
    /// Parses `text`.
    pub fn parse(text: &'a str) -> Result<Self, PasswordError> {
        let mut fields = text.split('$');
        let [empty, id] = [fields.next(), fields.next()].map(Option::unwrap_or_default);
        match (empty, id) {
            ("", "2a" | "2b" | "2y") => bcrypt(text),
            ("", "scrypt") => phc(text).and_then(|hash| scrypt_phc(&hash)),
            ("", "7") => scrypt_crypt(fields),
            ("", "pbkdf2-sha256") => pbkdf2_either(pbkdf2::PBKDF2_HMAC_SHA256, text, fields),
            ("", "pbkdf2-sha512") => pbkdf2_either(pbkdf2::PBKDF2_HMAC_SHA512, text, fields),
            ("pbkdf2_sha256", rounds) => pbkdf2_django(pbkdf2::PBKDF2_HMAC_SHA256, rounds, fields),
            ("", "argon2id" | "argon2i" | "argon2d") => argon2(text),
            _ => Err(PasswordError::Unreadable),
        }
    }

    pub fn scheme(&self) -> Scheme {
        match self {
            Self::Argon2(_) => Scheme::Argon2,
            Self::Bcrypt(_) => Scheme::Bcrypt,
            Self::Scrypt(..) => Scheme::Scrypt,
            Self::Pbkdf2(..) => Scheme::Pbkdf2,
        }
    }

    /// Whether this is the hash of `password`. The comparison takes constant time.
    pub fn is_of(&self, password: &[u8], memory: &BlockMemory) -> Result<bool, PasswordError> {
        match self {
            Self::Argon2(hash) if is_of_our_kind(hash) => {
                let cost = Params::try_from(&**hash).map_err(|_| PasswordError::Unreadable)?;
                let Derived { salt, output } = derived(hash)?;
                let mut computed = vec![0; output.len()];
                memory.argon2id(PasswordParameters::from(&cost), password, &salt, &mut computed)?;
                Ok(constant_time::verify_slices_are_equal(&computed, &output).is_ok())
            }
            Self::Argon2(hash) => match Argon2::default().verify_password(password, &**hash) {
                Ok(()) => Ok(true),
                Err(argon2::password_hash::Error::PasswordInvalid) => Ok(false),
                Err(_) => Err(PasswordError::Unreadable),
            },
            // bcrypt reads 72 bytes, so every password that begins with the same 72 is right until it is hashed again,
            // whole. A NUL is a byte like any other here, whereas implementations in C ended the password there.
            Self::Bcrypt(text) => bcrypt::verify(password, text).map_err(|_| PasswordError::Failed),
            Self::Scrypt(params, Derived { salt, output }) => {
                let mut derived = vec![0; output.len()];
                scrypt::scrypt(password, salt, params, &mut derived).map_err(|_| PasswordError::Failed)?;
                Ok(constant_time::verify_slices_are_equal(&derived, output).is_ok())
            }
            Self::Pbkdf2(algorithm, rounds, Derived { salt, output }) => {
                Ok(pbkdf2::verify(*algorithm, *rounds, salt, password, output).is_ok())
            }
        }
    }
}

/// Whether this is argon2id in its last version, with nothing hashed beside the password: what is made here.
fn is_of_our_kind(hash: &phc::PasswordHash) -> bool {
    hash.algorithm.as_str() == Algorithm::Argon2id.as_str()
        && hash.version == Some(Version::V0x13.into())
        && hash.params.iter().all(|(name, _)| ["m", "t", "p"].contains(&name.as_str()))
}

fn phc(text: &str) -> Result<phc::PasswordHash, PasswordError> {
    phc::PasswordHash::new(text).map_err(|_| PasswordError::Unreadable)
}

fn derived(hash: &phc::PasswordHash) -> Result<Derived, PasswordError> {
    let (salt, output) = hash.salt.as_ref().zip(hash.hash.as_ref()).ok_or(PasswordError::Unreadable)?;
    Derived::new(salt.as_ref().to_vec(), output.as_ref().to_vec())
}

fn argon2(text: &str) -> Result<Stored<'_>, PasswordError> {
    let mut hash = phc(text)?;
    derived(&hash)?;
    // The first version of argon2 did not write its number.
    hash.version.get_or_insert(Version::V0x10.into());
    let params = Params::try_from(&hash).map_err(|_| PasswordError::Unreadable)?;
    let is_affordable = is_affordable(params.m_cost(), params.t_cost(), params.p_cost());
    if is_affordable { Ok(Stored::Argon2(Box::new(hash))) } else { Err(PasswordError::TooCostly) }
}

fn bcrypt(text: &str) -> Result<Stored<'_>, PasswordError> {
    let parts: bcrypt::HashParts = text.parse().map_err(|_| PasswordError::Unreadable)?;
    if BCRYPT_COST.contains(&parts.get_cost()) { Ok(Stored::Bcrypt(text)) } else { Err(PasswordError::TooCostly) }
}

fn scrypt_phc(hash: &phc::PasswordHash) -> Result<Stored<'static>, PasswordError> {
    let number = |name| hash.params.get_decimal(name).ok_or(PasswordError::Unreadable);
    if hash.version.is_some() || hash.params.iter().count() != 3 {
        return Err(PasswordError::Unreadable);
    }
    scrypt(number("ln")?, number("r")?, number("p")?, derived(hash)?)
}

fn scrypt(log_n: u32, r: u32, p: u32, derived: Derived) -> Result<Stored<'static>, PasswordError> {
    let memory = 1_u64.checked_shl(log_n).and_then(|n| n.checked_mul(128)).and_then(|block| block.checked_mul(r.into()));
    if memory.is_none_or(|memory| memory > SCRYPT_MEMORY_BYTES) || p > LANES {
        return Err(PasswordError::TooCostly);
    }
    let log_n = u8::try_from(log_n).ok().filter(|log_n| *log_n > 0).ok_or(PasswordError::Unreadable)?;
    let params = scrypt::Params::new(log_n, r, p).map_err(|_| PasswordError::Unreadable)?;
    Ok(Stored::Scrypt(params, derived))
}

/// `$7$`, as crypt(5) has it: one character is log N, five are r, five are p, the rest is the salt as it stands; then
/// the output.
fn scrypt_crypt<'a>(mut fields: impl Iterator<Item = &'a str>) -> Result<Stored<'static>, PasswordError> {
    let (Some(settings), Some(output), None) = (fields.next(), fields.next(), fields.next()) else {
        return Err(PasswordError::Unreadable);
    };
    let number = |digits: std::ops::Range<usize>| settings.get(digits).and_then(crypt_number).ok_or(PasswordError::Unreadable);
    let salt = settings.get(11..).ok_or(PasswordError::Unreadable)?;
    let output = Base64ShaCrypt::decode_vec(output).map_err(|_| PasswordError::Unreadable)?;
    scrypt(number(0..1)?, number(1..6)?, number(6..11)?, Derived::new(salt.into(), output)?)
}

/// A number in crypt's alphabet, six bits a character, the lowest first.
fn crypt_number(text: &str) -> Option<u32> {
    const DIGITS: &str = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let number = text.chars().rev().try_fold(0_u64, |number, digit| Some(number << 6 | DIGITS.find(digit)? as u64))?;
    u32::try_from(number).ok()
}

/// A PHC string, or passlib's form, which has the bare number of rounds where a PHC string has parameters.
fn pbkdf2_either<'a>(
    algorithm: pbkdf2::Algorithm,
    text: &str,
    mut fields: impl Iterator<Item = &'a str>,
) -> Result<Stored<'static>, PasswordError> {
    let rounds = fields.next().unwrap_or_default();
    if !rounds.contains('=') {
        let (Some(salt), Some(output), None) = (fields.next(), fields.next(), fields.next()) else {
            return Err(PasswordError::Unreadable);
        };
        let [salt, output] = [salt, output].map(Base64Pbkdf2::decode_vec);
        let derived = Derived::new(salt.map_err(|_| PasswordError::Unreadable)?, output.map_err(|_| PasswordError::Unreadable)?)?;
        return pbkdf2(algorithm, rounds.parse().ok(), derived);
    }
    let (hash, known) = (phc(text)?, ["i", "l"]);
    let derived = derived(&hash)?;
    let is_whole = hash.params.get_decimal("l").is_none_or(|length| usize::try_from(length) == Ok(derived.output.len()));
    if hash.version.is_some() || !is_whole || hash.params.iter().any(|(name, _)| !known.contains(&name.as_str())) {
        return Err(PasswordError::Unreadable);
    }
    pbkdf2(algorithm, hash.params.get_decimal("i"), derived)
}

/// Django's form: the salt as it stands, the output in base64 with padding.
fn pbkdf2_django<'a>(
    algorithm: pbkdf2::Algorithm,
    rounds: &str,
    mut fields: impl Iterator<Item = &'a str>,
) -> Result<Stored<'static>, PasswordError> {
    let (Some(salt), Some(output), None) = (fields.next(), fields.next(), fields.next()) else {
        return Err(PasswordError::Unreadable);
    };
    let output = STANDARD.decode(output).map_err(|_| PasswordError::Unreadable)?;
    pbkdf2(algorithm, rounds.parse().ok(), Derived::new(salt.into(), output)?)
}

fn pbkdf2(algorithm: pbkdf2::Algorithm, rounds: Option<u32>, derived: Derived) -> Result<Stored<'static>, PasswordError> {
    let rounds = rounds.and_then(NonZeroU32::new).ok_or(PasswordError::Unreadable)?;
    if rounds.get() > PBKDF2_ROUNDS { Err(PasswordError::TooCostly) } else { Ok(Stored::Pbkdf2(algorithm, rounds, derived)) }
}

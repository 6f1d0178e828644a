//! The tokens in mailed links. Whoever presents one has read the mail, so has the mailbox.
//!
//! Nothing is stored for them: each carries what it was mailed for, the user's epoch where there is a user, and when it expires. The
//! write that a token permits has that epoch as its condition and raises it, so a link works once, and dies with any other change of
//! the epoch.

use super::{SealError, end, open_text, seal_text, take};
use crate::credentials::{KeyNumber, TokenKeys};
use crate::domain::{EmailAddress, Locator, Secret, Timestamp, UserId};

const SIGN_UP: &str = "lksgn_";
const RESET: &str = "lkrst_";
const EMAIL: &str = "lkeml_";

/// Base58 writes a byte in less than 1.37 characters; the longest token holds an address of 254 bytes.
const MAX_TEXT_BYTES: usize = 448;

fn seal(keys: &TokenKeys, prefix: &str, key: KeyNumber, body: &[u8]) -> Result<Secret, SealError> {
    seal_text(keys, prefix, key, body).map(Secret::new)
}

fn open(keys: &TokenKeys, prefix: &str, text: &str) -> Result<Vec<u8>, SealError> {
    open_text(keys, prefix, MAX_TEXT_BYTES, text).map(|(_, body)| body)
}

/// The token that makes an account. It holds the address and nothing else: no account exists before the mailbox is proven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignUpToken {
    /// The address that the link was mailed to.
    pub address: EmailAddress,
    /// When it expires.
    pub expires_at: Timestamp,
}

impl SignUpToken {
    /// The token's text under the key `key`.
    ///
    /// # Errors
    /// [`SealError`] if the ring does not have that key, or no longer has it.
    pub fn seal(&self, keys: &TokenKeys, key: KeyNumber) -> Result<Secret, SealError> {
        seal(keys, SIGN_UP, key, &[instant(self.expires_at).as_slice(), self.address.as_str().as_bytes()].concat())
    }

    /// Reads `text`, checks its MAC and that it has not expired: no I/O.
    ///
    /// # Errors
    /// [`SealError`] for anything but a sign-up token that this service sealed and that has not expired.
    pub fn open(keys: &TokenKeys, text: &str, now: Timestamp) -> Result<Self, SealError> {
        let body = open(keys, SIGN_UP, text)?;
        let mut rest = body.as_slice();
        let expires_at = take_instant_after(now, &mut rest)?;
        Ok(Self { address: address(rest)?, expires_at })
    }
}

/// The token that sets a password: after the old one was forgotten, or the first one of an invited user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResetToken {
    /// The user.
    pub user: UserId,
    /// The user's epoch when it was mailed. The reset raises it.
    pub epoch: u64,
    /// The place of the address that it was mailed to ([`EmailAddress::place`]). While that is the user's address, a reset proves it.
    pub address: Locator,
    /// When it expires.
    pub expires_at: Timestamp,
}

impl ResetToken {
    /// The token's text under the key `key`.
    ///
    /// # Errors
    /// [`SealError`] if the ring does not have that key, or no longer has it.
    pub fn seal(&self, keys: &TokenKeys, key: KeyNumber) -> Result<Secret, SealError> {
        let (epoch, expires_at) = (self.epoch.to_be_bytes(), instant(self.expires_at));
        seal(keys, RESET, key, &[self.user.bytes().as_slice(), &epoch, &expires_at, self.address.bytes()].concat())
    }

    /// Reads `text`, checks its MAC and that it has not expired: no I/O. Whether the epoch is still the user's is decided by their row.
    ///
    /// # Errors
    /// [`SealError`] for anything but a reset token that this service sealed and that has not expired.
    pub fn open(keys: &TokenKeys, text: &str, now: Timestamp) -> Result<Self, SealError> {
        let body = open(keys, RESET, text)?;
        let mut rest = body.as_slice();
        let (user, epoch) = (UserId::from_bytes(take(&mut rest)?), u64::from_be_bytes(take(&mut rest)?));
        let expires_at = take_instant_after(now, &mut rest)?;
        let address = Locator::from_bytes(take(&mut rest)?);
        end(rest, Self { user, epoch, address, expires_at })
    }
}

/// The token that gives a user the address that it was mailed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmailToken {
    /// The user.
    pub user: UserId,
    /// The user's epoch when it was mailed.
    pub epoch: u64,
    /// The new address.
    pub address: EmailAddress,
    /// When it expires.
    pub expires_at: Timestamp,
}

impl EmailToken {
    /// The token's text under the key `key`.
    ///
    /// # Errors
    /// [`SealError`] if the ring does not have that key, or no longer has it.
    pub fn seal(&self, keys: &TokenKeys, key: KeyNumber) -> Result<Secret, SealError> {
        let (epoch, expires_at) = (self.epoch.to_be_bytes(), instant(self.expires_at));
        seal(keys, EMAIL, key, &[self.user.bytes().as_slice(), &epoch, &expires_at, self.address.as_str().as_bytes()].concat())
    }

    /// Reads `text`, checks its MAC and that it has not expired: no I/O. Whether the epoch is still the user's is decided by their row.
    ///
    /// # Errors
    /// [`SealError`] for anything but an e-mail token that this service sealed and that has not expired.
    pub fn open(keys: &TokenKeys, text: &str, now: Timestamp) -> Result<Self, SealError> {
        let body = open(keys, EMAIL, text)?;
        let mut rest = body.as_slice();
        let (user, epoch) = (UserId::from_bytes(take(&mut rest)?), u64::from_be_bytes(take(&mut rest)?));
        let expires_at = take_instant_after(now, &mut rest)?;
        Ok(Self { user, epoch, address: address(rest)?, expires_at })
    }
}

fn instant(at: Timestamp) -> [u8; 8] {
    at.unix().to_be_bytes()
}

fn take_instant_after(now: Timestamp, rest: &mut &[u8]) -> Result<Timestamp, SealError> {
    let instant = Timestamp::from_unix(i64::from_be_bytes(take(rest)?));
    if instant > now { Ok(instant) } else { Err(SealError) }
}

/// The address that fills the rest.
fn address(rest: &[u8]) -> Result<EmailAddress, SealError> {
    std::str::from_utf8(rest).ok().and_then(|text| text.parse().ok()).ok_or(SealError)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credentials::{OneTimeToken, generate};

    const EXPIRES_AT: i64 = 1_900_000_000;

    fn before() -> Timestamp {
        Timestamp::from_unix(EXPIRES_AT - 1)
    }

    fn after() -> Timestamp {
        Timestamp::from_unix(EXPIRES_AT)
    }

    fn keys() -> TokenKeys {
        TokenKeys::parse(&generate::token_keys().unwrap()).unwrap()
    }

    fn longest_address() -> EmailAddress {
        let address = format!("{}@{}ex.com", "x".repeat(64), "abcdefgh.".repeat(20));
        format!("{address}{}", "m".repeat(254 - address.len())).parse().unwrap()
    }

    fn tokens() -> (SignUpToken, ResetToken, EmailToken) {
        let (address, expires_at, user) = (longest_address(), Timestamp::from_unix(EXPIRES_AT), UserId::random());
        let reset = ResetToken { user, epoch: 7, address: address.place(), expires_at };
        (SignUpToken { address: address.clone(), expires_at }, reset, EmailToken { user, epoch: u64::MAX, address, expires_at })
    }

    #[test]
    fn what_was_sealed_opens_to_the_same_until_it_expires() {
        let (keys, (sign_up, reset, email)) = (keys(), tokens());
        let sealed = |token: Result<Secret, SealError>| token.unwrap().expose().to_owned();
        let [first, second, third] =
            [sign_up.seal(&keys, keys.current()), reset.seal(&keys, keys.current()), email.seal(&keys, keys.current())].map(sealed);

        assert_eq!(SignUpToken::open(&keys, &first, before()), Ok(sign_up));
        assert_eq!(ResetToken::open(&keys, &second, before()), Ok(reset));
        assert_eq!(EmailToken::open(&keys, &third, before()), Ok(email));
        assert_eq!(SignUpToken::open(&keys, &first, after()), Err(SealError));
        assert_eq!(ResetToken::open(&keys, &second, after()), Err(SealError));
        assert_eq!(EmailToken::open(&keys, &third, after()), Err(SealError));
    }

    #[test]
    fn no_token_passes_for_one_of_another_kind_or_ring() {
        let (keys, (_, reset, email)) = (keys(), tokens());
        let reset = reset.seal(&keys, keys.current()).unwrap();
        let body = reset.expose().strip_prefix("lkrst_").unwrap();

        assert_eq!(ResetToken::open(&self::keys(), reset.expose(), before()), Err(SealError));
        assert_eq!(EmailToken::open(&keys, &format!("lkeml_{body}"), before()), Err(SealError));
        assert_eq!(SignUpToken::open(&keys, &format!("lksgn_{body}"), before()), Err(SealError));
        assert_eq!(OneTimeToken::open(&keys, &format!("lkone_{body}")), Err(SealError));
        assert_eq!(email.seal(&keys, KeyNumber::new(200)), Err(SealError));
        for form in ["", "lkrst_", &format!("lkrst_1{body}"), &format!("lkrst_{}", "z".repeat(100_000))] {
            assert_eq!(ResetToken::open(&keys, form, before()), Err(SealError));
        }
    }
}

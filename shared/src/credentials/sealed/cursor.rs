//! Where a list goes on.
//!
//! A position can be the name of somebody whom the caller may not see, so a cursor is encrypted where a token is only
//! sealed: AES-256-GCM-SIV under a key that derives from the ring's.

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use hmac::Mac;

use super::{SealError, take};
use crate::credentials::{KeyNumber, TokenKeys};
use crate::domain::Locator;

/// A place in one list, sealed under the current token key, so that nobody makes one up or reads it.
///
/// It gives no right and does not expire: whoever presents it must be let into the list as for its first page. It ends with
/// the key that sealed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// Which list, and whose ([`Locator::of_list`]). A cursor of another list is refused.
    pub list: Locator,
    /// The last thing that was listed, as the list names it: at most 320 bytes.
    pub position: Vec<u8>,
}

const PREFIX: &str = "lkcur_";
const MAX_POSITION_BYTES: usize = 320;
/// The text of the longest position. Decoding base58 takes time that grows with the square of the length.
const MAX_TEXT_BYTES: usize = 512;

impl Cursor {
    /// The longest text of a cursor.
    pub const MAX_TEXT_BYTES: usize = PREFIX.len() + MAX_TEXT_BYTES;

    /// The cursor's text: unreserved characters of a URL only.
    ///
    /// # Errors
    /// [`SealError`] if the position is too long.
    pub fn seal(&self, keys: &TokenKeys) -> Result<String, SealError> {
        if self.position.len() > MAX_POSITION_BYTES {
            return Err(SealError);
        }
        let (number, mut sealed) = (keys.current(), self.position.clone());
        let nonce = key(keys, number)?.seal_in_place_append_tag(binding(number, self.list), &mut sealed).map_err(|_| SealError)?;
        let bytes = [[number.get()].as_slice(), nonce.as_ref(), &sealed].concat();
        Ok(format!("{PREFIX}{}", bs58::encode(bytes).into_string()))
    }

    /// Reads `text`, which must be a cursor of `list`: no I/O.
    ///
    /// # Errors
    /// [`SealError`] for anything but a cursor that this service sealed for that list, under a key that is still in the ring.
    pub fn open(keys: &TokenKeys, list: Locator, text: &str) -> Result<Self, SealError> {
        let encoded = text.strip_prefix(PREFIX).filter(|rest| rest.len() <= MAX_TEXT_BYTES).ok_or(SealError)?;
        let bytes = bs58::decode(encoded).into_vec().map_err(|_| SealError)?;
        let mut rest = bytes.as_slice();
        let [number] = take(&mut rest)?;
        let number = KeyNumber::new(number);
        let nonce = Nonce::assume_unique_for_key(take::<NONCE_LEN>(&mut rest)?);
        let mut sealed = rest.to_vec();
        let position = key(keys, number)?.open_in_place(nonce, binding(number, list), &mut sealed).map_err(|_| SealError)?;
        Ok(Self { list, position: position.to_vec() })
    }
}

fn key(keys: &TokenKeys, number: KeyNumber) -> Result<RandomizedNonceKey, SealError> {
    let bytes = keys.mac(number, &[b"cursor"]).ok_or(SealError)?.finalize().into_bytes();
    RandomizedNonceKey::new(&AES_256_GCM_SIV, &bytes).map_err(|_| SealError)
}

/// What is authenticated and not part of the cursor.
fn binding(number: KeyNumber, list: Locator) -> Aad<Vec<u8>> {
    Aad::from([PREFIX.as_bytes(), &[number.get()], list.bytes()].concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credentials::generate;

    fn keys() -> TokenKeys {
        TokenKeys::parse(&generate::token_keys().unwrap()).unwrap()
    }

    #[test]
    fn a_cursor_opens_for_its_own_list_only() {
        let (keys, list) = (keys(), Locator::of_list("users-list", "ann"));
        for length in [0, 16, 320] {
            let cursor = Cursor { list, position: vec![255; length] };
            let text = cursor.seal(&keys).unwrap();

            assert!(text.len() <= Cursor::MAX_TEXT_BYTES && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'), "{length}");
            assert_eq!(Cursor::open(&keys, list, &text), Ok(cursor));
            assert_eq!(Cursor::open(&keys, Locator::of_list("users-list", "anna"), &text), Err(SealError));
            assert_eq!(Cursor::open(&self::keys(), list, &text), Err(SealError));
        }
        assert!(Cursor { list, position: vec![255; 321] }.seal(&keys).is_err());
    }

    #[test]
    fn a_cursor_tells_nothing_of_its_position() {
        let (keys, list) = (keys(), Locator::of_list("users-list", "ann"));
        let seal = || Cursor { list, position: b"somebody else".to_vec() }.seal(&keys).unwrap();
        let (one, other) = (seal(), seal());

        let bytes = bs58::decode(one.strip_prefix(PREFIX).unwrap()).into_vec().unwrap();
        assert!(one != other && !bytes.windows(8).any(|window| window == b"somebody"));
    }

    #[test]
    fn a_cursor_with_any_bit_changed_is_refused() {
        let (keys, list) = (keys(), Locator::of_list("users-list", ""));
        let text = Cursor { list, position: b"ann".to_vec() }.seal(&keys).unwrap();
        let bytes = bs58::decode(text.strip_prefix(PREFIX).unwrap()).into_vec().unwrap();

        for bit in 0..bytes.len() * 8 {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);

            let changed = format!("{PREFIX}{}", bs58::encode(changed).into_string());

            assert_eq!(Cursor::open(&keys, list, &changed), Err(SealError), "bit {bit}");
        }
        for form in ["", "lkcur_", "lkcur_0", &text[6..], &format!("{text}1"), &format!("lkcur_{}", "z".repeat(100_000))] {
            assert_eq!(Cursor::open(&keys, list, form), Err(SealError));
        }
    }
}

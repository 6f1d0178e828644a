//! Where a list goes on.

use super::{SealError, open_text, seal_text, take};
use crate::credentials::TokenKeys;
use crate::domain::Locator;

/// A place in one list, sealed under the current token key, so that nobody makes one up.
///
/// It gives no right and does not expire: whoever presents it must be let into the list as for its first page. It ends with
/// the key that sealed it. Nothing in it is encrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// Which list, and whose ([`Locator::of_list`]). A cursor of another list is refused.
    pub list: Locator,
    /// The last thing that was listed, as the list names it: at most 320 bytes.
    pub position: Vec<u8>,
}

const PREFIX: &str = "lkcur_";
/// The text of the longest position.
const MAX_TEXT_BYTES: usize = 512;

impl Cursor {
    /// The longest text of a cursor.
    pub const MAX_TEXT_BYTES: usize = PREFIX.len() + MAX_TEXT_BYTES;

    /// The cursor's text: unreserved characters of a URL only.
    ///
    /// # Errors
    /// [`SealError`] if the ring is empty.
    pub fn seal(&self, keys: &TokenKeys) -> Result<String, SealError> {
        seal_text(keys, PREFIX, keys.current(), &[self.list.bytes().as_slice(), &self.position].concat())
    }

    /// Reads `text`, which must be a cursor of `list`: no I/O.
    ///
    /// # Errors
    /// [`SealError`] for anything but a cursor that this service sealed for that list, under a key that is still in the ring.
    pub fn open(keys: &TokenKeys, list: Locator, text: &str) -> Result<Self, SealError> {
        let (_, body) = open_text(keys, PREFIX, MAX_TEXT_BYTES, text)?;
        let mut position = body.as_slice();
        let sealed_for = Locator::from_bytes(take(&mut position)?);
        if sealed_for == list { Ok(Self { list, position: position.to_vec() }) } else { Err(SealError) }
    }
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

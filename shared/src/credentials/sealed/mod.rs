//! Opaque tokens that are derived, not stored: `<prefix>_<base58(key number ‖ body ‖ mac)>`.
//!
//! `mac` is the first 16 bytes of HMAC-SHA-256 over the prefix, the key number and the body. A forged or mistyped token
//! is refused before any read of the database. A leaked table yields no token, and a leaked key yields none without the
//! table, because the ids in a body are random. Nothing in a token is encrypted.
//!
//! A [`Cursor`] is no token: it gives no right, and is encrypted.

mod api_key;
mod cursor;
mod entity_token;
mod mailed;
mod one_time_token;

use hmac::Mac;
use thiserror::Error;

use super::kind::CredentialKind;
use super::token_keys::{KeyNumber, TokenKeys};
use crate::domain::Secret;

pub use api_key::ApiKey;
pub use cursor::Cursor;
pub use entity_token::EntityToken;
pub use mailed::{EmailToken, ResetToken, SignUpToken};
pub use one_time_token::OneTimeToken;

/// The text is not a token of this kind that this service sealed under a key of the ring; or, when sealing, the ring
/// lacks the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a token of this service")]
pub struct SealError;

const MAC_BYTES: usize = 16;
/// Decoding base58 takes time that grows with the square of the length, so nothing longer than any token is decoded.
const MAX_TEXT_BYTES: usize = 128;

fn seal(keys: &TokenKeys, kind: CredentialKind, key: KeyNumber, body: &[u8]) -> Result<Secret, SealError> {
    seal_text(keys, kind.prefix(), key, body).map(Secret::new)
}

/// The key's number and the body of a token whose MAC is right.
fn open(keys: &TokenKeys, kind: CredentialKind, text: &str) -> Result<(KeyNumber, Vec<u8>), SealError> {
    open_text(keys, kind.prefix(), MAX_TEXT_BYTES, text)
}

fn seal_text(keys: &TokenKeys, prefix: &str, key: KeyNumber, body: &[u8]) -> Result<String, SealError> {
    let mut bytes = Vec::with_capacity(1 + body.len() + MAC_BYTES);
    bytes.push(key.get());
    bytes.extend_from_slice(body);
    let mac = keys.mac(key, &[prefix.as_bytes(), &bytes]).ok_or(SealError)?.finalize().into_bytes();
    bytes.extend(mac.iter().take(MAC_BYTES));
    Ok(format!("{prefix}{}", bs58::encode(bytes).into_string()))
}

/// The key's number and the body of a text whose MAC is right. The comparison takes constant time.
fn open_text(keys: &TokenKeys, prefix: &str, max_bytes: usize, text: &str) -> Result<(KeyNumber, Vec<u8>), SealError> {
    let encoded = text.strip_prefix(prefix).filter(|rest| rest.len() <= max_bytes).ok_or(SealError)?;
    let mut bytes = bs58::decode(encoded).into_vec().map_err(|_| SealError)?;
    let mac_at = bytes.len().checked_sub(MAC_BYTES).ok_or(SealError)?;
    let mac = bytes.split_off(mac_at);
    let number = bytes.first().copied().map(KeyNumber::new).ok_or(SealError)?;
    let expected = keys.mac(number, &[prefix.as_bytes(), &bytes]).ok_or(SealError)?;
    expected.verify_truncated_left(&mac).map_err(|_| SealError)?;
    Ok((number, bytes.split_off(1)))
}

/// Takes `N` bytes off the front of `rest`.
fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], SealError> {
    let (head, tail) = rest.split_first_chunk::<N>().ok_or(SealError)?;
    *rest = tail;
    Ok(*head)
}

/// `value`, if nothing is left.
fn end<T>(rest: &[u8], value: T) -> Result<T, SealError> {
    if rest.is_empty() { Ok(value) } else { Err(SealError) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credentials::generate;
    use crate::domain::{KeyId, Locator, RandomId, Subject, UserId};

    fn keys() -> TokenKeys {
        TokenKeys::parse(&generate::token_keys().unwrap()).unwrap()
    }

    fn entity_token(keys: &TokenKeys) -> EntityToken {
        let locator = Locator::of_pair(&"acme".parse().unwrap(), &"carol".parse().unwrap());
        EntityToken { key: keys.current(), locator, id: RandomId::random(), generation: 7, user: None }
    }

    #[test]
    fn what_was_sealed_opens_to_the_same() {
        let keys = keys();
        let api_key = ApiKey { key: keys.current(), user: UserId::random(), id: KeyId::random() };
        let entity = entity_token(&keys);
        let of_a_user = EntityToken { user: Some(UserId::random()), ..entity };
        let place = |byte| Some(Locator::from_bytes([byte; 16]));

        assert_eq!(ApiKey::open(&keys, api_key.seal(&keys).unwrap().expose()), Ok(api_key));
        assert_eq!(EntityToken::open(&keys, entity.seal(&keys).unwrap().expose()), Ok(entity));
        assert_eq!(EntityToken::open(&keys, of_a_user.seal(&keys).unwrap().expose()), Ok(of_a_user));
        let customers = [Subject::User(UserId::random()), Subject::customer(&"carol".parse().unwrap())];
        for (customer, api_key, otp_required) in customers
            .into_iter()
            .flat_map(|customer| [(customer, None, false), (customer, None, true), (customer, place(1), false), (customer, place(1), true)])
        {
            let (key, id, issuer) = (keys.current(), RandomId::random(), UserId::random());
            let token = OneTimeToken { key, id, customer, issuer, api_key, otp_required };
            assert_eq!(OneTimeToken::open(&keys, token.seal(&keys).unwrap().expose()), Ok(token));
        }
    }

    #[test]
    fn a_token_with_any_bit_changed_is_refused() {
        let keys = keys();
        let text = entity_token(&keys).seal(&keys).unwrap();
        let prefix = CredentialKind::EntityToken.prefix();
        let bytes = bs58::decode(text.expose().strip_prefix(prefix).unwrap()).into_vec().unwrap();

        for bit in 0..bytes.len() * 8 {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            let changed = format!("{prefix}{}", bs58::encode(changed).into_string());

            assert_eq!(EntityToken::open(&keys, &changed), Err(SealError), "bit {bit}");
        }
    }

    #[test]
    fn a_token_of_another_kind_or_ring_or_form_is_refused() {
        let keys = keys();
        let text = entity_token(&keys).seal(&keys).unwrap();
        let body = text.expose().strip_prefix("lkent_").unwrap();

        assert_eq!(ApiKey::open(&keys, text.expose()), Err(SealError));
        assert_eq!(ApiKey::open(&keys, &format!("lkapi_{body}")), Err(SealError));
        assert_eq!(OneTimeToken::open(&keys, &format!("lkone_{body}")), Err(SealError));
        assert_eq!(EntityToken::open(&self::keys(), text.expose()), Err(SealError));
        for form in [
            String::new(),
            "lkent_".into(),
            format!("lkent_1{body}"),
            format!("lkent_{body}1"),
            body.into(),
            "lkent_0OIl".into(),
            format!("lkent_{}", "z".repeat(100_000)),
        ] {
            assert_eq!(EntityToken::open(&keys, &form), Err(SealError));
        }
    }

    #[test]
    fn a_key_that_was_removed_from_the_ring_seals_and_opens_nothing() {
        let keys = keys();
        let unknown = EntityToken { key: KeyNumber::new(200), ..entity_token(&keys) };

        assert_eq!(unknown.seal(&keys).unwrap_err(), SealError);
    }

    #[test]
    fn tokens_hold_unreserved_url_characters_only_and_tell_their_kind() {
        let keys = keys();
        let text = entity_token(&keys).seal(&keys).unwrap();

        assert!(text.expose().chars().all(|c| c.is_ascii_alphanumeric() || "-._~".contains(c)));
        assert_eq!(CredentialKind::claimed_by(text.expose()), Some(CredentialKind::EntityToken));
        assert_eq!(format!("{text:?}"), "[redacted]");
    }
}

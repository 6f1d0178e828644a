//! Opaque tokens that are derived, not stored: `<prefix>_<base58(payload ‖ mac)>`.
//!
//! `mac` is the first 16 bytes of HMAC-SHA-256 over the prefix and the payload; the payload is the key's number, the locator
//! of the token's row and, for tokens that rotate, a generation. A forged or mistyped token is therefore refused before any
//! read of the database; a leaked table yields no token, and a leaked key none without the table, since the ids are random.

use hmac::Mac;
use thiserror::Error;

use super::kind::CredentialKind;
use super::token_keys::{KeyNumber, TokenKeys};
use crate::domain::{KeyId, Locator, RandomId, Secret, UserId};

/// The token is not one of this kind that this service made under a key it still has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a token of this service")]
pub struct SealError;

const MAC_BYTES: usize = 16;
/// Base58 takes time that grows with the square of the length: nothing longer than any token is decoded.
const MAX_TEXT_BYTES: usize = 128;

fn seal(keys: &TokenKeys, kind: CredentialKind, key: KeyNumber, body: &[u8]) -> Result<Secret, SealError> {
    let mut bytes = Vec::with_capacity(1 + body.len() + MAC_BYTES);
    bytes.push(key.get());
    bytes.extend_from_slice(body);
    let mac = keys.mac(key, &[kind.prefix().as_bytes(), &bytes]).ok_or(SealError)?.finalize().into_bytes();
    bytes.extend(mac.iter().take(MAC_BYTES));
    Ok(Secret::new(format!("{}{}", kind.prefix(), bs58::encode(bytes).into_string())))
}

/// The key's number and the body of a token whose MAC is right; compared in constant time.
fn open(keys: &TokenKeys, kind: CredentialKind, text: &str) -> Result<(KeyNumber, Vec<u8>), SealError> {
    let encoded = text.strip_prefix(kind.prefix()).filter(|rest| rest.len() <= MAX_TEXT_BYTES).ok_or(SealError)?;
    let mut bytes = bs58::decode(encoded).into_vec().map_err(|_| SealError)?;
    let mac_at = bytes.len().checked_sub(MAC_BYTES).ok_or(SealError)?;
    let mac = bytes.split_off(mac_at);
    let number = bytes.first().copied().map(KeyNumber::new).ok_or(SealError)?;
    let expected = keys.mac(number, &[kind.prefix().as_bytes(), &bytes]).ok_or(SealError)?;
    expected.verify_truncated_left(&mac).map_err(|_| SealError)?;
    Ok((number, bytes.split_off(1)))
}

/// Takes `N` bytes off the front of `rest`.
fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], SealError> {
    let (head, tail) = rest.split_first_chunk::<N>().ok_or(SealError)?;
    *rest = tail;
    Ok(*head)
}

fn end<T>(rest: &[u8], value: T) -> Result<T, SealError> {
    if rest.is_empty() { Ok(value) } else { Err(SealError) }
}

/// A named API key: whose it is and which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ApiKey {
    /// The key it is sealed under; its row keeps the number, so that a list can derive the token again.
    pub key: KeyNumber,
    /// The owner.
    pub user: UserId,
    /// The row's id.
    pub id: KeyId,
}

impl ApiKey {
    /// The token's text.
    ///
    /// # Errors
    /// [`SealError`] if the ring has no key of that number (any more).
    pub fn seal(&self, keys: &TokenKeys) -> Result<Secret, SealError> {
        seal(keys, CredentialKind::ApiKey, self.key, &[self.user.bytes().as_slice(), self.id.bytes()].concat())
    }

    /// Opens `text`.
    ///
    /// # Errors
    /// [`SealError`] for anything but an API key that this service sealed.
    pub fn open(keys: &TokenKeys, text: &str) -> Result<Self, SealError> {
        let (key, body) = open(keys, CredentialKind::ApiKey, text)?;
        let mut rest = body.as_slice();
        let (user, id) = (UserId::from_bytes(take(&mut rest)?), KeyId::from_bytes(take(&mut rest)?));
        end(rest, Self { key, user, id })
    }
}

/// An entity's authentication token: its place, its incarnation, and how often it was refreshed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EntityToken {
    /// The key it is sealed under.
    pub key: KeyNumber,
    /// The place of its row.
    pub locator: Locator,
    /// Random at creation: a token that was deleted and made again is another one.
    pub id: RandomId,
    /// Counts refreshes; only the row's own generation is live.
    pub generation: u32,
    /// The pair's user, if that is one of ours: whether they are active is read beside the row.
    pub user: Option<UserId>,
}

impl EntityToken {
    /// The token's text.
    ///
    /// # Errors
    /// [`SealError`] if the ring has no key of that number (any more).
    pub fn seal(&self, keys: &TokenKeys) -> Result<Secret, SealError> {
        let user = self.user.as_ref().map_or([].as_slice(), |user| user.bytes());
        let body = [self.locator.bytes().as_slice(), self.id.bytes(), &self.generation.to_be_bytes(), user].concat();
        seal(keys, CredentialKind::EntityToken, self.key, &body)
    }

    /// Opens `text`.
    ///
    /// # Errors
    /// [`SealError`] for anything but an entity token that this service sealed.
    pub fn open(keys: &TokenKeys, text: &str) -> Result<Self, SealError> {
        let (key, body) = open(keys, CredentialKind::EntityToken, text)?;
        let mut rest = body.as_slice();
        let (locator, id) = (Locator::from_bytes(take(&mut rest)?), RandomId::from_bytes(take(&mut rest)?));
        let generation = u32::from_be_bytes(take(&mut rest)?);
        let user = if rest.is_empty() { None } else { Some(UserId::from_bytes(take(&mut rest)?)) };
        end(rest, Self { key, locator, id, generation, user })
    }
}

/// A one-time token: its row, and the rows of whatever else decides about it, so that all are read in one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OneTimeToken {
    /// The key it is sealed under.
    pub key: KeyNumber,
    /// The row's id.
    pub id: RandomId,
    /// In whose name it was made; whether that user is active is read beside the row.
    pub issuer: UserId,
    /// The API key of the issuer that made it, if one did: the token ends with it.
    pub api_key: Option<Locator>,
    /// The place of the customer's count of attempts. Present exactly when a one-time password is required: an attempt is then
    /// reserved for the token and for the customer in one request, without reading first who the customer is.
    pub otp_customer: Option<Locator>,
}

impl OneTimeToken {
    /// The token's text. One byte before the optional parts tells which there are.
    ///
    /// # Errors
    /// [`SealError`] if the ring has no key of that number (any more).
    pub fn seal(&self, keys: &TokenKeys) -> Result<Secret, SealError> {
        let parts = [u8::from(self.api_key.is_some()) | u8::from(self.otp_customer.is_some()) << 1];
        let optional = [&self.api_key, &self.otp_customer].map(|part| part.as_ref().map_or([].as_slice(), |place| place.bytes()));
        let body = [self.id.bytes().as_slice(), self.issuer.bytes(), &parts, optional[0], optional[1]].concat();
        seal(keys, CredentialKind::OneTimeToken, self.key, &body)
    }

    /// Opens `text`.
    ///
    /// # Errors
    /// [`SealError`] for anything but a one-time token that this service sealed.
    pub fn open(keys: &TokenKeys, text: &str) -> Result<Self, SealError> {
        let (key, body) = open(keys, CredentialKind::OneTimeToken, text)?;
        let mut rest = body.as_slice();
        let (id, issuer) = (RandomId::from_bytes(take(&mut rest)?), UserId::from_bytes(take(&mut rest)?));
        let [parts] = take(&mut rest)?;
        let mut place = |bit: u8| if parts & bit == 0 { Ok(None) } else { take(&mut rest).map(Locator::from_bytes).map(Some) };
        let (api_key, otp_customer) = (place(1)?, place(2)?);
        end(rest, Self { key, id, issuer, api_key, otp_customer })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credentials::generate;

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
        for (api_key, otp_customer) in [(None, None), (place(1), None), (None, place(2)), (place(1), place(2))] {
            let token = OneTimeToken { key: keys.current(), id: RandomId::random(), issuer: UserId::random(), api_key, otp_customer };
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

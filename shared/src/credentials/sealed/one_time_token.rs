//! One-time authentication tokens, which are exchanged for sessions.

use super::{SealError, end, open, seal, take};
use crate::credentials::{CredentialKind, KeyNumber, TokenKeys};
use crate::domain::{Locator, RandomId, Secret, UserId};

/// A one-time token: its row, and the place of every other row that decides about it, so that all are read in one
/// request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OneTimeToken {
    /// The key of the ring that seals it.
    pub key: KeyNumber,
    /// The id of the row.
    pub id: RandomId,
    /// The user in whose name it was made. Their row is read beside the token's.
    pub issuer: UserId,
    /// The issuer's API key that made it, if one did. The token ends with that key.
    pub api_key: Option<Locator>,
    /// Where the customer's attempts are counted. Present exactly when a one-time password is required, so that an
    /// attempt is reserved for the token and for the customer in one request, before anybody reads who the customer is.
    pub otp_customer: Option<Locator>,
}

impl OneTimeToken {
    /// The token's text. One byte before the optional parts says which of them follow.
    ///
    /// # Errors
    /// [`SealError`] if the ring does not have that key, or no longer has it.
    pub fn seal(&self, keys: &TokenKeys) -> Result<Secret, SealError> {
        let parts = [u8::from(self.api_key.is_some()) | u8::from(self.otp_customer.is_some()) << 1];
        let optional = [&self.api_key, &self.otp_customer].map(|part| part.as_ref().map_or([].as_slice(), |place| place.bytes()));
        let body = [self.id.bytes().as_slice(), self.issuer.bytes(), &parts, optional[0], optional[1]].concat();
        seal(keys, CredentialKind::OneTimeToken, self.key, &body)
    }

    /// Reads `text` and checks its MAC: no I/O. Whether the token can still be exchanged is decided by its row.
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

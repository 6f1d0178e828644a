//! One-time authentication tokens, which are exchanged for sessions.

use super::{SealError, end, open, seal, take};
use crate::credentials::{CredentialKind, KeyNumber, TokenKeys};
use crate::domain::{Locator, RandomId, Secret, SessionId, Subject, UserId};

/// A one-time token: its row, and the place of every other row that decides about it, so that all are read in one
/// request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OneTimeToken {
    /// The key of the ring that seals it.
    pub key: KeyNumber,
    /// The random part of the row's key.
    pub id: RandomId,
    /// The customer. The row of one who is a user here is read beside the token's.
    pub customer: Subject,
    /// The user in whose name it was made. Their row is read beside the token's.
    pub issuer: UserId,
    /// The issuer's API key that made it, if one did. The token ends with that key.
    pub api_key: Option<Locator>,
    /// Whether it requires a one-time password. An attempt is counted before anybody reads the row.
    pub otp_required: bool,
}

/// What a token says of itself in one byte.
const FROM_API_KEY: u8 = 1;
const OTP_REQUIRED: u8 = 2;
const OF_A_USER: u8 = 4;

impl OneTimeToken {
    /// The key of the row, which is the id of the session that the token becomes.
    #[must_use]
    pub fn session_id(&self) -> SessionId {
        SessionId { subject: self.customer.locator(), id: self.id }
    }

    /// A name of the token, and of the session that it becomes, for those who are told of it.
    #[must_use]
    pub fn name(&self) -> Locator {
        Locator::of_session(self.session_id())
    }

    /// The token's text: three ids, a byte that says what they are, and the API key's place if one made the token.
    ///
    /// # Errors
    /// [`SealError`] if the ring does not have that key, or no longer has it.
    pub fn seal(&self, keys: &TokenKeys) -> Result<Secret, SealError> {
        let (customer, of_a_user) = match &self.customer {
            Subject::User(user) => (user.bytes(), OF_A_USER),
            Subject::Customer(locator) => (locator.bytes(), 0),
        };
        let from_api_key = if self.api_key.is_some() { FROM_API_KEY } else { 0 };
        let flags = [of_a_user | from_api_key | if self.otp_required { OTP_REQUIRED } else { 0 }];
        let api_key = self.api_key.as_ref().map_or([].as_slice(), |place| place.bytes());
        let body = [self.id.bytes().as_slice(), customer, self.issuer.bytes(), &flags, api_key].concat();
        seal(keys, CredentialKind::OneTimeToken, self.key, &body)
    }

    /// Reads `text` and checks its MAC: no I/O. Whether the token can still be exchanged is decided by its row.
    ///
    /// # Errors
    /// [`SealError`] for anything but a one-time token that this service sealed.
    pub fn open(keys: &TokenKeys, text: &str) -> Result<Self, SealError> {
        let (key, body) = open(keys, CredentialKind::OneTimeToken, text)?;
        let mut rest = body.as_slice();
        let id = RandomId::from_bytes(take(&mut rest)?);
        let customer = take(&mut rest)?;
        let issuer = UserId::from_bytes(take(&mut rest)?);
        let [flags] = take(&mut rest)?;
        if flags & !(FROM_API_KEY | OTP_REQUIRED | OF_A_USER) != 0 {
            return Err(SealError);
        }
        let customer = match flags & OF_A_USER {
            0 => Subject::Customer(Locator::from_bytes(customer)),
            _ => Subject::User(UserId::from_bytes(customer)),
        };
        let api_key = if flags & FROM_API_KEY == 0 { None } else { Some(Locator::from_bytes(take(&mut rest)?)) };
        end(rest, Self { key, id, customer, issuer, api_key, otp_required: flags & OTP_REQUIRED != 0 })
    }
}

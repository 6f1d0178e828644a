//! One-time passwords. Each derives from its one-time token, so only the count of attempts is stored.

use hmac::Mac;

use super::sealed::SealError;
use super::token_keys::{KeyNumber, TokenKeys};
use crate::domain::{RandomId, Secret};

/// The six digits that the customer receives by mail.
pub struct OneTimePassword {
    digits: u32,
}

/// The number of different passwords.
const RANGE: u64 = 1_000_000;

impl OneTimePassword {
    /// The password of the token with this id that is sealed under `key`: HMAC-SHA-256 over the id, truncated to six digits. The mailer
    /// derives it from a request that holds neither the token nor the password.
    ///
    /// Taking 64 bits modulo a million favours no digit by more than one part in 10^13.
    ///
    /// # Errors
    /// [`SealError`] if the ring no longer has the token's key.
    pub fn of(token: RandomId, key: KeyNumber, keys: &TokenKeys) -> Result<Self, SealError> {
        let mac = keys.mac(key, &[b"otp", token.bytes()]).ok_or(SealError)?.finalize().into_bytes();
        let first = mac.first_chunk::<8>().ok_or(SealError)?;
        Ok(Self { digits: u32::try_from(u64::from_be_bytes(*first) % RANGE).map_err(|_| SealError)? })
    }

    /// The six digits, for the mail.
    #[must_use]
    pub fn digits(&self) -> Secret {
        Secret::new(format!("{:06}", self.digits))
    }

    /// Whether `presented` is this password. The comparison takes constant time.
    #[must_use]
    pub fn verify(&self, presented: &str) -> bool {
        aws_lc_rs::constant_time::verify_slices_are_equal(self.digits().expose().as_bytes(), presented.as_bytes()).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credentials::generate;

    #[test]
    fn only_the_six_digits_of_this_token_pass() {
        let keys = TokenKeys::parse(&generate::token_keys().unwrap()).unwrap();
        let password = OneTimePassword::of(RandomId::random(), keys.current(), &keys).unwrap();
        let digits = password.digits();

        assert_eq!(digits.expose().len(), 6);
        assert!(password.verify(digits.expose()));
        let wrong = format!("{:06}", (digits.expose().parse::<u32>().unwrap() + 1) % 1_000_000);
        for presented in [wrong.as_str(), "", "0", &format!("{}0", digits.expose()), &format!(" {}", digits.expose())] {
            assert!(!password.verify(presented));
        }
    }
}

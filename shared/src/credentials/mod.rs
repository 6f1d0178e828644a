//! Passwords, JWTs, sealed tokens and the keys they are made under. Pure: keys and the time arrive as values. Imports `domain`.

pub mod generate;
mod jwk;
mod jwt;
mod otp;
mod password;
mod sealed;
mod token_keys;

pub use jwk::{Algorithm, KeySetError, PublicJwkSet, SigningKeys, VerificationKeys};
pub use jwt::{Issuer, JwtError, LoginClaims, SessionClaims};
pub use otp::OneTimePassword;
pub use password::{PasswordError, PasswordHash, PasswordHasher, PasswordParameters, Verdict};
pub use sealed::{ApiKey, EntityLocator, EntityToken, OneTimeToken, SealError, TokenKind, kind_of};
pub use token_keys::{KeyNumber, TokenKeys};

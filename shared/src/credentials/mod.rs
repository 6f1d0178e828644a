//! Passwords, JWTs, sealed tokens and the keys they are made under. Pure: keys and the time arrive as values. Imports
//! `domain`.

pub mod generate;
mod jwk;
mod jwt;
mod jwt_keys;
mod key_document;
mod key_set;
mod kind;
mod origin_secrets;
mod otp;
mod password;
mod rules;
mod sealed;
mod token_keys;

pub use jwk::Algorithm;
pub use jwt::{Issuer, JwtError, LoginClaims, SessionClaims};
pub use jwt_keys::{PublicJwkSet, SigningKeys, VerificationKeys};
pub use key_document::{KeyDocument, KeyState};
pub use key_set::{KeySetError, KeyStatus};
pub use kind::CredentialKind;
pub use origin_secrets::OriginSecrets;
pub use otp::OneTimePassword;
pub use password::{PasswordError, PasswordHash, PasswordHasher, PasswordParameters, Scheme, Verdict, is_same_password};
pub use rules::{PasswordLife, PasswordRules, Weakness};
pub use sealed::{ApiKey, Cursor, EmailToken, EntityToken, OneTimeToken, ResetToken, SealError, SignUpToken};
pub use token_keys::{KeyNumber, TokenKeys};

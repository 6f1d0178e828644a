//! What the caller asks for, and how the caller proves the right to it.

use latchkey::domain::{Acl, CustomClaims, CustomerId, IdempotencyKey, Secret, Timestamp};
use latchkey::http::{ApiError, Fields, Request};

use super::AuthenticationTokenCreate;

/// How the caller proves the right to a token: the request's `mode`.
pub enum Proof {
    /// `password`: the token is for the user who knows it.
    Password { username: String, password: Secret },
    /// `passwordless`: the caller's permission.
    Permission { customer: CustomerId },
}

/// The token that is asked for.
pub struct TokenRequest {
    pub otp_required: bool,
    pub expires_at: Timestamp,
    pub acl: Acl,
    pub custom_claims: CustomClaims,
    /// The `Idempotency-Key`, and a hash of the body without the password.
    pub idempotency: Option<(IdempotencyKey, String)>,
}

impl AuthenticationTokenCreate {
    /// Reads the body and the `Idempotency-Key`.
    ///
    /// # Errors
    /// [`ApiError`] names every field that is wrong.
    pub(super) fn read(&self, request: &Request) -> Result<(Proof, TokenRequest), ApiError> {
        let key = request.idempotency_key()?;
        let mut fields = request.fields()?;
        let idempotency = key.map(|key| (key, fields.digest(&["password"])));
        let proof = read_proof(&mut fields);
        let otp_required = fields.boolean("otpRequired").unwrap_or(false);
        let ttl_seconds = if otp_required { self.otp_ttl_seconds.min(self.ttl_seconds) } else { self.ttl_seconds };
        let expires_at = fields.expiry("expiredTime", request.now, self.max_ttl_seconds).unwrap_or(request.now.plus(ttl_seconds));
        let acl = fields.acl("acl").unwrap_or_default();
        let custom_claims = fields.claims("customClaims").unwrap_or_default();
        if let Err(error) = custom_claims.check_size_with(&acl) {
            fields.invalid("customClaims", error.to_string());
        }
        fields.finish()?;
        let proof = proof.ok_or_else(|| ApiError::invalid_field("mode", "is required"))?;
        Ok((proof, TokenRequest { otp_required, expires_at, acl, custom_claims, idempotency }))
    }
}

/// The proof, or `None` once `fields` has noted what is wrong.
fn read_proof(fields: &mut Fields) -> Option<Proof> {
    match fields.required_text("mode", usize::MAX).as_str() {
        "password" => {
            let username = fields.required_secret("username").expose().to_owned();
            Some(Proof::Password { username, password: fields.required_secret("password") })
        }
        "passwordless" => fields.required_parsed("customerId").map(|customer| Proof::Permission { customer }),
        "" => None,
        _ => {
            fields.invalid("mode", "must be password or passwordless");
            None
        }
    }
}

//! What the caller of an exchange asks for, and how much of it the caller gets.

use latchkey::caller::Caller;
use latchkey::domain::{Acl, CustomClaims, IdempotencyKey, Locator, RandomId, Secret, SessionId, Timestamp, UserId};
use latchkey::http::{ApiError, Request};
use latchkey::store::OneTimeTokenRow;

use super::token::Parties;

/// The request. The read-only fields that the contract lists (id, token, type, …) are accepted and ignored.
pub struct ExchangeRequest {
    pub invalidate: bool,
    pub one_time_password: Option<Secret>,
    pub expires_at: Timestamp,
    /// Whether the session is to live longer than one whose caller names no expiry.
    lives_longer: bool,
    acl: Option<Acl>,
    custom_claims: Option<CustomClaims>,
    key: Option<IdempotencyKey>,
    /// A hash of the body, without the one-time password.
    digest: String,
}

impl ExchangeRequest {
    /// Reads the body and the `Idempotency-Key`.
    ///
    /// # Errors
    /// [`ApiError`] names every field that is wrong.
    pub fn read(request: &Request, ttl_seconds: u32, max_ttl_seconds: u32) -> Result<Self, ApiError> {
        let key = request.idempotency_key()?;
        if key.as_ref().is_some_and(IdempotencyKey::is_guessable) {
            // Whoever holds the token and guesses the key gets the session's JWT once more.
            return Err(ApiError::invalid_field("Idempotency-Key", "must have at least 16 characters"));
        }
        let mut fields = request.fields()?;
        // Of the whole body: reading a field takes it out.
        let digest = fields.digest(&["oneTimePassword"]);
        let default_end = request.now.plus(ttl_seconds);
        let expires_at = fields.expiry("expiredTime", request.now, max_ttl_seconds).unwrap_or(default_end);
        let wanted = Self {
            key,
            digest,
            invalidate: fields.boolean("invalidate").unwrap_or(true),
            one_time_password: fields.text("oneTimePassword", 64).map(Secret::new),
            expires_at,
            lives_longer: expires_at > default_end,
            acl: fields.acl("acl"),
            custom_claims: fields.claims("customClaims"),
        };
        let (acl, custom_claims) = (wanted.acl.clone().unwrap_or_default(), wanted.custom_claims.clone().unwrap_or_default());
        if let Err(error) = custom_claims.check_size_with(&acl) {
            fields.invalid("customClaims", error.to_string());
        }
        fields.finish()?;
        Ok(wanted)
    }

    /// What a repetition of the exchange of `token` has too, if the request has an `Idempotency-Key`.
    pub fn mark(&self, token: SessionId) -> Option<Locator> {
        self.key.as_ref().map(|key| key.exchange_of(token))
    }

    /// The session's own part of its id: the token's, which becomes the session. If the token is kept, it is another one:
    /// random, or derived from the `Idempotency-Key` and the token.
    pub fn session_id(&self, token: SessionId) -> RandomId {
        match (self.invalidate, self.mark(token)) {
            (true, _) => token.id,
            (false, Some(mark)) => RandomId::derived(mark),
            (false, None) => RandomId::random(),
        }
    }

    /// What tells a repetition from another request under the same key: the body, and who sends it.
    pub fn hash(&self, caller: Option<UserId>) -> Option<String> {
        let digest = &self.digest;
        self.key.as_ref().map(|_| caller.map_or_else(|| digest.clone(), |user| format!("{digest}/{user}")))
    }

    /// The ACL and the claims of the session: the token's own, or those asked for.
    ///
    /// The token's ACL or the caller's must cover the ACL. The token's counts only as far as its issuer still has as much. Other claims
    /// than the token's, a session that lives longer than by default and a token that is kept take a caller who may issue such a token:
    /// whoever merely holds it must not decide how often and how long it counts.
    ///
    /// # Errors
    /// [`ApiError::Escalation`] for more than that; [`ApiError::InvalidFields`] if they do not fit into a JWT together.
    pub fn granted(&self, row: &OneTimeTokenRow, parties: &Parties<'_>) -> Result<(Acl, CustomClaims), ApiError> {
        let acl = self.acl.clone().unwrap_or_else(|| row.acl.clone());
        let by_token = row.acl.covers(&acl) && parties.issuer.acl.covers(&acl);
        let caller = parties.caller.as_ref();
        if !by_token && !caller.is_some_and(|caller| caller.covers(&acl)) {
            return Err(ApiError::Escalation);
        }
        let may_issue = caller.is_some_and(Caller::may_issue_tokens);
        if (!self.invalidate || self.lives_longer) && !may_issue {
            return Err(ApiError::Escalation);
        }
        let custom_claims = match &self.custom_claims {
            None => row.custom_claims.clone(),
            Some(claims) if *claims == row.custom_claims => claims.clone(),
            Some(claims) if may_issue => claims.clone(),
            Some(_) => return Err(ApiError::Escalation),
        };
        custom_claims.check_size_with(&acl).map_err(|error| ApiError::invalid_field("customClaims", error.to_string()))?;
        Ok((acl, custom_claims))
    }
}

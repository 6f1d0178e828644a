//! What the caller of an exchange asks for, and how much of it they get.

use latchkey::caller::Caller;
use latchkey::domain::{Acl, CustomClaims, Secret, Timestamp};
use latchkey::http::{ApiError, Fields};
use latchkey::store::{OneTimeTokenRow, UserRow};

/// What the caller asks for.
pub struct Wish {
    pub invalidate: bool,
    pub one_time_password: Option<Secret>,
    pub expires_at: Timestamp,
    acl: Option<Acl>,
    custom_claims: Option<CustomClaims>,
}

/// Whose rights bound the session's.
pub struct Parties {
    pub issuer: UserRow,
    pub caller: Option<Caller>,
}

impl Wish {
    /// The read-only fields that the seed lists (id, token, type, …) are accepted and ignored.
    pub fn read(fields: &mut Fields, ttl_seconds: u32, max_ttl_seconds: u32, now: Timestamp) -> Self {
        let wish = Self {
            invalidate: fields.boolean("invalidate").unwrap_or(true),
            one_time_password: fields.text("oneTimePassword", 64).map(Secret::new),
            expires_at: fields.expiry("expiredTime", now, max_ttl_seconds).unwrap_or(now.plus(ttl_seconds)),
            acl: fields.acl("acl"),
            custom_claims: fields.claims("customClaims"),
        };
        if let Err(error) = wish.custom_claims.clone().unwrap_or_default().check_size_with(&wish.acl.clone().unwrap_or_default()) {
            fields.invalid("customClaims", error.to_string());
        }
        wish
    }

    /// The ACL and the claims of the session: the token's own, or what is asked for as far as the token's own ACL or the caller's
    /// covers it. The token's own counts as far as whoever made it still has as much. Claims are the issuer's to make: to replace
    /// them takes a credential with the right to make such a token.
    pub fn granted(&self, row: &OneTimeTokenRow, parties: &Parties) -> Result<(Acl, CustomClaims), ApiError> {
        let acl = self.acl.clone().unwrap_or_else(|| row.acl.clone());
        let by_token = row.acl.covers(&acl) && parties.issuer.acl.covers(&acl);
        let caller = parties.caller.as_ref();
        if !by_token && !caller.is_some_and(|caller| caller.covers(&acl)) {
            return Err(ApiError::Escalation);
        }
        let custom_claims = match &self.custom_claims {
            None => row.custom_claims.clone(),
            Some(claims) if *claims == row.custom_claims => claims.clone(),
            Some(claims) if caller.is_some_and(Caller::may_issue_tokens) => claims.clone(),
            Some(_) => return Err(ApiError::Escalation),
        };
        custom_claims.check_size_with(&acl).map_err(|error| ApiError::invalid_field("customClaims", error.to_string()))?;
        Ok((acl, custom_claims))
    }
}

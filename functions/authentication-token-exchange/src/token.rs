//! Reads the one-time token, its issuer, its customer and the caller, and counts an attempt at its one-time password at
//! the same time.

use futures_util::future::join;
use latchkey::caller::{Caller, Credential, PendingCredential, PendingOneTimeToken};
use latchkey::credentials::OneTimeToken;
use latchkey::domain::{Timestamp, UserId};
use latchkey::http::ApiError;
use latchkey::store::{OneTimeTokenRow, OtpAttemptError, Rows, SessionRow, UserRow};

use super::AuthenticationTokenExchange;

/// A one-time token as it was found.
pub struct FoundToken {
    pub token: OneTimeToken,
    pub row: OneTimeTokenRow,
    pending: PendingOneTimeToken,
    issuer: UserRow,
    credential: Option<PendingCredential>,
    rows: Rows,
}

/// Those whose rights bound the session's.
pub struct Parties<'a> {
    pub issuer: &'a UserRow,
    pub caller: Option<Caller>,
}

impl FoundToken {
    /// The session that the token has become, if it has: its row, read as that.
    ///
    /// # Errors
    /// [`ApiError::Internal`] if it cannot be read as a session.
    pub fn session(&self) -> Result<SessionRow, ApiError> {
        self.pending.session(&self.rows)?.ok_or(ApiError::TokenNotFound)
    }

    /// The token's issuer and, if a credential came along, the caller.
    ///
    /// # Errors
    /// [`ApiError`] if that credential is no longer good.
    pub fn parties(&self, now: Timestamp) -> Result<Parties<'_>, ApiError> {
        let caller = self.credential.as_ref().map(|credential| credential.caller(&self.rows, now)).transpose()?;
        Ok(Parties { issuer: &self.issuer, caller })
    }
}

impl Parties<'_> {
    /// The caller's user.
    pub fn caller_id(&self) -> Option<UserId> {
        self.caller.as_ref().map(Caller::user_id)
    }
}

impl AuthenticationTokenExchange {
    /// The token, and whether an attempt was reserved, if it takes a one-time password. The requests are sent side by
    /// side, so that no password is compared before its attempt is counted.
    ///
    /// # Errors
    /// [`ApiError::TokenNotFound`] if there is no such token, or its issuer or customer no longer backs it.
    pub(super) async fn find(
        &self,
        token: OneTimeToken,
        credential: Option<Credential>,
        now: Timestamp,
    ) -> Result<(FoundToken, Result<(), OtpAttemptError>), ApiError> {
        let mut batch = self.database.batch();
        let credential = credential.map(|credential| credential.add_to(&mut batch));
        let pending = PendingOneTimeToken::new(&token, &mut batch);
        let (rows, reserved) = join(batch.get(), self.reserve_otp_attempt(&token, now)).await;
        let rows = rows?;
        let (row, issuer) = pending.resolve(&rows)?.ok_or(ApiError::TokenNotFound)?;
        Ok((FoundToken { token, row, pending, issuer, credential, rows }, reserved))
    }
}

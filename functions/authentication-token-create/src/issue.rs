//! Stores the token, and mails its one-time password.

use latchkey::audit::{Act, Event};
use latchkey::credentials::{KeyNumber, OneTimePassword, OneTimeToken, TokenKeys};
use latchkey::domain::{RandomId, Subject, Timestamp};
use latchkey::http::{Answer, ApiError, AuthenticationTokenView, Operation, Request};
use latchkey::runtime::Mail;
use latchkey::store::{IdempotencyGuard, OneTimeTokenRow, SessionKind};

use super::AuthenticationTokenCreate;
use super::grant::Grant;
use super::request::TokenRequest;

impl AuthenticationTokenCreate {
    /// Stores the token and, if it requires a one-time password, mails that. It is mailed last, so that a password that somebody reads
    /// belongs to a token that exists. A repeated request mails it again: nobody knows whether the first one did.
    pub(super) async fn issue(&self, grant: Grant, wanted: TokenRequest, request: &Request) -> Result<Answer, ApiError> {
        let keys = self.keys.get().await.tokens;
        let mailbox = match (wanted.otp_required, grant.email.clone()) {
            (true, None) => return Err(ApiError::invalid_field("otpRequired", "the customer has no e-mail address here")),
            (true, mailbox) => mailbox,
            (false, _) => None,
        };
        let guard = wanted.idempotency.as_ref();
        let credential = (grant.issuer, grant.credential_id.as_str());
        let guard = guard.map(|(key, digest)| IdempotencyGuard::new(credential, Self::NAME, key, digest.clone(), request.now));
        let token_id = RandomId::random();
        let row = new_row(token_id, grant, wanted, keys.current().get(), request.now);
        let row = self.tokens.insert_new(row, guard.as_ref()).await?;

        let token = sealed(&row);
        // A token whose key has left the ring since opens nothing.
        let text = token.seal(&keys).map_err(|_| ApiError::IdempotencyKeySpent)?;
        if !row.is_live(request.now) {
            return Err(ApiError::IdempotencyKeySpent);
        }
        if row.session_id == token_id {
            let event = Event::of(Act::OneTimeTokenCreated).subject(&row.customer_id).actor(row.issuer_id).row(token.name());
            request.trail.note(row.api_key.into_iter().fold(event, Event::credential));
        }
        if let Some(mailbox) = mailbox.filter(|_| request.now < row.created_at.plus(self.otp_ttl_seconds)) {
            self.send_one_time_password(mailbox, &token, &keys).await?;
        }
        let view = AuthenticationTokenView::new(row, text);
        Ok(Answer::created(&view)?.at(view.location()))
    }

    async fn send_one_time_password(&self, to: String, token: &OneTimeToken, keys: &TokenKeys) -> Result<(), ApiError> {
        let password = OneTimePassword::of(token, keys).map_err(ApiError::internal)?;
        let (digits, minutes) = (password.digits(), self.otp_ttl_seconds.div_ceil(60));
        let text = format!(
            "Your one-time password is {}.\n\nIt is valid for {minutes} minutes. If you did not ask for it, ignore this mail and tell nobody.\n",
            digits.expose()
        );
        let mail = Mail { to, subject: "Your one-time password".to_owned(), text };
        self.mailer.send(&mail).await.map_err(|error| ApiError::Unavailable(error.into()))
    }
}

fn new_row(token_id: RandomId, grant: Grant, wanted: TokenRequest, sealed_under: u8, now: Timestamp) -> OneTimeTokenRow {
    OneTimeTokenRow {
        subject: grant.subject.locator(),
        session_id: token_id,
        kind: SessionKind::Pending,
        customer_id: grant.customer,
        username: grant.username,
        issuer_id: grant.issuer,
        issuer_epoch: grant.issuer_epoch,
        epoch: grant.customer_epoch,
        credential_id: grant.credential_id,
        api_key: grant.api_key,
        sealed_under,
        otp_required: wanted.otp_required,
        acl: wanted.acl,
        custom_claims: wanted.custom_claims,
        created_at: now,
        expires_at: wanted.expires_at,
        ended_by: None,
        consumed_by: None,
        idempotency: None,
        kept_under: Vec::new(),
    }
}

/// The token of `row`.
fn sealed(row: &OneTimeTokenRow) -> OneTimeToken {
    OneTimeToken {
        key: KeyNumber::new(row.sealed_under),
        id: row.session_id,
        customer: Subject::at(row.subject, &row.customer_id),
        issuer: row.issuer_id,
        api_key: row.api_key,
        otp_required: row.otp_required,
    }
}

//! Stores the token and, if it requires a one-time password, the request to mail that.

use latchkey::audit::{Act, Event};
use latchkey::credentials::{KeyNumber, OneTimeToken};
use latchkey::domain::{MailRequest, MailSubject, RandomId, Subject, Timestamp, UserId};
use latchkey::http::{Answer, ApiError, AuthenticationTokenView, Operation, Request};
use latchkey::store::{IdempotencyGuard, NewOneTimeTokenError, OneTimeTokenRow, OutboxEntry, SessionKind};

use super::AuthenticationTokenCreate;
use super::grant::Grant;
use super::request::TokenRequest;

impl AuthenticationTokenCreate {
    /// Stores the token. If it requires a one-time password, the same transaction asks for the mail: there is no token without its mail,
    /// and no mail without its token. A repeated request gets the token again, and no second mail.
    pub(super) async fn issue(&self, grant: Grant, wanted: TokenRequest, request: &Request) -> Result<Answer, ApiError> {
        let keys = self.keys.get().await.tokens;
        let recipient = if wanted.otp_required { Some(self.recipient(&grant).await?) } else { None };
        let guard = wanted.idempotency.as_ref();
        let credential = (grant.issuer, grant.credential_id.as_str());
        let guard = guard.map(|(key, digest)| IdempotencyGuard::new(credential, Self::NAME, key, digest.clone(), request.now));
        let token_id = RandomId::random();
        let row = new_row(token_id, grant, wanted, keys.current().get(), request.now);
        let mail = recipient.map(|user| self.mail(user, &row));
        let made = self.tokens.insert_new(row, guard.as_ref(), mail.as_ref()).await;
        if let (Err(NewOneTimeTokenError::Throttled { .. }), Some(user)) = (&made, recipient) {
            request.trail.note(Event::of(Act::MailDropped).subject(user).mail("one-time-password").because("throttled"));
        }
        let row = made?;

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
        let view = AuthenticationTokenView::new(row, text);
        Ok(Answer::created(&view)?.at(view.location()))
    }

    /// The user to whom a one-time password can be mailed: a customer with an address that takes effect.
    async fn recipient(&self, grant: &Grant) -> Result<UserId, ApiError> {
        let nobody = || ApiError::invalid_field("otpRequired", "the customer has no e-mail address here that takes effect");
        let user = grant.subject.user().ok_or_else(nobody)?;
        let address = grant.mailbox.as_ref().ok_or_else(nobody)?;
        let owner = self.users.owner_of(address).await?;
        owner.filter(|owner| owner.user_id == user).map(|_| user).ok_or_else(nobody)
    }

    /// The request to mail the token's one-time password to `user`.
    fn mail(&self, user: UserId, row: &OneTimeTokenRow) -> OutboxEntry {
        let (token, sealed_under) = (row.session_id, row.sealed_under);
        let expires_at = row.created_at.plus(self.otp_ttl_seconds);
        let about = MailSubject::OneTimePassword { user, token, sealed_under, expires_at };
        OutboxEntry::counted(row.subject, MailRequest::new(about, row.created_at), self.otp_mails)
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

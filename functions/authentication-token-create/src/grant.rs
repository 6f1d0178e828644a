//! Whether the caller may have the token, for whom it is, and in whose name it is made.

use futures_util::future::join;
use latchkey::caller::{Caller, may_issue_tokens};
use latchkey::domain::{CustomerId, EmailAddress, Locator, Secret, Subject, UserId};
use latchkey::http::{Answer, ApiError, Request};
use latchkey::store::UserRow;

use super::AuthenticationTokenCreate;
use super::request::TokenRequest;

/// For whom the token is and in whose name it is made.
pub struct Grant {
    pub customer: CustomerId,
    pub subject: Subject,
    pub username: String,
    /// Where the customer's mails go, if they are a user who gave an address.
    pub mailbox: Option<EmailAddress>,
    pub issuer: UserId,
    pub issuer_epoch: Option<u64>,
    pub customer_epoch: Option<u64>,
    pub credential_id: String,
    pub api_key: Option<Locator>,
}

impl AuthenticationTokenCreate {
    /// Makes a token for the user who knows the password.
    pub(super) async fn by_password(
        &self,
        username: &str,
        password: &Secret,
        wanted: TokenRequest,
        request: &Request,
    ) -> Result<Answer, ApiError> {
        let proven = self.passwords.prove(&request.password_guess(username, password)).await?;
        // Whoever verifies the session believes its claims: making up one's own takes the right to make tokens for others.
        let may_claim = wanted.custom_claims.is_empty() || may_issue_tokens(&proven.row.acl);
        if !may_claim || !proven.row.acl.covers(&wanted.acl) {
            // The password was right, so the attempt does not count.
            self.passwords.settle(&proven).await;
            return Err(ApiError::Escalation);
        }
        let (made, ()) = join(self.issue(Grant::to_user(&proven.row), wanted, request), self.passwords.settle(&proven)).await;
        made
    }

    /// Makes a token for a customer, who need not be a user here, in the name of a caller with the permission.
    pub(super) async fn for_customer(&self, customer: CustomerId, wanted: TokenRequest, request: &Request) -> Result<Answer, ApiError> {
        let credential = self.keys.get().await.gate(request.now).caller(&request.headers)?;
        let mut batch = self.database.batch();
        let pending = credential.add_to(&mut batch);
        let customer_row = customer.as_user().map(|user| batch.user(user));
        let rows = batch.get().await?;
        let caller = pending.caller(&rows, request.now)?;
        if !caller.may_issue_tokens() {
            return Err(ApiError::Forbidden);
        }
        if !caller.covers(&wanted.acl) {
            return Err(ApiError::Escalation);
        }
        let user: Option<UserRow> = rows.find_some(customer_row.as_ref())?;
        if user.as_ref().is_some_and(|user| !user.is_active()) {
            return Err(ApiError::invalid_field("customerId", "is a user who is disabled"));
        }
        self.issue(Grant::to_customer(customer, user, &caller), wanted, request).await
    }
}

impl Grant {
    /// The user is the customer, in their own name.
    fn to_user(user: &UserRow) -> Self {
        Self {
            customer: user.user_id.into(),
            subject: Subject::User(user.user_id),
            username: user.username.clone(),
            mailbox: user.mailbox(),
            issuer: user.user_id,
            issuer_epoch: Some(user.epoch),
            customer_epoch: Some(user.epoch),
            credential_id: user.user_id.to_string(),
            api_key: None,
        }
    }

    /// The customer is `user`, or nobody whom this service knows; the token is made in the caller's name.
    fn to_customer(customer: CustomerId, user: Option<UserRow>, caller: &Caller) -> Self {
        Self {
            subject: user.as_ref().map_or_else(|| Subject::customer(&customer), |user| Subject::User(user.user_id)),
            username: user.as_ref().map_or_else(|| customer.to_string(), |user| user.username.clone()),
            // In the one spelling of a user's id.
            customer: user.as_ref().map_or(customer, |user| user.user_id.into()),
            customer_epoch: user.as_ref().map(|user| user.epoch),
            mailbox: user.and_then(|user| user.mailbox()),
            issuer: caller.user_id(),
            issuer_epoch: caller.session.map(|_| caller.user.epoch),
            credential_id: caller.credential_id.to_string(),
            api_key: caller.session.is_none().then_some(caller.credential_id),
        }
    }
}

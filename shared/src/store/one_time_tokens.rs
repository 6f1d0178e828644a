//! One-time tokens: made once, consumed once, in one transaction with the session that they are exchanged for.

use aws_sdk_dynamodb::types::builders::TransactWriteItemBuilder;
use aws_sdk_dynamodb::types::{ConditionCheck, Delete, Put, TransactWriteItem, Update};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::attempts::Reservation;
use super::rows::{json, unix};
use super::schema::{self, Key, PK, n, s};
use super::transaction::{self, Outcome};
use super::{Database, Once, RepeatError, SessionRow, StoreError, Throttle, UserRow, sessions, users};
use crate::domain::{Acl, CustomClaims, CustomerId, Locator, RandomId, SessionId, Timestamp, UserId};

/// A one-time token.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OneTimeTokenRow {
    /// The token's id.
    pub token_id: RandomId,
    /// For whom the session will be.
    pub customer_id: CustomerId,
    /// The customer's name, never empty.
    pub username: String,
    /// The user in whose name it was made; it works while that user is active.
    pub issuer_id: UserId,
    /// Of a token made by a password or a login: the issuer's epoch. A changed password ends these tokens too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer_epoch: Option<u64>,
    /// Of a customer who is a user here: their epoch. They must be active, and a changed password ends the token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_epoch: Option<u64>,
    /// The credential that made it.
    pub credential_id: String,
    /// The API key of the issuer that made it, if one did: the token ends with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_key: Option<Locator>,
    /// The number of the token key that it is sealed under.
    pub sealed_under: u8,
    /// Whether the exchange takes the one-time password that was mailed.
    pub otp_required: bool,
    /// The most that a session may do without another credential.
    #[serde(with = "json")]
    pub acl: Acl,
    /// The claims of the session, unless a credential replaces them.
    #[serde(with = "json")]
    pub custom_claims: CustomClaims,
    /// When it was made.
    #[serde(with = "unix")]
    pub created_at: Timestamp,
    /// From when on it is gone.
    #[serde(with = "unix")]
    pub expires_at: Timestamp,
    /// The session that it was exchanged for, if that consumed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consumed_by: Option<SessionId>,
}

impl OneTimeTokenRow {
    /// Whether the token can be exchanged: not consumed, not expired.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.consumed_by.is_none() && self.expires_at > now
    }

    /// Whether `issuer` is still good for the token: active and, where that counts, in the same epoch.
    #[must_use]
    pub fn is_backed_by(&self, issuer: &UserRow) -> bool {
        let as_customer = self.customer_epoch.filter(|_| self.is_to_its_issuer());
        issuer.is_active() && [self.issuer_epoch, as_customer].into_iter().flatten().all(|epoch| epoch == issuer.epoch)
    }

    fn is_to_its_issuer(&self) -> bool {
        self.customer_id == self.issuer_id.into()
    }
}

/// Why no attempt at the one-time password is left.
#[derive(Debug, Error)]
pub enum OtpAttemptError {
    /// The token is not live, or its own attempts are used up.
    #[error("the token can not be exchanged")]
    TokenGone,
    /// The customer's attempts are used up, over all tokens.
    #[error("too many attempts for this customer")]
    Throttled {
        /// When the next window begins.
        retry_at: Timestamp,
    },
    /// The table can not tell.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why no token was made.
#[derive(Debug, Error)]
pub enum NewOneTimeTokenError {
    /// The request's `Idempotency-Key` has been used.
    #[error(transparent)]
    Repeated(#[from] RepeatError),
    /// The table can not tell.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why no session began.
#[derive(Debug, Error)]
pub enum ConsumeError {
    /// The token is not live (any more): somebody else was first, or the customer is a user who is disabled or has changed the password.
    #[error("the token can not be exchanged")]
    TokenGone,
    /// A session of that id is there: the same `Idempotency-Key` began it.
    #[error("the session has begun already")]
    Begun,
    /// The table can not tell.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The session that a token is exchanged for.
#[derive(Clone, Debug)]
pub struct NewSession<'a> {
    /// The token's row as it was read.
    pub token: &'a OneTimeTokenRow,
    /// The session's row.
    pub session: &'a SessionRow,
    /// Whether the exchange consumes the token.
    pub invalidate: bool,
    /// Of a token that took a one-time password, which was right: whose attempts are forgotten, and their throttle.
    pub forget_attempts: Option<(Locator, Throttle)>,
}

/// Writes one-time tokens; they are read with a [`super::Batch`].
#[derive(Clone, Debug)]
pub struct OneTimeTokens(Database);

/// The place of the session's put in the transaction of an exchange.
const SESSION: usize = 1;

const LIVE: &str = "attribute_exists(pk) AND attribute_not_exists(consumed_by) AND expires_at > :now";

impl OneTimeTokens {
    /// The one-time tokens in `database`.
    #[must_use]
    pub fn new(database: &Database) -> Self {
        Self(database.clone())
    }

    /// Makes a token. Its id is random and its content the same at every retry: a repeated put changes nothing, unless the
    /// token has been consumed in between; then the condition keeps it consumed.
    ///
    /// With an `Idempotency-Key` it is one transaction with the row that remembers the key. Returns the token's row, or the row that the
    /// same request made before, whatever has become of that token.
    ///
    /// # Errors
    /// [`NewOneTimeTokenError::Repeated`] if the key was used for another request, or its token has been deleted.
    pub async fn insert_new(&self, row: OneTimeTokenRow, once: Option<&Once>) -> Result<OneTimeTokenRow, NewOneTimeTokenError> {
        let mut item: Key = serde_dynamo::to_item(&row).map_err(StoreError::from)?;
        item.extend(schema::one_time_token(row.token_id));
        let Some(once) = once else { return Ok(self.put_new(item).await.map(|()| row)?) };

        let put = Put::builder().table_name(&self.0.tables.tokens).set_item(Some(item));
        let put = put.condition_expression(format!("attribute_not_exists({PK})")).build().map_err(StoreError::from)?;
        let items = [TransactWriteItem::builder().put(put), once.remember(&self.0, row.token_id)?];
        let refusals = match transaction::write(&self.0.client, items).await? {
            Outcome::Committed => return Ok(row),
            Outcome::Refused(refusals) => refusals,
        };
        let refusal = refusals.first().ok_or_else(|| StoreError::corrupt("a transaction was refused by nothing"))?;
        let id = once.made(refusal)??;
        let request = self.0.client.get_item().table_name(&self.0.tables.tokens).set_key(Some(schema::one_time_token(id)));
        let output = request.consistent_read(true).send().await.map_err(StoreError::from)?;
        let made = output.item.map(serde_dynamo::from_item).transpose().map_err(StoreError::from)?;
        Ok(made.ok_or(RepeatError::Gone)?)
    }

    async fn put_new(&self, item: Key) -> Result<(), StoreError> {
        let request = self.0.client.put_item().table_name(&self.0.tables.tokens).set_item(Some(item));
        match request.condition_expression(format!("attribute_not_exists({PK})")).send().await {
            // The id has 122 random bits: what stands there already is this put, whose answer was lost.
            Err(error) if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => Ok(()),
            other => other.map(drop).map_err(StoreError::from),
        }
    }

    /// Reserves an attempt at the token's one-time password, against the token and against its customer: both or none, so
    /// that a token that is gone costs its customer nothing.
    ///
    /// # Errors
    /// [`OtpAttemptError::TokenGone`] before [`OtpAttemptError::Throttled`], if both hold.
    pub async fn reserve_otp_attempt(
        &self,
        id: RandomId,
        customer: &Locator,
        per_token: u32,
        per_customer: Throttle,
        now: Timestamp,
    ) -> Result<(), OtpAttemptError> {
        let (window, ends_at) = per_customer.window(now);
        // The transaction's request token makes both counts exact: a repeated one is done once.
        let token = Update::builder().table_name(&self.0.tables.tokens).set_key(Some(schema::one_time_token(id)));
        let token = token.update_expression("ADD otp_attempts :one");
        let token = token.condition_expression(format!("{LIVE} AND (attribute_not_exists(otp_attempts) OR otp_attempts < :cap)"));
        let token = token.expression_attribute_values(":one", n(1)).expression_attribute_values(":cap", n(per_token));
        let token = token.expression_attribute_values(":now", n(now.unix())).build().map_err(StoreError::from)?;

        let Reservation { update, condition, values } = per_customer.reservation(RandomId::random(), ends_at);
        let customer = Update::builder().table_name(&self.0.tables.tokens).set_key(Some(schema::otp_attempts(customer, window)));
        let customer = customer.update_expression(update).condition_expression(condition);
        let customer = customer.set_expression_attribute_values(Some(values)).build().map_err(StoreError::from)?;

        let items = [TransactWriteItem::builder().update(token), TransactWriteItem::builder().update(customer)];
        match transaction::write(&self.0.client, items).await? {
            Outcome::Committed => Ok(()),
            refused if refused.refused_at(0) => Err(OtpAttemptError::TokenGone),
            Outcome::Refused(_) => Err(OtpAttemptError::Throttled { retry_at: ends_at }),
        }
    }

    /// Reserves an attempt at the one-time password of a token that `session` consumed, for the exchange that is repeated: against the
    /// token alone, so that a token that is gone can lock nobody out. One UpdateItem; one that the SDK repeats may count twice, which
    /// takes an attempt and gives none.
    ///
    /// # Errors
    /// [`OtpAttemptError::TokenGone`] if the attempts are used up.
    pub async fn reserve_repeated_otp_attempt(&self, id: RandomId, session: SessionId, per_token: u32) -> Result<(), OtpAttemptError> {
        let request = self.0.client.update_item().table_name(&self.0.tables.tokens).set_key(Some(schema::one_time_token(id)));
        let request = request.update_expression("ADD otp_attempts :one");
        let request =
            request.condition_expression("consumed_by = :session AND (attribute_not_exists(otp_attempts) OR otp_attempts < :cap)");
        let request = request.expression_attribute_values(":one", n(1)).expression_attribute_values(":cap", n(per_token));
        match request.expression_attribute_values(":session", s(session.to_string())).send().await {
            Ok(_) => Ok(()),
            Err(error) if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => {
                Err(OtpAttemptError::TokenGone)
            }
            Err(error) => Err(OtpAttemptError::Store(error.into())),
        }
    }

    /// Begins the session and, if it invalidates, consumes the token: both or none, and only while a customer who is a user here
    /// is active. Whether the issuer still backs the token is read beside its row and is no condition here: all exchanges of one
    /// backend would meet in that one row, and DynamoDB cancels transactions that meet. Of any number of callers at the same instant one consumes it.
    ///
    /// # Errors
    /// [`ConsumeError::TokenGone`] if the token is not live at that instant.
    pub async fn exchange(&self, exchange: &NewSession<'_>, now: Timestamp) -> Result<(), ConsumeError> {
        let row = exchange.token;
        let token = match (exchange.invalidate, exchange.forget_attempts) {
            (true, _) => self.consume(exchange, now)?,
            (false, Some(_)) => self.forget_attempts_of(row.token_id, now)?,
            (false, None) => self.is_live(row.token_id, now)?,
        };
        let session = sessions::insert_new(&self.0, exchange.session)?;
        let issued = sessions::insert_issued(&self.0, row.issuer_id, &row.customer_id, exchange.session)?;
        // A user who is their own issuer has been checked as that.
        let other_user = row.customer_epoch.filter(|_| !row.is_to_its_issuer());
        let customer = other_user.map(|epoch| users::is_active_in(&self.0, &row.customer_id, epoch)).transpose()?;
        let forget = exchange.forget_attempts.map(|(customer, throttle)| self.forget_attempts_at(&customer, throttle, now)).transpose()?;
        let items = [token, session, issued].into_iter().chain(customer).chain(forget);
        match transaction::write(&self.0.client, items).await? {
            Outcome::Committed => Ok(()),
            refused if refused.refused_at(SESSION) => Err(ConsumeError::Begun),
            Outcome::Refused(_) => Err(ConsumeError::TokenGone),
        }
    }

    /// Forgets the attempts at a token and at its customer after a right one-time password that led to no session: only wrong
    /// ones count.
    ///
    /// # Errors
    /// [`StoreError`] if the table can not tell.
    pub async fn forget_otp_attempts(
        &self,
        id: RandomId,
        customer: &Locator,
        throttle: Throttle,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let items = [self.forget_attempts_of(id, now)?, self.forget_attempts_at(customer, throttle, now)?];
        transaction::write(&self.0.client, items).await.map(drop)
    }

    fn forget_attempts_of(&self, id: RandomId, now: Timestamp) -> Result<TransactWriteItemBuilder, StoreError> {
        let update = Update::builder().table_name(&self.0.tables.tokens).set_key(Some(schema::one_time_token(id)));
        let update = update.update_expression("REMOVE otp_attempts").condition_expression(LIVE);
        let update = update.expression_attribute_values(":now", n(now.unix())).build()?;
        Ok(TransactWriteItem::builder().update(update))
    }

    fn forget_attempts_at(&self, customer: &Locator, throttle: Throttle, now: Timestamp) -> Result<TransactWriteItemBuilder, StoreError> {
        let (window, _) = throttle.window(now);
        let delete = Delete::builder().table_name(&self.0.tables.tokens).set_key(Some(schema::otp_attempts(customer, window)));
        Ok(TransactWriteItem::builder().delete(delete.build()?))
    }

    /// Deletes a live token; `false` if there is none. A transaction, so that a retry after a lost answer is told "deleted" too.
    ///
    /// # Errors
    /// [`StoreError`] if the table can not tell.
    pub async fn delete(&self, id: RandomId, now: Timestamp) -> Result<bool, StoreError> {
        let delete = Delete::builder().table_name(&self.0.tables.tokens).set_key(Some(schema::one_time_token(id)));
        let delete = delete.condition_expression(LIVE).expression_attribute_values(":now", n(now.unix())).build()?;
        Ok(transaction::write(&self.0.client, [TransactWriteItem::builder().delete(delete)]).await? == Outcome::Committed)
    }

    fn consume(&self, exchange: &NewSession<'_>, now: Timestamp) -> Result<TransactWriteItemBuilder, StoreError> {
        let update = Update::builder().table_name(&self.0.tables.tokens).set_key(Some(schema::one_time_token(exchange.token.token_id)));
        let update = update.update_expression("SET consumed_by = :session, expires_at = :kept").condition_expression(LIVE);
        // The row stays as long as the session, so that a repeated exchange finds it; consumed, it is not live whatever its time.
        let kept = exchange.token.expires_at.max(exchange.session.expires_at);
        let update = update.expression_attribute_values(":kept", n(kept.unix()));
        let update = update.expression_attribute_values(":session", s(exchange.session.session_id.to_string()));
        let update = update.expression_attribute_values(":now", n(now.unix())).build()?;
        Ok(TransactWriteItem::builder().update(update))
    }

    fn is_live(&self, id: RandomId, now: Timestamp) -> Result<TransactWriteItemBuilder, StoreError> {
        let check = ConditionCheck::builder().table_name(&self.0.tables.tokens).set_key(Some(schema::one_time_token(id)));
        let check = check.condition_expression(LIVE).expression_attribute_values(":now", n(now.unix())).build()?;
        Ok(TransactWriteItem::builder().condition_check(check))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::schema::EXPIRES_AT;

    #[test]
    fn the_condition_names_the_schema_s_attributes() {
        assert!(LIVE.contains(PK) && LIVE.contains(EXPIRES_AT));
    }
}

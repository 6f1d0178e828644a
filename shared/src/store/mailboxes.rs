//! What was mailed to an address, and whether it takes mail at all.
//!
//! The mailer claims a mail before it sends it: a mailbox gets only so many of a kind, whoever asks for them and from wherever. The claim
//! also recognises a request that the stream delivers again, and tells whether its mail has been sent.

use serde::{Deserialize, Serialize};

use super::rows::unix;
use super::schema::{self, ATTEMPT_IDS, DONE_IDS, EXPIRES_AT, MAILED_AT, PK};
use super::update::Updated;
use super::{Database, StoreError, Throttle};
use crate::domain::{EmailAddress, MailRequest, Timestamp};

/// How many mails of one kind an address gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MailLimit {
    /// The most in one window.
    pub per_window: Throttle,
    /// Seconds between two; 0 is none. Of two requests that are delivered in the wrong order the later one is sent.
    pub interval_seconds: u32,
}

/// What becomes of a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailClaim {
    /// It is to be sent. Perhaps it has been: whoever sent it could not say so.
    Due,
    /// It was sent, or refused for good.
    Done,
    /// The address has had enough of its kind.
    Throttled,
}

/// Why an address gets no mail.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BlockedMailboxRow {
    /// `bounce` or `complaint`.
    pub reason: String,
    /// Since when.
    #[serde(with = "unix")]
    pub created_at: Timestamp,
    /// When it is tried again.
    #[serde(with = "unix")]
    pub expires_at: Timestamp,
}

/// What is read of the row that counts mails.
#[derive(Deserialize)]
struct Mailed {
    #[serde(default, deserialize_with = "serde_dynamo::string_set::deserialize")]
    attempt_ids: Vec<String>,
    #[serde(default, deserialize_with = "serde_dynamo::string_set::deserialize")]
    done_ids: Vec<String>,
}

/// The mailboxes that mails are sent to.
#[derive(Clone, Debug)]
pub struct Mailboxes(Database);

impl Mailboxes {
    /// The mailboxes in `database`, which needs the table of tokens alone.
    #[must_use]
    pub fn new(database: &Database) -> Self {
        Self(database.clone())
    }

    /// Claims the mail for `address`: one UpdateItem. The window is that of the request, so that a repeated delivery meets its own claim.
    ///
    /// # Errors
    /// [`StoreError`] if the table does not answer.
    pub async fn claim(&self, address: &EmailAddress, mail: &MailRequest, limit: MailLimit) -> Result<MailClaim, StoreError> {
        let (window, ends_at) = limit.per_window.window(mail.requested_at);
        let since = Timestamp::from_unix(mail.requested_at.unix().saturating_sub(limit.interval_seconds.into()));
        let is_left = ATTEMPT_IDS.has_fewer_than(limit.per_window.attempts);
        let is_left = if limit.interval_seconds == 0 { is_left } else { is_left.and(MAILED_AT.is_not_after(since)) };
        let update = self.0.tokens().update(schema::mails_to(&address.place(), mail.about.name(), window));
        let update = update.add_member(ATTEMPT_IDS, mail.id).set(MAILED_AT, mail.requested_at).set(EXPIRES_AT, ends_at);
        // A claim that is repeated is refused, and finds itself in the row: it must not move the time of a later mail.
        let is_new = ATTEMPT_IDS.is_absent().or(ATTEMPT_IDS.lacks(mail.id).and(is_left));
        let row: Option<Mailed> = match update.only_if(is_new).send_and_read().await? {
            Updated::Written(_) => return Ok(MailClaim::Due),
            Updated::Refused(row) => row,
        };
        let row = row.ok_or_else(StoreError::answered_without_row)?;
        let is_in = |ids: &[String]| ids.contains(&mail.id.to_string());
        Ok(match (is_in(&row.attempt_ids), is_in(&row.done_ids)) {
            (false, _) => MailClaim::Throttled,
            (true, false) => MailClaim::Due,
            (true, true) => MailClaim::Done,
        })
    }

    /// Notes that a claimed mail was sent, or refused for good: one UpdateItem. Where this fails, a repeated delivery mails it again.
    ///
    /// # Errors
    /// [`StoreError`] if the table does not answer.
    pub async fn finish(&self, address: &EmailAddress, mail: &MailRequest, limit: MailLimit) -> Result<(), StoreError> {
        let (window, _) = limit.per_window.window(mail.requested_at);
        let update = self.0.tokens().update(schema::mails_to(&address.place(), mail.about.name(), window));
        update.add_member(DONE_IDS, mail.id).only_if(PK.exists()).send().await.map(drop)
    }

    /// Whether the address is blocked. One consistent GetItem.
    ///
    /// # Errors
    /// [`StoreError`] if the table does not answer.
    pub async fn is_blocked(&self, address: &EmailAddress, now: Timestamp) -> Result<bool, StoreError> {
        let row: Option<BlockedMailboxRow> = self.0.tokens().find(schema::blocked_mailbox(&address.place())).await?;
        Ok(row.is_some_and(|row| row.expires_at > now))
    }

    /// Blocks the address. One PutItem; repeated, it begins anew.
    ///
    /// # Errors
    /// [`StoreError`] if the table does not answer.
    pub async fn block(&self, address: &EmailAddress, row: &BlockedMailboxRow) -> Result<(), StoreError> {
        self.0.tokens().put(schema::blocked_mailbox(&address.place()), row)?.send().await.map(drop)
    }
}

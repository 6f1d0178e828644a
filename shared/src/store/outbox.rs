//! Mails that are asked for.
//!
//! The write that asks is the one that counts, so that no flood of requests is a flood of mails. It stands alone, or in the transaction
//! that it tells of: a mail goes out if and only if that is done. That a password was set is asked for before, by a write of its own, and
//! the mailer looks whether it was. The stream of the table hands each request to the mailer, also if the function dies right after the
//! write.

use thiserror::Error;

use super::schema::{self, EXPIRES_AT, MAIL};
use super::update::Update;
use super::write::Write;
use super::{Database, StoreError, Throttle, UserRow};
use crate::domain::{Locator, MailRequest, Timestamp};

/// Why no mail was asked for.
#[derive(Debug, Error)]
pub enum OutboxError {
    /// As many of its kind were asked for as the window allows.
    #[error("too many mails")]
    Throttled {
        /// When the next window begins.
        retry_at: Timestamp,
    },
    /// The table did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A mail that is about to be asked for.
///
/// A counted one stands in a row for all of its kind and window: the newest request, and the ids of the earlier ones. Each write is a
/// record of the stream. One that is not counted has a row of its own.
#[derive(Clone, Debug)]
pub struct OutboxEntry {
    place: Locator,
    mail: MailRequest,
    throttle: Option<Throttle>,
}

/// How long a row without a window is kept, for whoever looks into a mail that did not come. The stream has its own copy.
const KEPT_SECONDS: u32 = 3600;

impl OutboxEntry {
    /// A mail that nothing holds back. `place` says in whose partition the row stands, so that `latchkey forget` finds it: that of the user
    /// ([`Locator::of_user`]).
    #[must_use]
    pub fn new(place: Locator, mail: MailRequest) -> Self {
        Self { place, mail, throttle: None }
    }

    /// A notice to `user`. Nothing holds it back. `None` where the user has no address.
    #[must_use]
    pub fn notice(user: &UserRow, mail: MailRequest) -> Option<Self> {
        user.mailbox().map(|_| Self::new(Locator::of_user(user.user_id), mail))
    }

    /// A mail that is refused if as many of its kind were asked for from `place` in the same window: from the user who is to get it, or, where
    /// anybody may ask, from the client ([`Locator::of_address`]).
    #[must_use]
    pub fn counted(place: Locator, mail: MailRequest, throttle: Throttle) -> Self {
        Self { place, mail, throttle: Some(throttle) }
    }

    /// Asks for the mail: one UpdateItem. A retry after a lost answer writes the same row, and counts once.
    ///
    /// # Errors
    /// [`OutboxError::Throttled`] if too many were asked for.
    pub async fn put(&self, database: &Database) -> Result<(), OutboxError> {
        if self.write(database)?.send().await? { Ok(()) } else { Err(OutboxError::Throttled { retry_at: self.retry_at() }) }
    }

    /// The mail that was asked for in the row `image`, as the stream has it.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] if there is none, or none that this release knows.
    pub fn read(image: &serde_json::Value) -> Result<MailRequest, StoreError> {
        let text = image.get(MAIL.name()).and_then(|mail| mail.get("S")?.as_str());
        serde_json::from_str(text.ok_or_else(|| StoreError::corrupt("the row has no mail"))?).map_err(StoreError::corrupt)
    }

    /// The write that asks for the mail, alone or in a transaction. Its condition fails if too many were asked for, and then only.
    pub(super) fn write<'d>(&self, database: &'d Database) -> Result<Write<'d, Update>, StoreError> {
        let Self { place, mail, throttle } = self;
        let text = serde_json::to_string(mail).map_err(StoreError::corrupt)?;
        let kind = mail.about.name();
        let write = match throttle {
            Some(throttle) => {
                let (window, ends_at) = throttle.window(mail.requested_at);
                throttle.reserve(database.tokens(), schema::outbox(place, kind, window), mail.id, ends_at)
            }
            None => {
                let update = database.tokens().update(schema::outbox(place, kind, mail.id));
                update.set(EXPIRES_AT, mail.requested_at.plus(KEPT_SECONDS))
            }
        };
        Ok(write.set(MAIL, text))
    }

    /// When the window of a counted mail ends.
    pub(super) fn retry_at(&self) -> Timestamp {
        self.throttle.map_or(self.mail.requested_at, |throttle| throttle.window(self.mail.requested_at).1)
    }
}

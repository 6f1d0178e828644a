//! One mail: claimed, written, sent, noted.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use futures_util::future::try_join;
use latchkey::audit::{Act, Event, Trail};
use latchkey::domain::MailRequest;
use latchkey::runtime::{DeliveryError, MailError};
use latchkey::store::{MailClaim, StoreError};

use super::recipient::NOT_YET;
use super::{Mailer, Times};

impl Mailer {
    /// Sends the mail that a row asks for. What can never be sent is told and passed over, so that it holds up nothing behind it: a row that
    /// cannot be read, an address that SES refuses, a bug.
    ///
    /// # Errors
    /// If the store or SES does not answer, or what the mail tells of may still happen: the delivery is to be repeated.
    pub(super) async fn deliver(&self, row: Result<MailRequest, StoreError>, times: Times, trail: &Trail) -> Result<(), DeliveryError> {
        let mail = match row {
            Ok(mail) => mail,
            Err(error) => {
                tracing::error!(error = ?error, "a row of the outbox could not be read");
                trail.note(Event::of(Act::MailRefused).because("unreadable row"));
                return Ok(());
            }
        };
        let kind = mail.about.name();
        match AssertUnwindSafe(self.send(&mail, times)).catch_unwind().await {
            Ok(Ok(Some(event))) => trail.note(event.mail(kind)),
            Ok(Ok(None)) => {}
            Ok(Err(error)) => return Err(error),
            Err(_) => trail.note(Event::of(Act::MailRefused).mail(kind).because("the function panicked")),
        }
        Ok(())
    }

    /// What became of the mail; nothing if it was sent before.
    async fn send(&self, mail: &MailRequest, times: Times) -> Result<Option<Event>, DeliveryError> {
        let now = times.now;
        let dropped = |reason| Event::of(Act::MailDropped).because(reason);
        if self.expires_at(mail) <= now {
            return Ok(Some(dropped("expired")));
        }
        let recipient = match self.recipient(mail, times).await {
            Ok(Ok(recipient)) => recipient,
            Ok(Err(NOT_YET)) => return Err(NOT_YET.into()),
            Ok(Err(reason)) => return Ok(Some(dropped(reason))),
            Err(StoreError::Corrupt(error)) => {
                tracing::error!(error = ?error, "a row of a mail's user could not be read");
                return Ok(Some(Event::of(Act::MailRefused).because("unreadable row")));
            }
            Err(error) => return Err(error.into()),
        };
        let (address, user) = (recipient.address.clone(), recipient.user.as_ref().map(|user| user.user_id));
        let told = |event: Event| user.into_iter().fold(event.mailbox(&address), Event::subject);
        let limit = self.limit(&mail.about);
        let (claim, is_blocked) = try_join(self.mailboxes.claim(&address, mail, limit), self.mailboxes.is_blocked(&address, now)).await?;
        let event = match claim {
            MailClaim::Done => return Ok(None),
            MailClaim::Throttled => return Ok(Some(told(dropped("throttled")))),
            MailClaim::Due if is_blocked => dropped("blocked address"),
            MailClaim::Due => {
                let keys = self.token_keys.get().await;
                match self.write(mail, recipient, &keys) {
                    Err(_) => dropped("the key is gone"),
                    Ok(written) => match self.transport.send(&written).await {
                        Ok(()) => Event::of(Act::MailSent),
                        Err(MailError::Refused(code)) => {
                            tracing::error!(code, "SES refused a mail");
                            Event::of(Act::MailRefused).because("refused by SES")
                        }
                        Err(error) => return Err(error.into()),
                    },
                }
            }
        };
        if let Err(error) = self.mailboxes.finish(&address, mail, limit).await {
            tracing::warn!(error = %error, "a mail could not be noted as sent: a repeated delivery sends it again");
        }
        Ok(Some(told(event)))
    }
}

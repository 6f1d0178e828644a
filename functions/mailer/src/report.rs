//! What SES reports of mails that it took: they came back, or somebody did not want them.

use latchkey::audit::{Act, Event, Trail};
use latchkey::domain::{EmailAddress, Timestamp};
use latchkey::runtime::DeliveryError;
use latchkey::store::BlockedMailboxRow;
use serde::Deserialize;

use super::Mailer;

/// An event of EventBridge, as a configuration set of SES has it; the member names are SES's own.
#[derive(Deserialize)]
pub struct Report {
    detail: Detail,
}

#[derive(Deserialize)]
#[serde(tag = "eventType")]
enum Detail {
    Bounce {
        bounce: Bounce,
    },
    Complaint {
        complaint: Complaint,
    },
    /// The template subscribes to nothing else.
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bounce {
    bounce_type: String,
    bounced_recipients: Vec<ReportedRecipient>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Complaint {
    #[serde(default)]
    complaint_feedback_type: Option<String>,
    complained_recipients: Vec<ReportedRecipient>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReportedRecipient {
    email_address: String,
}

/// How long an address is sent nothing: a mailbox that is gone may come back, and a new owner of the address has not complained.
const BLOCKED_SECONDS: u32 = 90 * 86_400;

impl Mailer {
    /// Blocks the addresses that bounce for good and those of people who complain. A passing bounce is only told.
    ///
    /// # Errors
    /// If the store does not answer.
    pub(super) async fn note_report<E>(&self, report: Result<Report, E>, now: Timestamp, trail: &Trail) -> Result<(), DeliveryError> {
        let (act, reason, blocks, recipients) = match report {
            Ok(Report { detail: Detail::Bounce { bounce } }) => {
                let (reason, blocks) = if bounce.bounce_type == "Permanent" { ("permanent", Some("bounce")) } else { ("passing", None) };
                (Act::MailBounced, reason, blocks, bounce.bounced_recipients)
            }
            // Some providers report a mail that is taken out of the spam folder.
            Ok(Report { detail: Detail::Complaint { complaint } }) if complaint.complaint_feedback_type.as_deref() == Some("not-spam") => {
                return Ok(());
            }
            Ok(Report { detail: Detail::Complaint { complaint } }) => {
                (Act::MailComplained, "complaint", Some("complaint"), complaint.complained_recipients)
            }
            Ok(Report { detail: Detail::Other }) => return Ok(()),
            Err(_) => {
                tracing::error!("a report could not be read");
                return Ok(());
            }
        };
        for ReportedRecipient { email_address } in recipients {
            // SES writes it as it stood in the mail, perhaps with a name before it.
            let bare = email_address.rsplit_once('<').and_then(|(_, bare)| bare.strip_suffix('>'));
            let Ok(address) = bare.unwrap_or(&email_address).parse::<EmailAddress>() else { continue };
            if let Some(blocks) = blocks {
                let row = BlockedMailboxRow { reason: blocks.to_owned(), created_at: now, expires_at: now.plus(BLOCKED_SECONDS) };
                self.mailboxes.block(&address, &row).await?;
            }
            trail.note(Event::of(act).mailbox(&address).because(reason));
        }
        Ok(())
    }
}

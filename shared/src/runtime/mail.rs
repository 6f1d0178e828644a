//! Mail: SES in AWS, a folder on a laptop.

use std::path::PathBuf;

use aws_sdk_sesv2::error::ProvideErrorMetadata;
use aws_sdk_sesv2::primitives::Blob;
use aws_sdk_sesv2::types::{Destination, EmailContent, RawMessage};
use mail_builder::MessageBuilder;
use thiserror::Error;

/// A text mail to one person. `Debug` shows nothing: it holds a one-time password.
pub struct Mail {
    /// The address.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// The text.
    pub text: String,
}

/// The mail could not be handed over.
#[derive(Debug, Error)]
pub enum MailError {
    /// It could not be written.
    #[error("the mail could not be written")]
    Write(#[from] std::io::Error),
    /// SES did not take it. Its own text can name the address, so only its code is kept for the log.
    #[error("SES did not take the mail: {0}")]
    Ses(String),
}

/// Hands mails over.
#[derive(Clone)]
pub struct Mailer {
    pub(super) from: String,
    pub(super) transport: Transport,
}

#[derive(Clone)]
pub(super) enum Transport {
    /// Amazon SES, version 2.
    Ses(aws_sdk_sesv2::Client),
    /// A file `<id>.eml` for each mail.
    Directory(PathBuf),
}

impl Mailer {
    /// Hands `mail` over; the same bytes either way.
    ///
    /// # Errors
    /// [`MailError`] if it was not taken; it may be repeated.
    pub async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        let id = uuid::Uuid::now_v7().to_string();
        let message = MessageBuilder::new().message_id(format!("{id}@latchkey")).from(self.from.as_str()).to(mail.to.as_str());
        let message = message.subject(mail.subject.as_str()).text_body(mail.text.as_str()).write_to_vec()?;
        match &self.transport {
            Transport::Ses(client) => {
                let raw = RawMessage::builder().data(Blob::new(message)).build().map_err(|error| MailError::Ses(error.to_string()))?;
                let request = client.send_email().from_email_address(&self.from);
                let request = request.destination(Destination::builder().to_addresses(&mail.to).build());
                let request = request.content(EmailContent::builder().raw(raw).build());
                let sent = request.send().await;
                sent.map(drop).map_err(|error| MailError::Ses(error.code().unwrap_or("no answer").to_owned()))
            }
            Transport::Directory(folder) => {
                std::fs::create_dir_all(folder)?;
                // Renamed when it is whole, so that whoever watches the folder never reads half a mail.
                let part = folder.join(format!("{id}.part"));
                std::fs::write(&part, message)?;
                Ok(std::fs::rename(part, folder.join(format!("{id}.eml")))?)
            }
        }
    }
}

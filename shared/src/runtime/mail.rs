//! Mail: SES in AWS, a folder on a laptop.

use std::path::PathBuf;

use aws_sdk_sesv2::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sesv2::operation::send_email::SendEmailError;
use aws_sdk_sesv2::primitives::Blob;
use aws_sdk_sesv2::types::{Destination, EmailContent, RawMessage};
use mail_builder::MessageBuilder;
use mail_builder::headers::content_type::ContentType;
use mail_builder::headers::date::Date;
use mail_builder::headers::raw::Raw;
use mail_builder::mime::MimePart;
use thiserror::Error;

use crate::domain::{EmailAddress, RandomId, Timestamp};

/// A mail to one person, in plain text and in HTML. No `Debug`: it holds a secret.
pub struct Mail {
    /// What the `Message-ID` is made of.
    pub id: RandomId,
    /// When it was asked for.
    pub date: Timestamp,
    /// The address.
    pub to: EmailAddress,
    /// The subject.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The same in HTML.
    pub html: String,
}

/// The mail was not taken.
#[derive(Debug, Error)]
pub enum MailError {
    /// It could not be written.
    #[error("the mail could not be written")]
    Write(#[from] std::io::Error),
    /// SES refused it: it would refuse it again. Its own text can name the address, so only its code is kept for the log.
    #[error("SES refused the mail: {0}")]
    Refused(String),
    /// SES did not answer, is throttling, or takes no mail of this account now.
    #[error("SES did not take the mail: {0}")]
    Unavailable(String),
}

/// Hands mails over.
#[derive(Clone)]
pub struct MailTransport {
    pub(super) from: EmailAddress,
    pub(super) channel: Channel,
}

#[derive(Clone)]
pub(super) enum Channel {
    /// Amazon SES, version 2.
    Ses { client: aws_sdk_sesv2::Client, configuration_set: Option<String> },
    /// A file `<id>.eml` for each mail.
    Directory(PathBuf),
}

impl MailTransport {
    /// Hands `mail` over: the same bytes either way, and the same for a mail that is sent twice. SES puts a `Message-ID` and a `Date` of
    /// its own in place of these.
    ///
    /// # Errors
    /// [`MailError::Refused`] if it need not be tried again.
    pub async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        let message = self.message(mail)?;
        match &self.channel {
            Channel::Ses { client, configuration_set } => {
                let raw = RawMessage::builder().data(Blob::new(message)).build();
                let raw = raw.map_err(|error| MailError::Refused(error.to_string()))?;
                let request = client.send_email().from_email_address(self.from.as_str());
                let request = request.destination(Destination::builder().to_addresses(mail.to.as_str()).build());
                let request = request.set_configuration_set_name(configuration_set.clone());
                let sent = request.content(EmailContent::builder().raw(raw).build()).send().await;
                sent.map(drop).map_err(|error| refusal(&error, &self.from))
            }
            Channel::Directory(folder) => {
                std::fs::create_dir_all(folder)?;
                // The names sort by time. Renamed when it is whole, so that whoever watches the folder never reads half a mail.
                let name = uuid::Uuid::now_v7();
                let part = folder.join(format!("{name}.part"));
                std::fs::write(&part, message)?;
                Ok(std::fs::rename(part, folder.join(format!("{name}.eml")))?)
            }
        }
    }

    fn message(&self, mail: &Mail) -> std::io::Result<Vec<u8>> {
        let Mail { id, date, to, subject, text, html } = mail;
        let (_, domain) = self.from.as_str().rsplit_once('@').unwrap_or_default();
        let parts = vec![part("text/plain", text), part("text/html", html)];
        let boundary = ContentType::new("multipart/alternative").attribute("boundary", boundary(*id));
        let message = MessageBuilder::new().message_id(format!("{id}@{domain}")).date(Date::new(date.unix()));
        let message = message.from(self.from.as_str()).to(to.as_str()).subject(subject.as_str());
        // RFC 3834: no vacation notice answers it.
        let message = message.header("Auto-Submitted", Raw::new("auto-generated"));
        message.body(MimePart::new(boundary, parts)).write_to_vec()
    }
}

/// What parts the two texts: of letters alone, so that nobody who looks for a one-time password finds one in it, and of the id, so that it
/// is the same in a mail that is sent twice.
fn boundary(id: RandomId) -> String {
    let letters = id.bytes().iter().flat_map(|byte| [b'a' + (byte >> 4), b'a' + (byte & 15)]);
    letters.map(char::from).collect()
}

/// The longest line that a mail may have (RFC 5322, 2.1.1).
const LONGEST_LINE: usize = 998;

/// ASCII goes as it is, so that a link stands in one piece even in the raw mail.
fn part<'m>(content_type: &'m str, text: &str) -> MimePart<'m> {
    let is_plain = text.is_ascii() && text.lines().all(|line| line.len() <= LONGEST_LINE);
    let lines = text.lines().fold(String::new(), |lines, line| lines + line + "\r\n");
    let part = MimePart::new(content_type, lines);
    if is_plain { part.transfer_encoding("7bit") } else { part }
}

/// What SES says of this one mail is final. What it says of the account or the sender, or does not say, may change. Of addresses that are
/// not verified it has one code, and names them in the text.
fn refusal<R>(error: &SdkError<SendEmailError, R>, from: &EmailAddress) -> MailError {
    let code = error.code().unwrap_or("no answer").to_owned();
    let words = |text: &str| {
        text.split(|c: char| c.is_whitespace() || ",:;<>()\"".contains(c)).any(|word| word.trim_end_matches('.') == from.as_str())
    };
    let is_about_sender = error.message().is_some_and(words);
    let is_final = |error: &SendEmailError| error.is_bad_request_exception() || (error.is_message_rejected() && !is_about_sender);
    if error.as_service_error().is_some_and(is_final) { MailError::Refused(code) } else { MailError::Unavailable(code) }
}

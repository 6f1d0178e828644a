//! What a mail says.

use latchkey::credentials::{EmailToken, KeyNumber, OneTimePassword, ResetToken, SealError, SignUpToken, TokenKeys};
use latchkey::domain::{EmailAddress, MailRequest, MailSubject, Secret, Timestamp};
use latchkey::runtime::Mail;
use latchkey::store::UserRow;

use super::Mailer;
use super::recipient::Recipient;
use super::text::{Filled, Text};

/// The texts of a kind of mail: what they must fill in, and what they may.
macro_rules! text {
    ($kind:literal, [$($needed:literal),*], [$($known:literal),*]) => {
        Text::checked(
            include_str!(concat!("../../../infra/mail/", $kind, ".txt")),
            include_str!(concat!("../../../infra/mail/", $kind, ".html")),
            &[$($needed),*],
            &[$($known),*],
        )
    };
}

const ONE_TIME_PASSWORD: Text = text!("one-time-password", ["code"], ["username", "minutes", "time"]);
const RESET_PASSWORD: Text = text!("reset-password", ["link"], ["username", "minutes", "hours", "time"]);
const SIGN_UP: Text = text!("sign-up", ["link"], ["minutes", "hours", "days", "time"]);
const SIGN_UP_TAKEN: Text = text!("sign-up-taken", [], ["app_url", "username", "time"]);
const CHANGE_EMAIL: Text = text!("change-email", ["link"], ["minutes", "hours", "days", "time"]);
const EMAIL_CHANGED: Text = text!("email-changed", [], ["app_url", "username", "time"]);
const INVITATION: Text = text!("invitation", ["link"], ["username", "hours", "days", "time"]);
const PASSWORD_CHANGED: Text = text!("password-changed", [], ["app_url", "username", "time"]);
const API_KEY_ADDED: Text = text!("api-key-added", [], ["app_url", "username", "key_name", "time"]);
const SIGN_IN_DISABLED: Text = text!("sign-in-disabled", [], ["app_url", "username", "time"]);

/// A text, and the secret that goes into it.
struct Letter {
    text: &'static Text,
    code: Option<Secret>,
    link: Option<Secret>,
}

impl Letter {
    const fn of(text: &'static Text) -> Self {
        Self { text, code: None, link: None }
    }
}

impl Mailer {
    /// The mail to `recipient`. It derives from the request, the user's row and the keys, so that it is the same when it is written again.
    ///
    /// # Errors
    /// [`SealError`] if the key that it derives from has left the ring.
    pub(super) fn write(&self, mail: &MailRequest, recipient: Recipient, keys: &TokenKeys) -> Result<Mail, SealError> {
        let expires_at = self.expires_at(mail);
        let Recipient { address, user } = recipient;
        let letter = self.letter(mail, &address, user.as_ref(), expires_at, keys)?;
        let life = expires_at.seconds_since(mail.requested_at);
        let filled = letter.text.fill(|name| match name {
            "code" => exposed(letter.code.as_ref()),
            "link" => exposed(letter.link.as_ref()),
            "app_url" => self.app_url.clone(),
            "username" => user.as_ref().map(|user| user.username.clone()).unwrap_or_default(),
            "key_name" => match &mail.about {
                MailSubject::ApiKeyAdded { name, .. } => name.clone(),
                _ => String::new(),
            },
            "minutes" => (life / 60).max(1).to_string(),
            "hours" => (life / 3600).max(1).to_string(),
            "days" => (life / 86_400).max(1).to_string(),
            "time" => in_words(mail.requested_at),
            _ => String::new(),
        });
        let Filled { subject, plain, html } = filled;
        Ok(Mail { id: mail.id, date: mail.requested_at, to: address, subject, text: plain, html })
    }

    fn letter(
        &self,
        mail: &MailRequest,
        address: &EmailAddress,
        user: Option<&UserRow>,
        expires_at: Timestamp,
        keys: &TokenKeys,
    ) -> Result<Letter, SealError> {
        let current = keys.current();
        let link = |action: &str, token: Secret| Some(Secret::new(format!("{}#{action}={}", self.app_url, token.expose())));
        let reset = |action| {
            let user = user.ok_or(SealError)?;
            let token = ResetToken { user: user.user_id, epoch: user.epoch, address: address.place(), expires_at };
            Ok(link(action, token.seal(keys, current)?))
        };
        Ok(match &mail.about {
            MailSubject::OneTimePassword { token, sealed_under, .. } => {
                let password = OneTimePassword::of(*token, KeyNumber::new(*sealed_under), keys)?;
                Letter { code: Some(password.digits()), ..Letter::of(&ONE_TIME_PASSWORD) }
            }
            MailSubject::ResetPassword { .. } => Letter { link: reset("reset")?, ..Letter::of(&RESET_PASSWORD) },
            MailSubject::Invitation { .. } => Letter { link: reset("invitation")?, ..Letter::of(&INVITATION) },
            // Who has the address already is told so, and gets no link.
            MailSubject::SignUp { .. } if user.is_some() => Letter::of(&SIGN_UP_TAKEN),
            MailSubject::SignUp { .. } => {
                let token = SignUpToken { address: address.clone(), expires_at };
                Letter { link: link("sign-up", token.seal(keys, current)?), ..Letter::of(&SIGN_UP) }
            }
            MailSubject::ChangeEmail { user, epoch, .. } => {
                let token = EmailToken { user: *user, epoch: *epoch, address: address.clone(), expires_at };
                Letter { link: link("email", token.seal(keys, current)?), ..Letter::of(&CHANGE_EMAIL) }
            }
            MailSubject::EmailChanged { .. } => Letter::of(&EMAIL_CHANGED),
            MailSubject::PasswordChanged { .. } => Letter::of(&PASSWORD_CHANGED),
            MailSubject::ApiKeyAdded { .. } => Letter::of(&API_KEY_ADDED),
            MailSubject::SignInDisabled { .. } => Letter::of(&SIGN_IN_DISABLED),
        })
    }
}

fn exposed(secret: Option<&Secret>) -> String {
    secret.map(|secret| secret.expose().to_owned()).unwrap_or_default()
}

/// `2030-01-31 12:00 UTC`
fn in_words(at: Timestamp) -> String {
    let text = at.to_string();
    let (date, time) = text.split_once('T').unwrap_or_default();
    format!("{date} {} UTC", time.get(..5).unwrap_or_default())
}

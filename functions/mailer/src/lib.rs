//! Writes the mails that the outbox asks for, and hands them to SES: the only function that can.
//!
//! The stream of the outbox delivers each request at least once, and those of different places in any order. A mail is claimed before it is
//! sent, so that an address gets only so many, and noted afterwards, so that a repeated delivery sends no second one. What is in a mail
//! derives from its request: where the note was lost, the second mail has the same text.

mod delivery;
mod letter;
mod recipient;
mod report;
mod text;

use latchkey::audit::Trail;
use latchkey::credentials::TokenKeys;
use latchkey::domain::{MailRequest, MailSubject, Timestamp};
use latchkey::runtime::settings::{NumberSetting, Setting};
use latchkey::runtime::{ConfigError, Consumer, Delivery, DeliveryError, Live, MailTransport, Setup, Table};
use latchkey::store::{MailLimit, Mailboxes, OutboxEntry, Throttle, Users};
use serde::Deserialize;

/// What the function needs.
pub struct Mailer {
    users: Users,
    mailboxes: Mailboxes,
    token_keys: Live<TokenKeys>,
    transport: MailTransport,
    app_url: String,
    lives: Lives,
    interval_seconds: u32,
    mails_per_day: u32,
}

/// When a mail was asked for, by the table's clock, and when it is delivered.
#[derive(Clone, Copy)]
struct Times {
    written_at: Timestamp,
    now: Timestamp,
}

/// How long what a mail holds is good, in seconds.
struct Lives {
    reset: u32,
    sign_up: u32,
    email_change: u32,
    invitation: u32,
}

const RESET_TTL_SECONDS: NumberSetting = NumberSetting {
    name: "RESET_TTL_SECONDS",
    default: 1800,
    range: 300..=86_400,
    meaning: "Life in seconds of the link that sets a new password.",
};
const SIGN_UP_TTL_SECONDS: NumberSetting = NumberSetting {
    name: "SIGN_UP_TTL_SECONDS",
    default: 86_400,
    range: 300..=604_800,
    meaning: "Life in seconds of the link that makes an account.",
};
const EMAIL_CHANGE_TTL_SECONDS: NumberSetting = NumberSetting {
    name: "EMAIL_CHANGE_TTL_SECONDS",
    default: 86_400,
    range: 300..=604_800,
    meaning: "Life in seconds of the link that confirms a new e-mail address.",
};
const INVITATION_TTL_SECONDS: NumberSetting = NumberSetting {
    name: "INVITATION_TTL_SECONDS",
    default: 604_800,
    range: 3600..=2_592_000,
    meaning: "Life in seconds of the link in an invitation.",
};
const MAIL_INTERVAL_SECONDS: NumberSetting = NumberSetting {
    name: "MAIL_INTERVAL_SECONDS",
    default: 60,
    range: 0..=3600,
    meaning: "Seconds between two mails of one kind to one address, of the kinds that anybody can ask for.",
};
const MAILS_PER_DAY: NumberSetting = NumberSetting {
    name: "MAILS_PER_DAY",
    default: 10,
    range: 1..=100,
    meaning: "Mails of one kind that one address gets in a day. One-time passwords and links after a forgotten password have caps of their own.",
};

/// The stream keeps a record for so long. A notice is worth as much.
const DAY: u32 = 86_400;
const HOUR: u32 = 3600;
/// Links to set a password that an address is mailed in a link's life.
const RESETS_IN_A_LIFE: u32 = 2;

impl Consumer for Mailer {
    const NAME: &'static str = "mailer";
    const SETTINGS: &'static [Setting] = &[
        Setting::Number(RESET_TTL_SECONDS),
        Setting::Number(SIGN_UP_TTL_SECONDS),
        Setting::Number(EMAIL_CHANGE_TTL_SECONDS),
        Setting::Number(INVITATION_TTL_SECONDS),
        Setting::Number(MAIL_INTERVAL_SECONDS),
        Setting::Number(MAILS_PER_DAY),
    ];

    async fn start(setup: &Setup) -> Result<Self, ConfigError> {
        let database = setup.database(&[Table::Users, Table::Tokens])?;
        let number = |setting| setup.environment.number(setting);
        Ok(Self {
            users: Users::new(&database),
            mailboxes: Mailboxes::new(&database),
            token_keys: setup.token_keys().await?,
            transport: setup.mail_transport()?,
            app_url: setup.app_url()?,
            lives: Lives {
                reset: number(&RESET_TTL_SECONDS)?,
                sign_up: number(&SIGN_UP_TTL_SECONDS)?,
                email_change: number(&EMAIL_CHANGE_TTL_SECONDS)?,
                invitation: number(&INVITATION_TTL_SECONDS)?,
            },
            interval_seconds: number(&MAIL_INTERVAL_SECONDS)?,
            mails_per_day: number(&MAILS_PER_DAY)?,
        })
    }

    async fn take(&self, delivery: Delivery<'_>, now: Timestamp, trail: &Trail) -> Result<(), DeliveryError> {
        match delivery {
            Delivery::Row { image, written_at } => self.deliver(OutboxEntry::read(image), Times { written_at, now }, trail).await,
            Delivery::Notice(event) => self.note_report(report::Report::deserialize(event), now, trail).await,
        }
    }
}

impl Mailer {
    /// Until when what the mail holds is good, and so until when it is sent.
    fn expires_at(&self, mail: &MailRequest) -> Timestamp {
        let life = match mail.about {
            MailSubject::OneTimePassword { expires_at, .. } => return expires_at,
            MailSubject::ResetPassword { .. } => self.lives.reset,
            MailSubject::SignUp { .. } => self.lives.sign_up,
            MailSubject::ChangeEmail { .. } => self.lives.email_change,
            MailSubject::Invitation { .. } => self.lives.invitation,
            MailSubject::EmailChanged { .. }
            | MailSubject::PasswordChanged { .. }
            | MailSubject::ApiKeyAdded { .. }
            | MailSubject::SignInDisabled { .. } => DAY,
        };
        mail.requested_at.plus(life)
    }

    /// How many mails of that kind an address gets. Whoever asks for a one-time password is counted there, and told.
    fn limit(&self, about: &MailSubject) -> MailLimit {
        let a_day = Throttle { attempts: self.mails_per_day, window_seconds: DAY };
        match about {
            MailSubject::OneTimePassword { .. } => {
                MailLimit { per_window: Throttle { attempts: u32::MAX, window_seconds: HOUR }, interval_seconds: 0 }
            }
            // In the life of a link, and not in a day: nobody who asks in another's name can keep them from having one that is good.
            MailSubject::ResetPassword { .. } => {
                let in_a_life = Throttle { attempts: RESETS_IN_A_LIFE, window_seconds: self.lives.reset };
                MailLimit { per_window: in_a_life, interval_seconds: self.interval_seconds }
            }
            MailSubject::SignUp { .. } | MailSubject::ChangeEmail { .. } => {
                MailLimit { per_window: a_day, interval_seconds: self.interval_seconds }
            }
            MailSubject::EmailChanged { .. }
            | MailSubject::Invitation { .. }
            | MailSubject::PasswordChanged { .. }
            | MailSubject::ApiKeyAdded { .. }
            | MailSubject::SignInDisabled { .. } => MailLimit { per_window: a_day, interval_seconds: 0 },
        }
    }
}

//! Who gets a mail.

use latchkey::domain::{EmailAddress, LoginName, MailRequest, MailSubject, UserId, Username};
use latchkey::store::{LoginRow, StoreError, UserRow};

use super::{Mailer, Times};

/// An address, and the user whom it concerns, if there is one.
pub struct Recipient {
    pub address: EmailAddress,
    pub user: Option<UserRow>,
}

/// Why nobody gets a mail, in words that are fixed.
pub type Nobody = &'static str;

impl Mailer {
    /// Who gets the mail. The user's row is read here and not where the mail is asked for, so that asking costs the same whoever is asked
    /// about, and so that a mail goes to the address that the user has by now.
    pub(super) async fn recipient(&self, mail: &MailRequest, times: Times) -> Result<Result<Recipient, Nobody>, StoreError> {
        Ok(match &mail.about {
            MailSubject::OneTimePassword { user, .. } | MailSubject::Invitation { user } => self.of_active(self.user(*user).await?).await?,
            MailSubject::ResetPassword { username } => self.of_active(self.called(username).await?).await?,
            // Whoever is called so counts as well: the address could not become another user's.
            MailSubject::SignUp { address } => Ok(Recipient { address: address.clone(), user: self.called(address.as_str()).await? }),
            MailSubject::ChangeEmail { user, epoch, address } => match self.user(*user).await? {
                Some(row) if row.is_active_in(*epoch) => match self.users.owner_of(address).await? {
                    Some(owner) if owner.user_id != *user => Err("the address is another user's"),
                    _ => Ok(Recipient { address: address.clone(), user: Some(row) }),
                },
                _ => Err("the user has changed"),
            },
            // It was the user's until now.
            MailSubject::EmailChanged { user, address } => match self.user(*user).await? {
                Some(row) => Ok(Recipient { address: address.clone(), user: Some(row) }),
                None => Err(NO_USER),
            },
            // The last failure is counted before the password is looked at, which may have been the right one.
            MailSubject::SignInDisabled { user } => match self.user(*user).await? {
                Some(row) if self.password_is_disabled(&row).await? => self.of(row).await?,
                Some(_) => Err("the password is enabled again"),
                None => Err(NO_USER),
            },
            MailSubject::PasswordChanged { user, epoch } => match self.user(*user).await? {
                Some(row) => match self.password_epoch(&row).await? {
                    Some((_, of_password)) if of_password > *epoch => self.of(row).await?,
                    Some((current, _)) if current <= *epoch && times.now < times.written_at.plus(CHANGED_WITHIN) => Err(NOT_YET),
                    _ => Err("the password was not changed"),
                },
                None => Err(NO_USER),
            },
            MailSubject::ApiKeyAdded { user, .. } => match self.user(*user).await? {
                Some(row) => self.of(row).await?,
                None => Err(NO_USER),
            },
        })
    }

    async fn user(&self, id: UserId) -> Result<Option<UserRow>, StoreError> {
        self.users.find_by_id(id).await
    }

    async fn password_is_disabled(&self, user: &UserRow) -> Result<bool, StoreError> {
        Ok(self.login_row(user).await?.is_some_and(|found| found.password_is_disabled()))
    }

    /// The user's epoch, and the one that began with the password.
    async fn password_epoch(&self, user: &UserRow) -> Result<Option<(u64, u64)>, StoreError> {
        Ok(self.login_row(user).await?.map(|found| (found.user.epoch, found.password_epoch)))
    }

    async fn login_row(&self, user: &UserRow) -> Result<Option<LoginRow>, StoreError> {
        let found = self.users.find_for_login(&Username::normalised(&user.username)).await?;
        Ok(found.filter(|found| found.user.user_id == user.user_id))
    }

    /// The user of that name or address.
    async fn called(&self, text: &str) -> Result<Option<UserRow>, StoreError> {
        Ok(self.users.find_by_login_name(&LoginName::of(text)).await?.map(|found| found.user))
    }

    async fn of_active(&self, user: Option<UserRow>) -> Result<Result<Recipient, Nobody>, StoreError> {
        match user {
            None => Ok(Err(NO_USER)),
            Some(user) if user.is_active() => self.of(user).await,
            Some(_) => Ok(Err("disabled user")),
        }
    }

    /// The user at the own address, if that takes effect. Between the two reads it may move, and is then read again.
    async fn of(&self, mut user: UserRow) -> Result<Result<Recipient, Nobody>, StoreError> {
        loop {
            if user.email.is_none() {
                return Ok(Err("no address"));
            }
            if user.mailbox().is_none() {
                return Ok(Err("no possible address"));
            }
            if let Some(address) = self.users.effective_address(&user).await? {
                return Ok(Ok(Recipient { address, user: Some(user) }));
            }
            match self.user(user.user_id).await? {
                Some(now) if now.epoch > user.epoch => user = now,
                _ => return Ok(Err("the address is not the user's alone")),
            }
        }
    }
}

const NO_USER: Nobody = "no such user";

/// What the mail tells of may still happen: it is to be asked again.
pub const NOT_YET: Nobody = "what the mail tells of has not happened yet";

/// For how many seconds after it was asked for a change may still be made: longer than a function lives.
const CHANGED_WITHIN: u32 = 60;

//! Who gets a mail.

use latchkey::domain::{EmailAddress, MailSubject, UserId, Username};
use latchkey::store::{StoreError, UserRow};

use super::Mailer;

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
    pub(super) async fn recipient(&self, about: &MailSubject) -> Result<Result<Recipient, Nobody>, StoreError> {
        Ok(match about {
            MailSubject::OneTimePassword { user, .. } | MailSubject::Invitation { user } => of_active(self.user(*user).await?),
            MailSubject::ResetPassword { username } => of_active(self.users.find_by_name(&Username::normalised(username)).await?),
            MailSubject::SignUp { address } => Ok(Recipient { address: address.clone(), user: None }),
            MailSubject::ChangeEmail { user, epoch, address } => match self.user(*user).await? {
                Some(row) if row.is_active_in(*epoch) => Ok(Recipient { address: address.clone(), user: Some(row) }),
                _ => Err("the user has changed"),
            },
            MailSubject::EmailChanged { user, address } => match self.user(*user).await? {
                Some(row) => Ok(Recipient { address: address.clone(), user: Some(row) }),
                None => Err(NO_USER),
            },
            MailSubject::PasswordChanged { user } | MailSubject::ApiKeyAdded { user, .. } | MailSubject::SignInDisabled { user } => {
                self.user(*user).await?.map_or(Err(NO_USER), of)
            }
        })
    }

    async fn user(&self, id: UserId) -> Result<Option<UserRow>, StoreError> {
        self.users.find_by_id(id).await
    }
}

const NO_USER: Nobody = "no such user";

fn of_active(user: Option<UserRow>) -> Result<Recipient, Nobody> {
    match user {
        None => Err(NO_USER),
        Some(user) if user.is_active() => of(user),
        Some(_) => Err("disabled user"),
    }
}

/// The user at the own address.
fn of(user: UserRow) -> Result<Recipient, Nobody> {
    user.email.as_ref().ok_or("no address")?;
    let address = user.mailbox().ok_or("no possible address")?;
    Ok(Recipient { address, user: Some(user) })
}

//! `POST /user/email/confirm`: let the e-mail address take effect that a mailed link is for.
//!
//! The address moves in the transaction that raises the user's epoch, whose condition is the epoch in the link: a link works once, and
//! dies with any change of the password. The new epoch ends the user's sessions, so that whoever had got into one loses it with the
//! address. The former address gets a notice, which the same transaction asks for.

use latchkey::audit::{Act, Event};
use latchkey::credentials::{EmailToken, TokenKeys};
use latchkey::http::{Answer, ApiError, Operation, Request, Route};
use latchkey::runtime::{ConfigError, Live, Setup, Start, Table};
use latchkey::store::{UserChange, UserChangeError, Users};

/// How often it is tried, each time with the user as somebody else left it.
const ATTEMPTS: usize = 5;

/// What the operation needs.
pub struct UserEmailConfirm {
    users: Users,
    keys: Live<TokenKeys>,
}

impl Operation for UserEmailConfirm {
    const NAME: &'static str = "user-email-confirm";
    const ROUTES: &'static [Route] = &[Route::new("POST", "/user/email/confirm")];

    async fn handle(&self, request: &Request) -> Result<Answer, ApiError> {
        let mut fields = request.fields()?.in_either_case()?;
        let token = fields.required_secret("token");
        fields.finish()?;

        let token = EmailToken::open(self.keys.get().await.as_ref(), token.expose(), request.now).map_err(|_| ApiError::LinkNotFound)?;
        let change =
            UserChange { email: Some(Some(token.address.to_string())), email_is_proven: true, next_epoch: true, ..UserChange::default() };
        for _ in 0..ATTEMPTS {
            let user = self.users.find_by_id(token.user).await?.filter(|user| user.is_active_in(token.epoch));
            let user = user.ok_or(ApiError::LinkNotFound)?;
            match self.users.change(&user, &change, request.now).await {
                Ok(true) => {
                    request.trail.note(Event::of(Act::EmailChanged).subject(user.user_id));
                    return Answer::message("Success");
                }
                Ok(false) => {}
                // The same answer as for any link that is of no use: it tells nobody who has the address.
                Err(UserChangeError::EmailTaken) => return Err(ApiError::LinkNotFound),
                Err(UserChangeError::Store(error)) => return Err(error.into()),
            }
        }
        Err(ApiError::Conflict)
    }
}

impl Start for UserEmailConfirm {
    async fn start(setup: &Setup) -> Result<Self, ConfigError> {
        let database = setup.database(&[Table::Users, Table::Tokens])?;
        Ok(Self { users: Users::new(&database), keys: setup.token_keys().await? })
    }
}
